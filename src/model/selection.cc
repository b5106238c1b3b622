#include "model/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/key.h"

namespace holdfast::model {

namespace {

using base::Error;
using base::ErrorKind;
using nlohmann::json;

constexpr std::string_view k_fields[] = {"key", "urn", "type", "aspect", "platform", "owner"};
constexpr std::string_view k_dataset = "urn:li:dataset:(urn:li:dataPlatform:";

// Commas inside parentheses belong to a URN.
std::vector<std::string> split_conditions(std::string_view text) {
  std::vector<std::string> out(1);
  int depth = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ',' && depth <= 0) {
      out.emplace_back();
    } else {
      out.back().push_back(c);
    }
  }
  return out;
}

struct KeyParts {
  std::string urn;
  std::string aspect;
  bool current = true;  // version 0, the row that counts
};

KeyParts parts_of(const Collection& collection, base::ByteView key) {
  base::KeyReader reader(key);
  KeyParts out;
  for (std::size_t i = 0; i < collection.key.size(); ++i) {
    if (collection.key[i].type == KeyPartType::integer) {
      out.current = reader.integer() == 0;
    } else if (i == 0) {
      out.urn = reader.text();
    } else if (i == 1) {
      out.aspect = reader.text();
    } else {
      (void)reader.text();
    }
  }
  return out;
}

bool is_type(std::string_view urn, std::string_view type) {
  constexpr std::string_view k_urn = "urn:li:";
  if (!urn.starts_with(k_urn)) return false;
  urn.remove_prefix(k_urn.size());
  return urn.starts_with(type) && urn.size() > type.size() && urn[type.size()] == ':';
}

bool names_platform(std::string_view urn, std::string_view platform) {
  const std::size_t at = urn.find("urn:li:dataPlatform:");
  if (at == std::string_view::npos) return false;
  std::string_view rest = urn.substr(at + std::string_view("urn:li:dataPlatform:").size());
  return rest.starts_with(platform) &&
         (rest.size() == platform.size() || rest[platform.size()] == ',' || rest[platform.size()] == ')');
}

bool has_owner(const json& ownership, const std::string& owner) {
  const auto owners = ownership.find("owners");
  if (owners == ownership.end() || !owners->is_array()) return false;
  return std::any_of(owners->begin(), owners->end(),
                     [&](const json& entry) { return entry.is_object() && entry.value("owner", "") == owner; });
}

json parsed_metadata(const Collection& collection, const base::RowView& row) {
  for (std::size_t i = 0; i < collection.columns.size() && i < row.columns.size(); ++i)
    if (collection.columns[i].name == "metadata" && row.columns[i]) return json::parse(*row.columns[i], nullptr, false);
  return json();
}

// The literal text before the first wildcard.
std::string_view literal_prefix(std::string_view glob) {
  return glob.substr(0, glob.find_first_of("*?"));
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Selection::Selection(const std::vector<std::string>& texts) : texts_(texts) {
  for (const std::string& text : texts) {
    std::vector<Condition> all;
    for (const std::string& part : split_conditions(text)) {
      if (part.empty())
        throw Error(ErrorKind::usage, fmt::format("the selection '{}' has an empty condition", text),
                    "Write a glob such as 'urn:li:dataset:*finance*'; '*' is everything.");
      const std::size_t colon = part.find(':');
      const std::string field = colon == std::string::npos ? "" : part.substr(0, colon);
      const bool known = std::find(std::begin(k_fields), std::end(k_fields), field) != std::end(k_fields);
      // A URN, or a pattern for one, needs no field before it.
      const bool bare = part.starts_with("urn:li:") || (!known && (part.starts_with("*") || part.starts_with("?")));
      if (bare) {
        all.push_back({"key", part, {}});
      } else if (known) {
        all.push_back({field == "urn" ? "key" : field, part.substr(colon + 1), {}});
      } else {
        throw Error(
            ErrorKind::usage, fmt::format("the selection '{}' has the unknown condition '{}'", text, part),
            "Write a URN glob such as 'urn:li:dataset:*finance*', or one of type:, aspect:, platform:, owner:, key:.");
      }
    }
    alternatives_.push_back(std::move(all));
  }
}

bool Selection::needs_scan() const noexcept {
  for (const auto& all : alternatives_)
    for (const Condition& condition : all)
      if (condition.field == "owner" || condition.field == "platform") return true;
  return false;
}

void Selection::learn(const Collection& collection, const base::RowView& row) {
  const KeyParts parts = parts_of(collection, row.key);
  if (!parts.current) return;
  const bool ownership = parts.aspect == "ownership";
  if (!ownership && parts.aspect != "dataPlatformInstance") return;
  const json metadata = parsed_metadata(collection, row);
  if (!metadata.is_object()) return;
  for (auto& all : alternatives_) {
    for (Condition& condition : all) {
      const bool hit =
          ownership ? condition.field == "owner" && has_owner(metadata, condition.value)
                    : condition.field == "platform" && names_platform(metadata.value("platform", ""), condition.value);
      if (hit) condition.urns.insert(parts.urn);
    }
  }
}

bool Selection::matches(const Collection& collection, base::ByteView key) const {
  if (everything()) return true;
  const KeyParts parts = parts_of(collection, key);
  const auto holds = [&](const Condition& condition) {
    if (condition.field == "key") return glob_match(condition.value, parts.urn);
    if (condition.field == "type") return is_type(parts.urn, condition.value);
    if (condition.field == "aspect") return glob_match(condition.value, parts.aspect);
    if (condition.field == "platform" && parts.urn.starts_with(k_dataset) && names_platform(parts.urn, condition.value))
      return true;
    return condition.urns.contains(parts.urn);
  };
  return std::any_of(alternatives_.begin(), alternatives_.end(),
                     [&](const auto& all) { return std::all_of(all.begin(), all.end(), holds); });
}

base::KeyRange Selection::range(const Collection& collection) const {
  if (everything() || collection.key.empty() || collection.key.front().type != KeyPartType::text) return {};
  std::optional<base::KeyRange> out;
  for (const auto& all : alternatives_) {
    std::string prefix;
    for (const Condition& condition : all) {
      if (condition.field == "key" && literal_prefix(condition.value).size() > prefix.size())
        prefix = literal_prefix(condition.value);
      if (condition.field == "type" && prefix.empty()) prefix = fmt::format("urn:li:{}:", condition.value);
    }
    base::Bytes from;
    base::append_text(from, prefix);
    from.resize(from.size() - 2);  // without the end of the part: a prefix of keys
    if (from.empty()) return {};
    base::Bytes to = base::after_prefix(from);
    if (!out) {
      out = base::KeyRange{std::move(from), std::move(to)};
    } else {
      out->from = std::min(out->from, from);
      out->to = std::max(*out->to, to);
    }
  }
  if (out && out->to && out->to->empty()) out->to.reset();
  return out.value_or(base::KeyRange{});
}

std::string Selection::text() const {
  return fmt::format("{}", fmt::join(texts_, " | "));
}

}  // namespace holdfast::model
