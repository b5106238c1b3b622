#include "model/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/json.h"
#include "base/key.h"
#include "base/suggest.h"
#include "model/field_values.h"
#include "model/glob.h"
#include "model/path.h"

namespace holdfast::model {

namespace {

using base::Error;
using base::ErrorKind;
using nlohmann::json;

const std::vector<std::string> k_fields{"key",  "urn",  "type", "aspect", "platform", "owner",
                                        "kind", "path", "name", "id",     "creator",  "tag"};
// Words that a collection may declare; owner also where names are not URNs.
constexpr std::string_view k_words[] = {"name", "id", "creator", "tag", "owner"};
constexpr std::string_view k_dataset = "urn:li:dataset:(urn:li:dataPlatform:";

// Commas inside parentheses belong to a URN; those behind a backslash to whatever they are in.
std::vector<std::string> split_conditions(std::string_view text) {
  std::vector<std::string> out(1);
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = c == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == ',') {
      out.back().push_back(text[++i]);
      continue;
    }
    if (next == '(' || next == ')') {
      out.back().append(text.substr(i++, 2));
      continue;
    }
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

bool is_field(std::string_view word) {
  return std::find(k_fields.begin(), k_fields.end(), word) != k_fields.end();
}

// A slash before any colon: also as paths are printed, "jobs/nightly-load".
bool is_path(std::string_view part) {
  const bool bare = part.starts_with("urn:li:") || part.starts_with('*') || part.starts_with('?');
  return !bare && part.find('/') < part.find(':');
}

bool begins_condition(std::string_view part) {
  if (part.empty()) return false;
  const std::size_t colon = part.find(':');
  return std::string_view("/*?").find(part.front()) != std::string_view::npos || part.starts_with("urn:li:") ||
         (colon != std::string_view::npos && is_field(part.substr(0, colon)));
}

// Names have commas, too: one in a path ends it only where a condition follows, so that what was printed may be typed.
std::vector<std::string> conditions_of(std::string_view text) {
  std::vector<std::string> out;
  for (std::string& part : split_conditions(text)) {
    const bool in_path = !out.empty() && (is_path(out.back()) || out.back().starts_with("path:"));
    if (in_path && !begins_condition(part))
      out.back() += ',' + part;
    else
      out.push_back(std::move(part));
  }
  return out;
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// A name as screens show it, where bytes that do something to a screen stand as \xNN.
std::string from_screen(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool coded = text.substr(i).starts_with("\\x") && i + 3 < text.size() && hex_value(text[i + 2]) >= 0 &&
                       hex_value(text[i + 3]) >= 0;
    out.push_back(coded ? static_cast<char>(hex_value(text[i + 2]) * 16 + hex_value(text[i + 3])) : text[i]);
    if (coded) i += 3;
  }
  return out;
}

// As a pattern, or to the letter: what was printed may have a backslash in its name.
bool is_meant(const std::string& pattern, const std::string& path) {
  if (path_match(pattern, path) || pattern == path) return true;
  return pattern.find("\\x") != std::string::npos && from_screen(pattern) == path;
}

std::vector<std::string> parts_of(const Collection& collection, base::ByteView key) {
  base::KeyReader reader(key);
  std::vector<std::string> out;
  for (const KeyPart& part : collection.key) {
    out.push_back(part.type == KeyPartType::integer ? std::to_string(reader.integer()) : reader.text());
  }
  return out;
}

// A version other than 0 is history.
bool is_current(const Collection& collection, const std::vector<std::string>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (collection.key[i].type == KeyPartType::integer && parts[i] != "0") return false;
  return true;
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

bool is_word(std::string_view field) {
  return std::find(std::begin(k_words), std::end(k_words), field) != std::end(k_words);
}

// "jobs", and "job" for it; "policy" for "policies".
bool is_kind(const std::string& pattern, const std::string& collection) {
  if (glob_match(pattern, collection) || glob_match(pattern + "s", collection)) return true;
  return pattern.ends_with('y') && glob_match(pattern.substr(0, pattern.size() - 1) + "ies", collection);
}

bool any_matches(const std::string& pattern, const std::vector<std::string>& values) {
  return std::any_of(values.begin(), values.end(),
                     [&](const std::string& value) { return glob_match(pattern, value); });
}

// Of a first key part that is shown as it stands, what all matches of a path pattern begin with; absent where no path
// of the collection matches.
std::optional<std::string> first_part_prefix(const Collection& collection, std::string_view pattern) {
  const std::string root = fmt::format("/{}/", collection.name);
  const std::string prefix = path_prefix(pattern.substr(0, pattern.find('\\')));
  if (prefix.size() <= root.size()) {
    return root.starts_with(prefix) ? std::optional<std::string>("") : std::nullopt;
  }
  if (!prefix.starts_with(root)) return std::nullopt;
  std::string_view rest = std::string_view(prefix).substr(root.size());
  // Each slash from the right may be one between two parts.
  for (std::size_t i = 1; i < collection.key.size(); ++i) {
    const std::size_t slash = rest.rfind('/');
    rest = rest.substr(0, slash == std::string_view::npos ? rest.size() : slash);
  }
  if (collection.key.front().type != KeyPartType::path) return std::string(rest);
  // A path that is shown with its first slash, or as a relative one, begins otherwise.
  const bool plain = !rest.empty() && !rest.starts_with('/') && rest.front() != '.';
  return plain ? "/" + std::string(rest) : std::string();
}

// The literal text before the first wildcard.
std::string_view literal_prefix(std::string_view glob) {
  return glob.substr(0, glob.find_first_of("*?"));
}

void widen(std::optional<base::KeyRange>& all, base::KeyRange one) {
  if (!all) {
    all = std::move(one);
    return;
  }
  all->from = std::min(all->from, one.from);
  if (!one.to || !all->to) {
    all->to.reset();
  } else {
    all->to = std::max(*all->to, *one.to);
  }
}

[[noreturn]] void throw_unknown(const std::string& text, const std::string& part) {
  const std::size_t colon = part.find(':');
  const auto near = colon == std::string::npos ? std::nullopt : base::nearest(part.substr(0, colon), k_fields);
  throw Error(ErrorKind::usage, fmt::format("the selection '{}' has the unknown condition '{}'", text, part),
              near ? fmt::format("Did you mean \"{}:\"?", *near)
                   : "Write a path glob such as '/notebooks/Users/anna/**', a URN glob such as "
                     "'urn:li:dataset:*finance*', or one of kind:, path:, name:, id:, creator:, tag:, owner:, type:, "
                     "aspect:, platform:, key:.");
}

// A kind alone, and a folder, stand for all that is in them.
std::string whole_path(std::string path) {
  if (!path.starts_with('/')) path.insert(0, 1, '/');
  if (path.find('/', 1) == std::string::npos && path.find_first_of("*?\\") == std::string::npos) path += '/';
  if (path.ends_with('/')) path += "**";
  return path;
}

}  // namespace

// What a condition is held against.
struct Selection::Subject {
  const Collection& collection;
  base::ByteView key;
  std::vector<std::string> parts;
  const base::RowView* row = nullptr;                                  // absent: by what was learnt
  enum class Columns { as_learnt, fit } columns = Columns::as_learnt;  // fit: whatever they hold

  static std::string scoped(const Collection& collection, base::ByteView key) {
    return std::string(collection.name).append(1, '\0').append(key);
  }
};

Selection::Selection(const std::vector<std::string>& texts) : texts_(texts) {
  for (const std::string& text : texts) {
    std::vector<Condition> all;
    for (const std::string& part : conditions_of(text)) {
      if (part.empty())
        throw Error(ErrorKind::usage, fmt::format("the selection '{}' has an empty condition", text),
                    "Write a glob such as 'urn:li:dataset:*finance*'; '*' is everything.");
      const std::size_t colon = part.find(':');
      const std::string field = colon == std::string::npos ? "" : part.substr(0, colon);
      const bool known = is_field(field);
      // A URN, or a pattern for one, needs no field before it.
      const bool bare = part.starts_with("urn:li:") || (!known && (part.starts_with("*") || part.starts_with("?")));
      if (bare) {
        all.push_back({"key", part, {}});
      } else if (is_path(part)) {
        all.push_back({"path", whole_path(part), {}});
      } else if (known) {
        std::string value = part.substr(colon + 1);
        if (field == "path") value = whole_path(std::move(value));
        all.push_back({field == "urn" ? "key" : field, std::move(value), {}});
      } else {
        throw_unknown(text, part);
      }
    }
    alternatives_.push_back(std::move(all));
  }
}

bool Selection::possible(const Condition& condition, const Collection& collection) {
  const bool urns = names_are_urns(collection);
  if (condition.field == "kind") return is_kind(condition.value, collection.name);
  if (condition.field == "path") return first_part_prefix(collection, condition.value).has_value();
  if (condition.field == "type" || condition.field == "aspect" || condition.field == "platform") return urns;
  if (condition.field == "owner" && urns) return true;
  return !is_word(condition.field) || has_word(collection, condition.field);
}

bool Selection::touches(const Collection& collection) const {
  if (everything()) return true;
  const auto may_hold = [&](const Condition& condition) { return possible(condition, collection); };
  return !collection.key.empty() && std::any_of(alternatives_.begin(), alternatives_.end(), [&](const auto& all) {
    return std::all_of(all.begin(), all.end(), may_hold);
  });
}

bool Selection::names(const Collection& collection) const {
  const auto named = [&](const Condition& condition) {
    if (condition.field == "path") return condition.value.starts_with('/' + collection.name + '/');
    return condition.field == "kind" && literal_prefix(condition.value) == condition.value &&
           is_kind(condition.value, collection.name);
  };
  return std::any_of(alternatives_.begin(), alternatives_.end(),
                     [&](const auto& all) { return std::any_of(all.begin(), all.end(), named); });
}

bool Selection::other_rows_decide(const Collection& collection) const {
  if (!names_are_urns(collection)) return false;
  for (const auto& all : alternatives_)
    for (const Condition& condition : all)
      if (condition.field == "owner" || condition.field == "platform") return true;
  return false;
}

bool Selection::needs_scan(const Collection& collection) const {
  if (other_rows_decide(collection)) return true;
  for (const auto& all : alternatives_)
    for (const Condition& condition : all)
      if (is_word(condition.field) && word_is_in_columns(collection, condition.field)) return true;
  return false;
}

void Selection::learn(const Collection& collection, const base::RowView& row) {
  learn_row(collection, row);
  if (!other_rows_decide(collection)) return;
  const std::vector<std::string> parts = parts_of(collection, row.key);
  if (parts.size() < 2 || !is_current(collection, parts)) return;
  const bool ownership = parts[1] == "ownership";
  if (!ownership && parts[1] != "dataPlatformInstance") return;
  const json metadata = parsed_metadata(collection, row);
  if (!metadata.is_object()) return;
  for (auto& all : alternatives_) {
    for (Condition& condition : all) {
      const bool hit =
          ownership ? condition.field == "owner" && has_owner(metadata, condition.value)
                    : condition.field == "platform" && names_platform(metadata.value("platform", ""), condition.value);
      if (hit) condition.learnt.insert(parts.front());
    }
  }
}

void Selection::learn_row(const Collection& collection, const base::RowView& row) {
  for (auto& all : alternatives_) {
    for (Condition& condition : all) {
      const bool hit =
          is_word(condition.field) && any_matches(condition.value, column_values(collection, condition.field, row));
      if (hit) condition.learnt.insert(Subject::scoped(collection, row.key));
    }
  }
}

bool Selection::holds(const Condition& condition, const Subject& subject) {
  const Collection& collection = subject.collection;
  const std::string& first = subject.parts.front();
  const bool urns = names_are_urns(collection);
  if (condition.field == "key") return glob_match(condition.value, first);
  if (condition.field == "kind") return is_kind(condition.value, collection.name);
  if (condition.field == "path") {
    const std::string object = fmt::format("/{}/{}", collection.name, first_part_to_path(collection, first));
    // Parts behind the name, such as an id, need not be in the pattern.
    return is_meant(condition.value, object) ||
           (subject.parts.size() > 1 &&
            is_meant(condition.value, fmt::format("/{}/{}", collection.name, key_to_path(collection, subject.key))));
  }
  if (condition.field == "type") return urns && is_type(first, condition.value);
  if (condition.field == "aspect")
    return urns && subject.parts.size() > 1 && glob_match(condition.value, subject.parts[1]);
  if (urns && condition.field == "platform" && first.starts_with(k_dataset) && names_platform(first, condition.value))
    return true;
  const bool other_rows = urns && (condition.field == "owner" || condition.field == "platform");
  if (!other_rows && any_matches(condition.value, key_values(collection, condition.field, subject.parts))) return true;
  const bool in_columns = other_rows || word_is_in_columns(collection, condition.field);
  if (in_columns && subject.columns == Subject::Columns::fit) return true;
  if (!other_rows && subject.row != nullptr &&
      any_matches(condition.value, column_values(collection, condition.field, *subject.row)))
    return true;
  return condition.learnt.contains(other_rows ? first : Subject::scoped(collection, subject.key));
}

bool Selection::any_holds(const Subject& subject) const {
  return std::any_of(alternatives_.begin(), alternatives_.end(), [&](const auto& all) {
    return std::all_of(all.begin(), all.end(), [&](const Condition& condition) { return holds(condition, subject); });
  });
}

bool Selection::matches(const Collection& collection, base::ByteView key) const {
  if (everything()) return true;
  if (collection.key.empty()) return false;
  return any_holds({.collection = collection, .key = key, .parts = parts_of(collection, key)});
}

bool Selection::matches(const Collection& collection, const base::RowView& row) const {
  if (everything()) return true;
  if (collection.key.empty()) return false;
  return any_holds({.collection = collection, .key = row.key, .parts = parts_of(collection, row.key), .row = &row});
}

bool Selection::may_match(const Collection& collection, base::ByteView key) const {
  if (everything()) return true;
  if (collection.key.empty()) return false;
  return any_holds({.collection = collection,
                    .key = key,
                    .parts = parts_of(collection, key),
                    .row = nullptr,
                    .columns = Subject::Columns::fit});
}

base::KeyRange Selection::range(const Collection& collection) const {
  if (everything() || collection.key.empty() || collection.key.front().type == KeyPartType::integer) return {};
  std::optional<base::KeyRange> out;
  for (const auto& all : alternatives_) {
    const bool none = std::any_of(all.begin(), all.end(),
                                  [&](const Condition& condition) { return !possible(condition, collection); });
    if (none) continue;
    std::string prefix;
    for (const Condition& condition : all) {
      std::string own;
      if (condition.field == "key") own = literal_prefix(condition.value);
      if (condition.field == "path") own = *first_part_prefix(collection, condition.value);
      if (condition.field == "type") own = fmt::format("urn:li:{}:", condition.value);
      if (own.size() > prefix.size()) prefix = std::move(own);
    }
    base::Bytes from;
    base::append_open_text(from, prefix);
    widen(out, base::range_of_prefix(from));
  }
  return out.value_or(base::KeyRange{.from = {}, .to = base::Bytes()});  // of which no key is
}

std::vector<Selection> Selection::each() const {
  std::vector<Selection> out(alternatives_.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].alternatives_ = {alternatives_[i]};
    out[i].texts_ = {texts_[i]};
  }
  return out;
}

std::string Selection::text() const {
  return fmt::format("{}", fmt::join(texts_, " | "));
}

}  // namespace holdfast::model
