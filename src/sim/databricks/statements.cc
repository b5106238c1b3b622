// The SQL that the command API of the stand-in knows.
//
//   <sql>       ::= SHOW GRANTS ON <object> | SHOW DATABASES
//                 | SHOW ( TABLES | VIEWS | USER FUNCTIONS ) IN <name>
//                 | ( GRANT | DENY ) <actions> ON <object> TO <principal>
//                 | REVOKE <actions> ON <object> FROM <principal>
//                 | ALTER <object> OWNER TO <principal>
//                 | CREATE ( DATABASE | SCHEMA ) [ IF NOT EXISTS ] <name>
//                 | CREATE TABLE [ IF NOT EXISTS ] <name> ( … )      the columns are not kept: it is a name, and an
//                 owner
//   <object>    ::= CATALOG [<name>] | ( DATABASE | SCHEMA | TABLE | VIEW | FUNCTION ) <name> | ANY FILE
//                 | ANONYMOUS FUNCTION
//   <actions>   ::= <action> { "," <action> }            <principal> ::= `name` | name
//   <name>      ::= <part> { "." <part> }                <part> ::= word | ` any text, backticks doubled `
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/ascii.h"
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

// Words of a statement; a name of several parts is one word, and so is a comma.
struct Word {
  std::string text;  // without backticks: of a principal
  std::string name;  // as keys of CommandState::objects have it
  bool quoted = false;
};

bool is_plain(std::string_view part) {
  return !part.empty() &&
         std::all_of(part.begin(), part.end(), [](char c) { return c == '_' || base::is_letter_or_digit(c); });
}

std::string in_backticks(std::string_view part) {
  std::string out = "`";
  for (const char c : part) out += c == '`' ? std::string("``") : std::string(1, c);
  return out + "`";
}

// What stands in backticks from `i` on, which is moved behind it.
std::string quoted_part(const std::string& text, std::size_t& i) {
  std::string out;
  for (++i;; ++i) {
    const std::size_t end = text.find('`', i);
    if (end == std::string::npos) throw parse_error(text);
    out += text.substr(i, end - i);
    i = end + 1;
    if (i == text.size() || text[i] != '`') return out;
    out += '`';
  }
}

Word word_at(const std::string& text, std::size_t& i) {
  Word word;
  while (i < text.size() && std::string_view(" \t\r\n;,").find(text[i]) == std::string_view::npos) {
    if (text[i] == '`') {
      const std::string part = quoted_part(text, i);
      word.quoted = true;
      word.text += part;
      word.name += is_plain(part) ? part : in_backticks(part);
    } else {
      word.text += text[i];
      word.name += text[i++];
    }
  }
  return word;
}

std::vector<Word> words_of(const std::string& text) {
  std::vector<Word> words;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';') {
      ++i;
    } else if (c == ',') {
      words.push_back({",", ",", false});
      ++i;
    } else {
      words.push_back(word_at(text, i));
    }
  }
  return words;
}

// The first part of a name, as it is kept; all of it where it has one part.
std::string first_part(const std::string& name) {
  if (!name.starts_with('`')) return name.substr(0, name.find('.'));
  std::size_t end = 0;
  quoted_part(name, end);
  return name.substr(0, end);
}

// A part as people see it.
std::string shown(const std::string& part) {
  std::size_t at = 0;
  return part.starts_with('`') ? quoted_part(part, at) : part;
}

class Statement {
public:
  explicit Statement(const std::string& text) : text_(text), words_(words_of(text)) {}

  bool next_is(std::string_view keyword) const {
    return at_ < words_.size() && !words_[at_].quoted && base::upper(words_[at_].text) == keyword;
  }
  bool take(std::string_view keyword) {
    if (!next_is(keyword)) return false;
    ++at_;
    return true;
  }
  void expect(std::string_view keyword) {
    if (!take(keyword)) throw parse_error(text_);
  }
  std::string text() {
    if (at_ == words_.size()) throw parse_error(text_);
    return words_[at_++].text;
  }
  std::string name() {
    if (at_ == words_.size()) throw parse_error(text_);
    return words_[at_++].name;
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
      std::string action = base::upper(text());
      if (action == "ALL") {
        expect("PRIVILEGES");
        action = "ALL PRIVILEGES";
      }
      out.insert(action);
    } while (take(","));
    return out;
  }

  // What is in parentheses, up to the end.
  void columns() {
    const bool there = at_ != words_.size() && words_[at_].text.starts_with('(') && words_.back().text.ends_with(')');
    if (!there) throw parse_error(text_);
    at_ = words_.size();
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

// What an object has by what it lies in is shown along with its own.
std::vector<std::string> above(const std::string& name) {
  if (name == "CATALOG" || name == "ANY FILE" || name == "ANONYMOUS FUNCTION") return {};
  if (name.starts_with("DATABASE ")) return {"CATALOG"};
  return {"CATALOG", "DATABASE " + first_part(name.substr(name.find(' ') + 1))};
}

void add_grants(World& world, const std::string& name, Json& rows) {
  const auto& objects = world.part<CommandState>().objects;
  const auto found = objects.find(name);
  if (found == objects.end()) return;
  const std::size_t space = name.find(' ');
  const bool simple = space == std::string::npos || name == "ANY FILE" || name == "ANONYMOUS FUNCTION";
  const std::string type = simple ? name : name.substr(0, space);
  const std::string key = simple ? "" : name.substr(space + 1);
  const auto add = [&](const std::string& principal, const std::string& action) {
    rows.push_back(Json::array({principal, action, type, key}));
  };
  if (!found->second.owner.empty()) add(found->second.owner, "OWN");
  for (const auto& [principal, actions] : found->second.granted) {
    for (const std::string& action : actions) add(principal, action);
  }
  for (const auto& [principal, actions] : found->second.denied) {
    for (const std::string& action : actions) add(principal, "DENIED_" + action);
  }
}

Json show_grants(World& world, const std::string& name) {
  object_of(world, name);
  Json rows = Json::array();
  for (const std::string& one : above(name)) add_grants(world, one, rows);
  add_grants(world, name, rows);
  return table({"Principal", "ActionType", "ObjectType", "ObjectKey"}, std::move(rows));
}

Json show_databases(World& world) {
  Json rows = Json::array();
  for (const auto& [name, object] : world.part<CommandState>().objects) {
    if (name.starts_with("DATABASE ")) rows.push_back(Json::array({shown(name.substr(9))}));
  }
  return table({"databaseName"}, std::move(rows));
}

// Views are tables, too.
Json show_names(World& world, const std::set<std::string>& kinds, const std::string& database) {
  Json rows = Json::array();
  bool there = false;  // it, or something that lies in it
  for (const auto& [name, object] : world.part<CommandState>().objects) {
    const std::size_t space = name.find(' ');
    const std::string full = space == std::string::npos ? std::string() : name.substr(space + 1);
    if (full.empty() || first_part(full) != database) continue;
    there = true;
    if (!kinds.contains(name.substr(0, space)) || full.size() <= database.size()) continue;
    const std::string own = shown(full.substr(database.size() + 1));
    if (kinds.contains("FUNCTION")) {
      rows.push_back(Json::array({fmt::format("spark_catalog.{}.{}", shown(database), own)}));
    } else {
      rows.push_back(Json::array({shown(database), own, "false"}));
    }
  }
  if (!there) throw invalid("AnalysisException: DATABASE " + database + " not found");
  if (kinds.contains("FUNCTION")) return table({"function"}, std::move(rows));
  return table({"database", "tableName", "isTemporary"}, std::move(rows));
}

Json show_within(World& world, Statement& statement, const std::set<std::string>& kinds) {
  statement.expect("IN");
  const std::string database = statement.name();
  statement.end();
  return show_names(world, kinds, database);
}

enum class Verb { grant, deny, revoke };

Json change_grants(World& world, Statement& statement, Verb verb) {
  const std::set<std::string> actions = statement.actions();
  statement.expect("ON");
  const std::string name = statement.object();
  statement.expect(verb == Verb::revoke ? "FROM" : "TO");
  const std::string principal = statement.text();
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

Json change_owner(World& world, Statement& statement) {
  const std::string name = statement.object();
  statement.expect("OWNER");
  statement.expect("TO");
  const std::string owner = statement.text();
  statement.end();
  object_of(world, name).owner = owner;
  return nothing();
}

Json create(World& world, Statement& statement, const std::string& who) {
  const bool table = statement.take("TABLE");
  if (!table && !statement.take("DATABASE")) statement.expect("SCHEMA");
  const bool if_not_exists = statement.take("IF");
  if (if_not_exists) {
    statement.expect("NOT");
    statement.expect("EXISTS");
  }
  const std::string name = statement.name();
  if (table) statement.columns();
  statement.end();
  auto& objects = world.part<CommandState>().objects;
  const std::string key = (table ? "TABLE " : "DATABASE ") + name;
  if (objects.contains(key) || (table && objects.contains("VIEW " + name))) {
    if (if_not_exists) return nothing();
    throw invalid("AnalysisException: " + key + " already exists");
  }
  if (table) object_of(world, "DATABASE " + first_part(name));
  objects[key].owner = who;
  return nothing();
}

Json show(World& world, Statement& statement) {
  if (statement.take("DATABASES")) {
    statement.end();
    return show_databases(world);
  }
  if (statement.take("TABLES")) return show_within(world, statement, {"TABLE", "VIEW"});
  if (statement.take("VIEWS")) return show_within(world, statement, {"VIEW"});
  if (statement.take("USER")) {
    statement.expect("FUNCTIONS");
    return show_within(world, statement, {"FUNCTION"});
  }
  if (!statement.take("GRANTS")) statement.expect("GRANT");
  statement.expect("ON");
  const std::string name = statement.object();
  statement.end();
  return show_grants(world, name);
}

}  // namespace

Json run_statement(World& world, const std::string& text, const std::string& who) {
  if (text.size() > k_longest_text) throw parse_error(text);
  Statement statement(text);
  if (statement.take("GRANT")) return change_grants(world, statement, Verb::grant);
  if (statement.take("DENY")) return change_grants(world, statement, Verb::deny);
  if (statement.take("REVOKE")) return change_grants(world, statement, Verb::revoke);
  if (statement.take("ALTER")) return change_owner(world, statement);
  if (statement.take("CREATE")) return create(world, statement, who);
  statement.expect("SHOW");
  return show(world, statement);
}

}  // namespace holdfast::sim::databricks
