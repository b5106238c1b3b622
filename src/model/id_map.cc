#include "model/id_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "model/json_text.h"

namespace holdfast::model {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::pair<Learnt, std::string_view> k_learnt[] = {
    {Learnt::created, "created"},
    {Learnt::matched, "matched"},
    {Learnt::imported, "imported"},
    {Learnt::adopted, "adopted"},
};
constexpr std::array<std::string_view, 6> k_fields{"kind",        "source_id",   "target_id",
                                                   "source_name", "target_name", "learnt"};
constexpr std::size_t k_required = 3;  // the first of them
constexpr std::string_view k_hint =
    "Compare with what `holdfast idmap export` writes: kind, source_id and target_id must be there.";

[[noreturn]] void fail(std::size_t line, std::string_view what) {
  throw Error(ErrorKind::config, fmt::format("line {} of the id map {}", line, what), std::string(k_hint));
}

std::string* field_of(IdEntry& entry, std::string_view name) {
  if (name == "kind") return &entry.kind;
  if (name == "source_id") return &entry.source_id;
  if (name == "target_id") return &entry.target_id;
  if (name == "source_name") return &entry.source_name;
  return name == "target_name" ? &entry.target_name : nullptr;
}

// One named value of an entry, wherever it was read from.
void set_field(IdEntry& entry, std::string_view name, std::string value, std::size_t line) {
  if (std::string* field = field_of(entry, name)) {
    *field = std::move(value);
    return;
  }
  if (name != "learnt") fail(line, fmt::format("has the unknown field '{}'", name));
  if (value.empty()) return;
  for (const auto& [learnt, text] : k_learnt)
    if (text == value) {
      entry.learnt = learnt;
      return;
    }
  fail(line, fmt::format("has the unknown value '{}' for learnt", value));
}

void add_checked(IdMap& map, IdEntry entry, std::size_t line) {
  for (std::size_t i = 0; i < k_required; ++i)
    if (field_of(entry, k_fields[i])->empty()) fail(line, fmt::format("has no {}", k_fields[i]));
  try {
    map.add(std::move(entry));
  } catch (const Error& error) {
    fail(line, fmt::format("contradicts another: {}", error.message()));
  }
}

// Reads records; a quoted field may hold commas, quotes and line ends.
class CsvReader {
public:
  explicit CsvReader(std::string_view text) : text_(text) {
    constexpr std::string_view k_mark = "\xef\xbb\xbf";  // spreadsheets write it
    if (text_.starts_with(k_mark)) text_.remove_prefix(k_mark.size());
  }
  // False at the end.  Empty lines are passed over.
  bool next(std::vector<std::string>& fields) {
    while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) line_ += text_[at_++] == '\n' ? 1 : 0;
    if (at_ >= text_.size()) return false;
    fields.clear();
    record_line_ = line_;
    for (;;) {
      fields.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted() : plain());
      if (at_ >= text_.size() || text_[at_] != ',') break;
      ++at_;
    }
    return true;
  }
  std::size_t line() const noexcept { return record_line_; }

private:
  std::string plain() {
    const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    std::string out(text_.substr(at_, end - at_));
    if (out.find('"') != std::string::npos) fail(line_, "has a quote in a field that does not begin with one");
    at_ = end;
    return out;
  }
  std::string quoted() {
    std::string out;
    for (++at_;; ++at_) {
      if (at_ >= text_.size()) fail(record_line_, "opens a quote that nothing closes");
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] == '"' && text_.substr(at_ + 1, 1) != "\"") break;
      if (text_[at_] == '"') ++at_;
      out += text_[at_];
    }
    ++at_;
    if (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\r' && text_[at_] != '\n')
      fail(line_, "goes on behind a closing quote");
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t record_line_ = 1;
};

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

void require_columns(const std::vector<std::string>& header, std::size_t line) {
  for (const std::string& name : header)
    if (std::find(k_fields.begin(), k_fields.end(), name) == k_fields.end())
      fail(line, fmt::format("names the unknown column '{}'", name));
  for (std::size_t i = 0; i < k_required; ++i)
    if (std::count(header.begin(), header.end(), k_fields[i]) != 1)
      fail(line, fmt::format("must name the column '{}' once", k_fields[i]));
}

}  // namespace

std::string_view to_string(Learnt learnt) noexcept {
  for (const auto& [value, name] : k_learnt)
    if (value == learnt) return name;
  return "created";
}

IdEntry turned_round(IdEntry entry) {
  std::swap(entry.source_id, entry.target_id);
  std::swap(entry.source_name, entry.target_name);
  return entry;
}

void IdMap::add(IdEntry entry) {
  const auto conflict = [&](const IdEntry& other) {
    throw Error(ErrorKind::conflict,
                fmt::format("{} {} of connector '{}' stands for {} of '{}' already, not for {}", entry.kind,
                            other.target_id, target_, other.source_id, source_, entry.source_id),
                "Export the id map, keep the right one of the two lines, and import it.");
  };
  const auto known = by_source_.find(Key{entry.kind, entry.source_id});
  if (known != by_source_.end()) {
    if (known->second.target_id != entry.target_id)
      throw Error(ErrorKind::conflict,
                  fmt::format("{} {} of connector '{}' is {} on '{}' already, not {}", entry.kind, entry.source_id,
                              source_, known->second.target_id, target_, entry.target_id),
                  "Export the id map, keep the right one of the two lines, and import it.");
    return;
  }
  if (const IdEntry* other = by_target(entry.kind, entry.target_id)) conflict(*other);
  by_target_.emplace(Key{entry.kind, entry.target_id}, Key{entry.kind, entry.source_id});
  Key key{entry.kind, entry.source_id};
  by_source_.emplace(std::move(key), std::move(entry));
}

void IdMap::replace(IdEntry entry) {
  remove(entry.kind, entry.source_id);
  add(std::move(entry));
}

bool IdMap::remove(std::string_view kind, std::string_view source_id) {
  const auto known = by_source_.find(Key{kind, source_id});
  if (known == by_source_.end()) return false;
  by_target_.erase(Key{known->second.kind, known->second.target_id});
  by_source_.erase(known);
  return true;
}

const IdEntry* IdMap::by_source(std::string_view kind, std::string_view id) const noexcept {
  const auto known = by_source_.find(Key{kind, id});
  return known == by_source_.end() ? nullptr : &known->second;
}

const IdEntry* IdMap::by_target(std::string_view kind, std::string_view id) const noexcept {
  const auto known = by_target_.find(Key{kind, id});
  return known == by_target_.end() ? nullptr : &by_source_.find(known->second)->second;
}

std::vector<IdEntry> IdMap::entries() const {
  std::vector<IdEntry> out;
  out.reserve(by_source_.size());
  for (const auto& [key, entry] : by_source_) out.push_back(entry);
  return out;
}

std::string to_csv(const IdMap& map) {
  std::string out = fmt::format("{}\r\n", fmt::join(k_fields, ","));
  for (const IdEntry& entry : map.entries())
    out += fmt::format("{},{},{},{},{},{}\r\n", csv_field(entry.kind), csv_field(entry.source_id),
                       csv_field(entry.target_id), csv_field(entry.source_name), csv_field(entry.target_name),
                       to_string(entry.learnt));
  return out;
}

std::string to_json(const IdMap& map) {
  std::string out = fmt::format("{{\n  \"source\": {},\n  \"target\": {},\n  \"entries\": [", json_quoted(map.source()),
                                json_quoted(map.target()));
  const char* comma = "\n";
  for (const IdEntry& entry : map.entries())
    out += fmt::format(
        R"({}    {{"kind":{},"source_id":{},"target_id":{},"source_name":{},"target_name":{},"learnt":"{}"}})",
        std::exchange(comma, ",\n"), json_quoted(entry.kind), json_quoted(entry.source_id),
        json_quoted(entry.target_id), json_quoted(entry.source_name), json_quoted(entry.target_name),
        to_string(entry.learnt));
  return out + (map.size() == 0 ? "]\n}\n" : "\n  ]\n}\n");
}

IdMap id_map_from_csv(std::string_view text, std::string source, std::string target) {
  IdMap out(std::move(source), std::move(target));
  CsvReader reader(text);
  std::vector<std::string> header;
  if (!reader.next(header)) fail(1, "is missing: the file is empty");
  require_columns(header, reader.line());
  std::vector<std::string> fields;
  while (reader.next(fields)) {
    if (fields.size() != header.size())
      fail(reader.line(), fmt::format("has {} fields, the first line names {}", fields.size(), header.size()));
    IdEntry entry;
    entry.learnt = Learnt::imported;
    for (std::size_t i = 0; i < fields.size(); ++i) set_field(entry, header[i], std::move(fields[i]), reader.line());
    add_checked(out, std::move(entry), reader.line());
  }
  return out;
}

IdMap id_map_from_json(std::string_view text, std::string source, std::string target) {
  IdMap out(std::move(source), std::move(target));
  const JsonText json = [&] {
    try {
      return JsonText(std::string(text));
    } catch (const Error& error) {
      throw Error(ErrorKind::config, fmt::format("the id map cannot be read: {}", error.message()),
                  std::string(k_hint));
    }
  }();
  const auto line_of = [&](JsonText::Id id) {
    return 1 +
           static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<long>(json.offset(id)), '\n'));
  };
  for (const auto& [name, expected] : {std::pair("source", out.source()), std::pair("target", out.target())}) {
    const JsonText::Id found = json.member(JsonText::k_root, name);
    if (found == JsonText::k_none) fail(1, fmt::format("must hold an object with '{}' in it", name));
    if (json.string(found) != expected)
      fail(line_of(found), fmt::format("has the {} '{}', not '{}'", name, json.string(found), expected));
  }
  const JsonText::Id entries = json.member(JsonText::k_root, "entries");
  if (entries == JsonText::k_none) fail(1, "must hold an object with 'entries' in it");
  for (JsonText::Id item = json.first(entries); item != JsonText::k_none; item = json.next(item)) {
    IdEntry entry;
    entry.learnt = Learnt::imported;
    for (JsonText::Id value = json.first(item); value != JsonText::k_none; value = json.next(value)) {
      if (json.type(value) != JsonText::Type::string) fail(line_of(value), "has a value that is not a text");
      set_field(entry, json.name(value), json.string(value), line_of(value));
    }
    add_checked(out, std::move(entry), line_of(item));
  }
  return out;
}

}  // namespace holdfast::model
