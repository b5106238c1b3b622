#include "cli/outside_view.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "cli/describe.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {

namespace {

using engine::OutsidePlace;
using engine::Referrer;

constexpr std::size_t k_shown = 3;

// "14: clusters/etl, jobs/nightly/17, notebooks/Shared/load, and 11 more": each resource once.
std::string who_refers(const OutsidePlace& place, std::size_t most) {
  std::vector<std::string> names;
  std::set<std::string> known;
  for (const Referrer& one : place.referrers)
    if (std::string name = ui::printable(fmt::format("{}/{}", one.kind, one.path)); known.insert(name).second)
      names.push_back(std::move(name));
  const std::size_t shown = std::min(names.size(), most);
  std::string out = fmt::format("{}: {}", ui::format_count(names.size()),
                                fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown < names.size()) out += fmt::format(", and {} more", ui::format_count(names.size() - shown));
  return out;
}

void print_places(Context& context, std::string_view heading, const std::vector<OutsidePlace>& places) {
  if (places.empty()) return;
  context.out().write(fmt::format("\n{}\n", heading));
  ui::Table table({{"NAME"}, {"IS"}, {"REFERRED TO BY"}});
  const std::size_t most = context.global().verbose ? SIZE_MAX : k_shown;
  for (const OutsidePlace& place : places)
    table.row({ui::printable(place.endpoint.name), place.endpoint.what, who_refers(place, most)});
  context.out().write(table.text(ui::is_terminal(STDOUT_FILENO) ? ui::terminal_columns(STDOUT_FILENO) : SIZE_MAX));
}

nlohmann::ordered_json to_json(const std::vector<OutsidePlace>& places) {
  auto out = nlohmann::ordered_json::array();
  for (const OutsidePlace& place : places) {
    auto referrers = nlohmann::ordered_json::array();
    for (const Referrer& one : place.referrers)
      referrers.push_back({{"kind", one.kind}, {"path", one.path}, {"field", one.field}});
    out.push_back(
        {{"name", place.endpoint.name}, {"is", place.endpoint.what}, {"referred_to_by", std::move(referrers)}});
  }
  return out;
}

std::optional<repository::Snapshot> newest_of(Context& context, const std::string& name) {
  try {
    return context.repository().latest(name);
  } catch (const base::Error&) {
    return std::nullopt;  // what is wrong with the repository is said where that is examined
  }
}

}  // namespace

std::optional<OutsideReport> look_outside(Context& context, const std::string& name, platform::Connector& connector) {
  platform::KnowsOutside* outside = platform::knows_outside(connector);
  if (outside == nullptr) return std::nullopt;
  OutsideReport out;
  const auto snapshot = newest_of(context, name);
  if (!snapshot) {
    out.missing = fmt::format(
        "Take a backup with \"holdfast backup {}\": what it refers to outside is told by its newest snapshot.", name);
    return out;
  }
  out.snapshot = snapshot->id.short_id();
  out.taken = snapshot->taken;
  out.found = engine::find_outside(context.repository(), *snapshot, connector.kinds(), outside->outside_fields(),
                                   context.stop());
  return out;
}

void print_outside(Context& context, const OutsideReport& report) {
  if (report.snapshot.empty()) {
    context.out().line(fmt::format("\nwhat lies outside: not known\n  - {}", report.missing));
    return;
  }
  context.out().line(
      fmt::format("\nwhat lies outside, by snapshot {} of {}", report.snapshot, short_time(report.taken)));
  if (report.found.storage.empty() && report.found.services.empty()) context.out().line("nothing is referred to");
  print_places(context, "storage, whose data is not in the backup", report.found.storage);
  print_places(context, "other endpoints, not protected by Holdfast", report.found.services);
}

nlohmann::ordered_json to_json(const OutsideReport& report) {
  if (report.snapshot.empty()) return {{"snapshot", nullptr}, {"advice", report.missing}};
  return {{"snapshot", report.snapshot},
          {"taken", base::to_rfc3339(report.taken)},
          {"storage", to_json(report.found.storage)},
          {"not_protected", to_json(report.found.services)}};
}

}  // namespace holdfast::cli
