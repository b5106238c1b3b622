#include "repository/check_findings.h"

#include <fmt/format.h>

namespace holdfast::repository {

namespace {

constexpr std::size_t k_key_text_max = 120;
constexpr std::size_t k_ranges_shown = 4;

}  // namespace

std::string describe_key(base::ByteView key) {
  std::string out;
  for (const char c : key) {
    if (out.size() >= k_key_text_max) return out + "…";
    if (c >= 0x20 && c < 0x7f && c != '\\')
      out.push_back(c);
    else
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string describe_range(std::string_view tree, base::ByteView from, const std::optional<base::Bytes>& to) {
  const std::string first = from.empty() ? "the first key" : fmt::format("'{}'", describe_key(from));
  if (!to) return fmt::format("{}: from {} to the end", tree, first);
  return fmt::format("{}: from {} to before '{}'", tree, first, describe_key(*to));
}

void Findings::add(const std::string& object, std::string_view problem) {
  const auto [found, fresh] = found_.try_emplace(object);
  if (fresh)
    found->second.problem = problem;
  else if (found->second.problem != problem)
    ++found->second.more;
}

void Findings::touches(const std::string& object, const SnapshotId& snapshot, const std::string& keys) {
  Found& found = found_[object];
  found.snapshots.insert(snapshot.short_id());
  if (!keys.empty()) found.keys.insert(keys);
}

std::vector<Finding> Findings::take() {
  std::vector<Finding> out;
  for (auto& [object, found] : found_) {
    Finding& finding = out.emplace_back();
    finding.object = object;
    finding.problem = found.more == 0 ? found.problem : fmt::format("{} (and {} more)", found.problem, found.more);
    finding.snapshots.assign(found.snapshots.begin(), found.snapshots.end());
    std::size_t shown = 0;
    for (const std::string& keys : found.keys) {
      if (shown == k_ranges_shown) {
        finding.keys += fmt::format("; and {} more ranges", found.keys.size() - shown);
        break;
      }
      finding.keys += (shown++ == 0 ? "" : "; ") + keys;
    }
  }
  found_.clear();
  return out;
}

}  // namespace holdfast::repository
