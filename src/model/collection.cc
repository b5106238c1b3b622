#include "model/collection.h"

#include <fmt/format.h>

#include <charconv>

#include "base/error.h"
#include "base/json.h"
#include "base/key.h"
#include "model/json_depth.h"
#include "model/path.h"

namespace holdfast::model {

namespace {

using base::Error;
using base::ErrorKind;
using nlohmann::json;

constexpr std::size_t k_depth_max = 20;

constexpr std::pair<ColumnContent, std::string_view> k_contents[] = {
    {ColumnContent::text, "text"},     {ColumnContent::json, "json"},   {ColumnContent::instant, "instant"},
    {ColumnContent::number, "number"}, {ColumnContent::bytes, "bytes"},
};

std::string_view content_name(ColumnContent content) {
  for (const auto& [value, name] : k_contents)
    if (value == content) return name;
  return "text";
}

ColumnContent content_of(std::string_view name) {
  for (const auto& [value, known] : k_contents)
    if (known == name) return value;
  throw Error(ErrorKind::corruption, fmt::format("the schema of a collection names the unknown content '{}'", name));
}

constexpr std::pair<KeyPartType, std::string_view> k_types[] = {
    {KeyPartType::text, "text"}, {KeyPartType::integer, "integer"}, {KeyPartType::path, "path"}};

std::string_view type_name(KeyPartType type) {
  for (const auto& [value, name] : k_types)
    if (value == type) return name;
  return "text";
}

// A type of a later format is text to us: it sorts and reads as such.
KeyPartType type_of(const std::string& name) {
  for (const auto& [value, known] : k_types)
    if (name == known) return value;
  return KeyPartType::text;
}

std::vector<Field> fields_of(const json& schema) {
  std::vector<Field> out;
  const auto fields = schema.find("fields");
  if (fields == schema.end()) return out;  // as all schemas were before there were any
  for (const json& field : *fields) out.push_back({field.at("word"), field.at("in"), field.value("path", "")});
  return out;
}

bool is_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc{} && end == text.data() + text.size();
}

std::int64_t to_integer(std::string_view text, std::string_view name) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size())
    throw Error(ErrorKind::usage, fmt::format("'{}' is not a {}: a whole number is wanted", text, name));
  return value;
}

std::string path_form(const Collection& collection) {
  std::string out;
  for (const KeyPart& part : collection.key) out += fmt::format("{}<{}>", out.empty() ? "" : "/", part.name);
  return out;
}

}  // namespace

std::string to_json(const Collection& collection) {
  json out{{"name", collection.name}, {"key", json::array()}, {"columns", json::array()}};
  for (const KeyPart& part : collection.key)
    out["key"].push_back({{"name", part.name}, {"type", type_name(part.type)}});
  for (const Column& column : collection.columns)
    out["columns"].push_back({{"name", column.name},
                              {"source_type", column.source_type},
                              {"content", content_name(column.content)},
                              {"nullable", column.nullable}});
  for (const Field& field : collection.fields) {
    json one{{"word", field.word}, {"in", field.in}};
    if (!field.path.empty()) one["path"] = field.path;
    out["fields"].push_back(std::move(one));
  }
  return out.dump();
}

Collection collection_from_json(std::string_view text) {
  if (nests_deeper_than(text, k_depth_max))
    throw Error(ErrorKind::corruption, "the schema of a collection nests deeper than any that we write");
  try {
    const json in = json::parse(text);
    Collection out{.name = in.at("name"), .key = {}, .columns = {}, .fields = fields_of(in)};
    for (const json& part : in.at("key")) out.key.push_back({part.at("name"), type_of(part.at("type"))});
    for (const json& column : in.at("columns"))
      out.columns.push_back({column.at("name"), column.at("source_type"),
                             content_of(column.at("content").get_ref<const std::string&>()), column.at("nullable")});
    return out;
  } catch (const json::exception& problem) {
    throw Error(ErrorKind::corruption, fmt::format("the schema of a collection cannot be read: {}", problem.what()));
  }
}

bool names_are_urns(const Collection& collection) noexcept {
  return !collection.key.empty() && collection.key.front().name == "urn";
}

std::string first_part_to_path(const Collection& collection, std::string_view text) {
  return collection.key.front().type == KeyPartType::path ? to_path_below(text) : std::string(text);
}

std::string first_part_from_path(const Collection& collection, std::string_view text) {
  return collection.key.front().type == KeyPartType::path ? from_path_below(text) : std::string(text);
}

std::string key_to_path(const Collection& collection, base::ByteView key) {
  base::KeyReader reader(key);
  std::string out;
  for (std::size_t i = 0; i < collection.key.size(); ++i) {
    if (i != 0) out += '/';
    if (collection.key[i].type == KeyPartType::integer) {
      out += std::to_string(reader.integer());
    } else {
      out += i == 0 ? first_part_to_path(collection, reader.text()) : to_path_part(reader.text());
    }
  }
  return out;
}

base::Bytes path_to_key(const Collection& collection, std::string_view path) {
  // From the right: trailing whole numbers fill trailing integer parts, then text parts up to the first one, which
  // takes the rest, slashes and all.
  std::vector<std::string> parts(collection.key.size());
  std::string_view rest = path;
  bool ended = false;  // by a number: then what is before it is a part even where it is empty
  for (std::size_t i = collection.key.size(); i-- > 1;) {
    const std::size_t slash = rest.rfind('/');
    const std::string_view last = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (collection.key[i].type == KeyPartType::integer) {
      const bool given = !last.empty() && is_integer(last);
      parts[i] = given ? std::string(last) : "0";
      if (given) rest = rest.substr(0, slash);
      ended = ended || given;
      continue;
    }
    if (slash == std::string_view::npos || (last.empty() && !ended))
      throw Error(
          ErrorKind::usage,
          fmt::format("'{}' names no row of {}: its {} is missing", path, collection.name, collection.key[i].name),
          fmt::format("Write it as {}.", path_form(collection)));
    parts[i] = from_path_part(last);
    rest = rest.substr(0, slash);
  }
  if (!collection.key.empty()) parts[0] = first_part_from_path(collection, rest);
  base::Bytes key;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (collection.key[i].type == KeyPartType::integer) {
      base::append_int(key, to_integer(parts[i], collection.key[i].name));
    } else {
      base::append_text(key, parts[i]);
    }
  }
  return key;
}

}  // namespace holdfast::model
