// The texts that the command API of the stand-in knows.
//
//   <sql>       ::= SHOW GRANTS ON <object> | SHOW DATABASES | SHOW TABLES IN <name>
//                 | ( GRANT | DENY ) <actions> ON <object> TO <principal>
//                 | REVOKE <actions> ON <object> FROM <principal>
//                 | ALTER <object> OWNER TO <principal>
//   <object>    ::= CATALOG [<name>] | ( DATABASE | SCHEMA | TABLE | VIEW | FUNCTION ) <name> | ANY FILE
//                 | ANONYMOUS FUNCTION
//   <actions>   ::= <action> { "," <action> }            <principal> ::= `name` | name
//   <python>    ::= display(dbutils.fs.mounts())
//                 | dbutils.fs.mount(source="…", mount_point="…" [, extra_configs={"…": "…", …}])
//                 | dbutils.fs.unmount("…")
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/json.h"
#include "sim/databricks/api_error.h"
#include "sim/databricks/commands.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::size_t k_longest_text = 64 * 1024;

Json table(std::initializer_list<std::string_view> columns, Json rows) {
  Json schema = Json::array();
  for (const std::string_view name : columns)
    schema.push_back({{"name", name}, {"type", "\"string\""}, {"metadata", "{}"}});
  return {{"resultType", "table"},
          {"schema", std::move(schema)},
          {"data", std::move(rows)},
          {"truncated", false},
          {"isJsonSchema", true}};
}

Json nothing() {
  return {{"resultType", "text"}, {"data", ""}, {"truncated", false}};
}

ApiError parse_error(const std::string& text) {
  return invalid("ParseException: this stand-in does not know the statement: " + text.substr(0, 120));
}

// Words of a statement; what stands in backticks is one word, and so is a comma.
struct Word {
  std::string text;
  bool quoted = false;
};

std::vector<Word> words_of(const std::string& text) {
  std::vector<Word> words;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';') {
      ++i;
    } else if (c == ',') {
      words.push_back({",", false});
      ++i;
    } else {
      Word word;
      // `a`.`b` and a.b are one name.
      while (i < text.size() && std::string_view(" \t\r\n;,").find(text[i]) == std::string_view::npos) {
        if (text[i] != '`') {
          word.text += text[i++];
          continue;
        }
        const std::size_t end = text.find('`', i + 1);
        if (end == std::string::npos) throw parse_error(text);
        word.quoted = true;
        word.text += text.substr(i + 1, end - i - 1);
        i = end + 1;
      }
      words.push_back(std::move(word));
    }
  }
  return words;
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return text;
}

class Statement {
public:
  explicit Statement(const std::string& text) : text_(text), words_(words_of(text)) {}

  bool next_is(std::string_view keyword) const {
    return at_ < words_.size() && !words_[at_].quoted && upper(words_[at_].text) == keyword;
  }
  bool take(std::string_view keyword) {
    if (!next_is(keyword)) return false;
    ++at_;
    return true;
  }
  void expect(std::string_view keyword) {
    if (!take(keyword)) throw parse_error(text_);
  }
  std::string name() {
    if (at_ == words_.size()) throw parse_error(text_);
    return words_[at_++].text;
  }
  void end() const {
    if (at_ != words_.size()) throw parse_error(text_);
  }

  // "DATABASE sales"
  std::string object() {
    if (take("ANY")) {
      expect("FILE");
      return "ANY FILE";
    }
    if (take("ANONYMOUS")) {
      expect("FUNCTION");
      return "ANONYMOUS FUNCTION";
    }
    if (take("CATALOG")) {
      const bool named = at_ < words_.size() && !next_is("TO") && !next_is("FROM") && !next_is("OWNER");
      if (named) name();
      return "CATALOG";
    }
    if (take("DATABASE") || take("SCHEMA")) return "DATABASE " + name();
    for (const char* kind : {"TABLE", "VIEW", "FUNCTION"}) {
      if (take(kind)) return fmt::format("{} {}", kind, name());
    }
    throw parse_error(text_);
  }

  std::set<std::string> actions() {
    std::set<std::string> out;
    do {
      std::string action = upper(name());
      if (action == "ALL") {
        expect("PRIVILEGES");
        action = "ALL PRIVILEGES";
      }
      out.insert(action);
    } while (take(","));
    return out;
  }

private:
  std::string text_;
  std::vector<Word> words_;
  std::size_t at_ = 0;
};

HiveObject& object_of(World& world, const std::string& name) {
  const bool always = name == "CATALOG" || name == "ANY FILE" || name == "ANONYMOUS FUNCTION";
  auto& objects = world.part<CommandState>().objects;
  const auto found = objects.find(name);
  if (found == objects.end() && !always) throw invalid("AnalysisException: " + name + " not found");
  return objects[name];
}

Json show_grants(World& world, const std::string& name) {
  const HiveObject& object = object_of(world, name);
  const std::size_t space = name.find(' ');
  const bool simple = space == std::string::npos || name == "ANY FILE" || name == "ANONYMOUS FUNCTION";
  const std::string type = simple ? name : name.substr(0, space);
  const std::string key = simple ? "" : name.substr(space + 1);
  Json rows = Json::array();
  const auto add = [&](const std::string& principal, const std::string& action) {
    rows.push_back(Json::array({principal, action, type, key}));
  };
  if (!object.owner.empty()) add(object.owner, "OWN");
  for (const auto& [principal, actions] : object.granted) {
    for (const std::string& action : actions) add(principal, action);
  }
  for (const auto& [principal, actions] : object.denied) {
    for (const std::string& action : actions) add(principal, "DENIED_" + action);
  }
  return table({"Principal", "ActionType", "ObjectType", "ObjectKey"}, std::move(rows));
}

Json show_names(World& world, const std::string& kind, const std::string& database) {
  Json rows = Json::array();
  for (const auto& [name, object] : world.part<CommandState>().objects) {
    if (!name.starts_with(kind + " ")) continue;
    const std::string full = name.substr(kind.size() + 1);
    if (kind == "DATABASE") rows.push_back(Json::array({full}));
    if (kind == "DATABASE" || !full.starts_with(database + ".")) continue;
    rows.push_back(Json::array({database, full.substr(database.size() + 1), "false"}));
  }
  if (kind == "DATABASE") return table({"databaseName"}, std::move(rows));
  return table({"database", "tableName", "isTemporary"}, std::move(rows));
}

enum class Verb { grant, deny, revoke };

Json change_grants(World& world, Statement& statement, Verb verb) {
  const std::set<std::string> actions = statement.actions();
  statement.expect("ON");
  const std::string name = statement.object();
  statement.expect(verb == Verb::revoke ? "FROM" : "TO");
  const std::string principal = statement.name();
  statement.end();
  HiveObject& object = object_of(world, name);
  for (const std::string& action : actions) {
    if (verb == Verb::revoke) {
      object.granted[principal].erase(action);
      object.denied[principal].erase(action);
    } else {
      (verb == Verb::deny ? object.denied : object.granted)[principal].insert(action);
    }
  }
  return nothing();
}

// The value of name="…" in a call.
std::optional<std::string> argument(const std::string& text, const std::string& name) {
  std::size_t at = text.find(name + "=");
  if (at == std::string::npos) return std::nullopt;
  at = text.find_first_not_of(' ', at + name.size() + 1);
  if (at == std::string::npos || (text[at] != '"' && text[at] != '\'')) return std::nullopt;
  const std::size_t end = text.find(text[at], at + 1);
  return end == std::string::npos ? std::nullopt : std::optional(text.substr(at + 1, end - at - 1));
}

std::map<std::string, std::string> configs(const std::string& text) {
  std::map<std::string, std::string> out;
  const std::size_t at = text.find("extra_configs=");
  if (at == std::string::npos) return out;
  const std::size_t open = text.find('{', at);
  const std::size_t close = text.rfind('}');
  const Json parsed = open == std::string::npos || close == std::string::npos
                          ? Json()
                          : Json::parse(text.substr(open, close - open + 1), nullptr, false);
  if (!parsed.is_object()) throw invalid("SyntaxError: extra_configs is no JSON object");
  for (const auto& [name, value] : parsed.items())
    out[name] = value.is_string() ? value.get<std::string>() : value.dump();
  return out;
}

Json mount(World& world, const std::string& text) {
  const auto source = argument(text, "source");
  const auto point = argument(text, "mount_point");
  if (!source || !point || !point->starts_with("/mnt/"))
    throw invalid("IllegalArgumentException: source and mount_point");
  auto& mounts = world.part<CommandState>().mounts;
  if (mounts.contains(*point)) throw invalid("Directory already mounted: " + *point);
  mounts[*point] = {*source, "", configs(text)};
  return {{"resultType", "text"}, {"data", "True"}, {"truncated", false}};
}

}  // namespace

Json run_statement(World& world, const std::string& text) {
  if (text.size() > k_longest_text) throw parse_error(text);
  Statement statement(text);
  if (statement.take("GRANT")) return change_grants(world, statement, Verb::grant);
  if (statement.take("DENY")) return change_grants(world, statement, Verb::deny);
  if (statement.take("REVOKE")) return change_grants(world, statement, Verb::revoke);
  if (statement.take("ALTER")) {
    const std::string name = statement.object();
    statement.expect("OWNER");
    statement.expect("TO");
    const std::string owner = statement.name();
    statement.end();
    object_of(world, name).owner = owner;
    return nothing();
  }
  statement.expect("SHOW");
  if (statement.take("DATABASES")) {
    statement.end();
    return show_names(world, "DATABASE", "");
  }
  if (statement.take("TABLES")) {
    statement.expect("IN");
    const std::string database = statement.name();
    statement.end();
    return show_names(world, "TABLE", database);
  }
  if (!statement.take("GRANTS")) statement.expect("GRANT");
  statement.expect("ON");
  const std::string name = statement.object();
  statement.end();
  return show_grants(world, name);
}

Json run_python(World& world, const std::string& text) {
  if (text.size() > k_longest_text) throw parse_error(text);
  auto& mounts = world.part<CommandState>().mounts;
  if (text == "display(dbutils.fs.mounts())") {
    Json rows = Json::array({Json::array({"/databricks-datasets", "databricks-datasets", "sse-s3"})});
    for (const auto& [point, held] : mounts) rows.push_back(Json::array({point, held.source, held.encryption}));
    return table({"mountPoint", "source", "encryptionType"}, std::move(rows));
  }
  if (text.starts_with("dbutils.fs.mount(")) return mount(world, text);
  if (!text.starts_with("dbutils.fs.unmount(")) throw parse_error(text);
  const std::size_t open = text.find_first_of("\"'");
  const std::size_t close = open == std::string::npos ? open : text.find(text[open], open + 1);
  if (close == std::string::npos || mounts.erase(text.substr(open + 1, close - open - 1)) == 0) {
    throw invalid("Directory not mounted");
  }
  return nothing();
}

}  // namespace holdfast::sim::databricks
