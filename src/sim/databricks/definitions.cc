// What a warehouse of the stand-in runs.  Everything else it refuses.
//
//   <statement>  ::= CREATE VIEW <name> [ "(" <alias> { "," <alias> } ")" ] <clause>* AS <query>
//                  | CREATE TABLE <name> [ "(" <column> { "," <column> } ")" ] <clause>*
//                  | ALTER VIEW <name> AS <query>
//   <name>       ::= [ [ <identifier> "." ] <identifier> "." ] <identifier>
//   <alias>      ::= <identifier> [ COMMENT <string> ]
//   <column>     ::= <identifier> <type> [ NOT NULL ] [ COMMENT <string> ]
//   <clause>     ::= COMMENT <string> | TBLPROPERTIES <pairs>
//                  | USING <format> | OPTIONS <pairs> | LOCATION <string>          of a table only, the first two once
//                  | PARTITIONED BY "(" <identifier> { "," <identifier> } ")"      of a table only
//   <pairs>      ::= "(" <string> "=" <string> { "," <string> "=" <string> } ")"
//   <query>      ::= anything: what stands behind FROM or JOIN has to be there, as have functions that are named in
//   full
#include "sim/databricks/definitions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/ascii.h"
#include "base/json.h"
#include "sim/databricks/unity.h"

namespace holdfast::sim::databricks {
namespace {

struct Token {
  enum class Type { word, quoted, string, sign, end } type = Type::end;
  std::string text;
  std::size_t begin = 0;
  std::size_t finish = 0;
};

SqlError syntax_error(const std::string& near) {
  return SqlError(
      fmt::format("[PARSE_SYNTAX_ERROR] Syntax error at or near '{}'. SQLSTATE: 42601", near.substr(0, 80)));
}

bool is_word(char c) {
  return base::is_letter_or_digit(c) || c == '_';
}

class Sql {
public:
  explicit Sql(const std::string& text) : text_(text) { token_ = scan(0); }

  const Token& token() const { return token_; }
  Token take() {
    Token out = token_;
    token_ = scan(token_.finish);
    return out;
  }
  bool at(std::string_view keyword) const {
    return token_.type == Token::Type::word && base::upper(token_.text) == keyword;
  }
  bool at_sign(char c) const { return token_.type == Token::Type::sign && token_.text[0] == c; }
  bool take(std::string_view keyword) {
    if (!at(keyword)) return false;
    take();
    return true;
  }
  bool take_sign(char c) {
    if (!at_sign(c)) return false;
    take();
    return true;
  }
  void expect(std::string_view keyword) {
    if (!take(keyword)) throw syntax_error(token_.text);
  }
  void expect_sign(char c) {
    if (!take_sign(c)) throw syntax_error(token_.text);
  }
  std::string string() {
    if (token_.type != Token::Type::string) throw syntax_error(token_.text);
    return take().text;
  }
  std::string identifier() {
    if (token_.type != Token::Type::word && token_.type != Token::Type::quoted) throw syntax_error(token_.text);
    return take().text;
  }
  std::string rest() const {
    std::string out = text_.substr(token_.begin);
    while (!out.empty() && std::string_view(" \t\r\n;").find(out.back()) != std::string_view::npos) out.pop_back();
    return out;
  }
  void end() {
    take_sign(';');
    if (token_.type != Token::Type::end) throw syntax_error(token_.text);
  }

private:
  Token scan(std::size_t at) const {
    while (at < text_.size() && std::string_view(" \t\r\n").find(text_[at]) != std::string_view::npos) ++at;
    if (at == text_.size()) return {Token::Type::end, "end of input", at, at};
    if (text_[at] == '\'') return delimited(at, Token::Type::string);
    if (text_[at] == '`') return delimited(at, Token::Type::quoted);
    if (!is_word(text_[at])) return {Token::Type::sign, text_.substr(at, 1), at, at + 1};
    std::size_t to = at;
    while (to < text_.size() && is_word(text_[to])) ++to;
    return {Token::Type::word, text_.substr(at, to - at), at, to};
  }
  // A backtick is doubled within backticks; in strings a backslash takes the next character as it is.
  Token delimited(std::size_t begin, Token::Type type) const {
    const char mark = text_[begin];
    std::string out;
    for (std::size_t i = begin + 1; i < text_.size(); ++i) {
      if (type == Token::Type::string && text_[i] == '\\' && i + 1 < text_.size()) {
        out += text_[++i];
      } else if (text_[i] != mark) {
        out += text_[i];
      } else if (type == Token::Type::quoted && i + 1 < text_.size() && text_[i + 1] == mark) {
        out += text_[++i];
      } else {
        return {type, out, begin, i + 1};
      }
    }
    throw syntax_error(text_.substr(begin));
  }

  const std::string& text_;
  Token token_;
};

struct Name {
  std::string catalog, schema, name;
  std::string full() const { return catalog + "." + schema + "." + name; }
};

std::vector<std::string> parts_in(Sql& sql) {
  std::vector<std::string> parts{sql.identifier()};
  while (parts.size() < 3 && sql.take_sign('.')) parts.push_back(sql.identifier());
  return parts;
}

Name resolved(std::vector<std::string> parts, const SqlContext& context) {
  parts.insert(parts.begin(), 3 - parts.size(), "");
  return {parts[0].empty() ? context.catalog : parts[0], parts[1].empty() ? context.schema : parts[1], parts[2]};
}

Name name_in(Sql& sql, const SqlContext& context) {
  return resolved(parts_in(sql), context);
}

Json pairs(Sql& sql) {
  Json out = Json::object();
  sql.expect_sign('(');
  do {
    const std::string name = sql.string();
    sql.expect_sign('=');
    out[name] = sql.string();
  } while (sql.take_sign(','));
  sql.expect_sign(')');
  return out;
}

std::string type_name(const std::string& type_text) {
  static const std::map<std::string, std::string> names = {
      {"BIGINT", "LONG"}, {"SMALLINT", "SHORT"}, {"TINYINT", "BYTE"}};
  const std::string word = base::upper(type_text.substr(0, type_text.find_first_of("(<")));
  const auto found = names.find(word);
  return found == names.end() ? word : found->second;
}

// As it was written: it ends at a comma, a parenthesis or a keyword that stand in no brackets.
std::string type_text(Sql& sql) {
  std::string out;
  for (int depth = 0;;) {
    const Token& token = sql.token();
    const bool ends = sql.at_sign(',') || sql.at_sign(')') || sql.at("NOT") || sql.at("COMMENT");
    if (token.type == Token::Type::end || (depth == 0 && ends)) break;
    depth += sql.at_sign('(') || sql.at_sign('<') ? 1 : 0;
    depth -= sql.at_sign(')') || sql.at_sign('>') ? 1 : 0;
    out += sql.take().text;
  }
  if (out.empty()) throw syntax_error(sql.token().text);
  return out;
}

enum class Columns { named, typed };

Json column_list(Sql& sql, Columns columns) {
  Json out = Json::array();
  if (!sql.take_sign('(')) return out;
  do {
    Json column = {{"name", sql.identifier()}};
    if (columns == Columns::typed) {
      column["type_text"] = type_text(sql);
      column["type_name"] = type_name(column["type_text"]);
    }
    column["position"] = out.size();
    if (columns == Columns::typed) {
      column["nullable"] = !sql.take("NOT");
      if (!column["nullable"]) sql.expect("NULL");
    }
    if (sql.take("COMMENT")) column["comment"] = sql.string();
    out.push_back(std::move(column));
  } while (sql.take_sign(','));
  sql.expect_sign(')');
  return out;
}

void partition(Sql& sql, Json& columns) {
  sql.expect("BY");
  sql.expect_sign('(');
  int index = 0;
  do {
    const std::string name = sql.identifier();
    const auto found =
        std::find_if(columns.begin(), columns.end(), [&](const Json& column) { return column["name"] == name; });
    if (found == columns.end()) throw SqlError("[COLUMN_NOT_DEFINED_IN_TABLE] " + name + ". SQLSTATE: 42703");
    (*found)["partition_index"] = index++;
  } while (sql.take_sign(','));
  sql.expect_sign(')');
}

// What a query reads and calls.
class Dependencies {
public:
  Dependencies(World& world, const SqlContext& context, std::string query)
      : world_(world), context_(context), query_(std::move(query)) {}

  Json found() {
    if (query_.empty()) throw syntax_error("end of input");
    Sql sql(query_);
    Token before;
    while (sql.token().type != Token::Type::end) {
      const bool reads = before.type == Token::Type::word &&
                         (base::upper(before.text) == "FROM" || base::upper(before.text) == "JOIN");
      const bool begins = sql.token().type == Token::Type::word || sql.token().type == Token::Type::quoted;
      if (!begins) {
        before = sql.take();
        continue;
      }
      before = sql.token();
      const std::vector<std::string> parts = parts_in(sql);
      if (sql.at("AS") && !reads) own_.insert(parts.back());  // WITH x AS (…)
      note(resolved(parts, context_), sql.at_sign('('), reads, parts.size() == 3);
    }
    return Json{{"dependencies", out_}};
  }

private:
  void note(const Name& name, bool called, bool reads, bool whole) {
    if (called && whole) {
      if (unity_documents(world_, *find_unity_kind("function")).find(name.full()) == nullptr)
        throw SqlError(fmt::format("[UNRESOLVED_ROUTINE] Cannot resolve routine `{}`. SQLSTATE: 42883", name.full()));
      add("function", name.full());
    } else if (reads && !called && !own_.contains(name.name)) {
      if (unity_documents(world_, *find_unity_kind("table")).find(name.full()) == nullptr)
        throw SqlError(
            fmt::format("[TABLE_OR_VIEW_NOT_FOUND] The table or view `{}`.`{}`.`{}` cannot be found. SQLSTATE: 42P01",
                        name.catalog, name.schema, name.name));
      add("table", name.full());
    }
  }
  void add(const std::string& what, const std::string& full_name) {
    if (seen_.insert(what + full_name).second) out_.push_back({{what, {{what + "_full_name", full_name}}}});
  }

  World& world_;
  const SqlContext& context_;
  const std::string query_;
  std::set<std::string> own_;
  std::set<std::string> seen_;
  Json out_ = Json::array();
};

void add_table(World& world, const Name& name, Json body, const SqlContext& context) {
  const UnityKind& schemas = *find_unity_kind("schema");
  const UnityKind& tables = *find_unity_kind("table");
  if (unity_documents(world, schemas).find(name.catalog + "." + name.schema) == nullptr)
    throw SqlError(fmt::format("[SCHEMA_NOT_FOUND] The schema `{}`.`{}` cannot be found. SQLSTATE: 42704", name.catalog,
                               name.schema));
  if (unity_documents(world, tables).find(name.full()) != nullptr)
    throw SqlError(
        fmt::format("[TABLE_OR_VIEW_ALREADY_EXISTS] Cannot create table or view `{}`.`{}` because it "
                    "already exists. SQLSTATE: 42P07",
                    name.schema, name.name));
  body["name"] = name.name;
  body["catalog_name"] = name.catalog;
  body["schema_name"] = name.schema;
  create_securable(world, tables, body, context.user);
}

void put(Json& body, const char* field, Json value) {
  if (!value.empty()) body[field] = std::move(value);
}

// A view's names are looked for in what was current when its text was written, wherever the view is.
void keep_place(Json& view, const SqlContext& context) {
  Json& properties = view["properties"];
  properties["view.catalogAndNamespace.numParts"] = "2";
  properties["view.catalogAndNamespace.part.0"] = context.catalog;
  properties["view.catalogAndNamespace.part.1"] = context.schema;
}

void create_view(World& world, Sql& sql, const SqlContext& context) {
  const Name name = name_in(sql, context);
  Json body = {{"table_type", "VIEW"}};
  put(body, "columns", column_list(sql, Columns::named));
  while (!sql.take("AS")) {
    if (sql.take("COMMENT")) {
      body["comment"] = sql.string();
    } else {
      sql.expect("TBLPROPERTIES");
      body["properties"] = pairs(sql);
    }
  }
  keep_place(body, context);
  body["view_definition"] = sql.rest();
  body["view_dependencies"] = Dependencies(world, context, sql.rest()).found();
  add_table(world, name, std::move(body), context);
}

void create_table(World& world, Sql& sql, const SqlContext& context) {
  const Name name = name_in(sql, context);
  Json columns = column_list(sql, Columns::typed);
  Json properties = Json::object();
  Json body = {{"table_type", "EXTERNAL"}};
  while (sql.token().type == Token::Type::word) {
    if (sql.take("USING")) {
      body["data_source_format"] = base::upper(sql.identifier());
    } else if (sql.take("LOCATION")) {
      body["storage_location"] = sql.string();
    } else if (sql.take("COMMENT")) {
      body["comment"] = sql.string();
    } else if (sql.take("PARTITIONED")) {
      partition(sql, columns);
    } else if (sql.take("OPTIONS")) {
      const Json options = pairs(sql);
      for (const auto& [key, value] : options.items()) properties["option." + key] = value;
    } else {
      sql.expect("TBLPROPERTIES");
      properties.update(pairs(sql));
    }
  }
  sql.end();
  // Without a location it would be a managed one, which this stand-in has no data for.
  if (!body.contains("storage_location") || !body.contains("data_source_format")) throw syntax_error("CREATE TABLE");
  put(body, "columns", std::move(columns));
  put(body, "properties", std::move(properties));
  add_table(world, name, std::move(body), context);
}

void alter_view(World& world, Sql& sql, const SqlContext& context) {
  const Name name = name_in(sql, context);
  sql.expect("AS");
  Json* view = unity_documents(world, *find_unity_kind("table")).find(name.full());
  if (view == nullptr || (*view)["table_type"] != "VIEW")
    throw SqlError(
        fmt::format("[TABLE_OR_VIEW_NOT_FOUND] The view `{}` cannot be found. SQLSTATE: 42P01", name.full()));
  const std::string query = sql.rest();
  Json dependencies = Dependencies(world, context, query).found();
  keep_place(*view, context);
  (*view)["view_definition"] = query;
  (*view)["view_dependencies"] = std::move(dependencies);
  (*view)["updated_at"] = world.now_ms();
  (*view)["updated_by"] = context.user;
}

}  // namespace

void run_definition(World& world, const std::string& text, const SqlContext& context) {
  const bool placed = !context.catalog.empty() || !context.schema.empty();
  const std::string place = context.catalog + "." + context.schema;
  if (placed && unity_documents(world, *find_unity_kind("schema")).find(place) == nullptr)
    throw SqlError(fmt::format("[SCHEMA_NOT_FOUND] The schema `{}`.`{}` cannot be found. SQLSTATE: 42704",
                               context.catalog, context.schema));
  Sql sql(text);
  const bool alters = sql.take("ALTER");
  if (!alters) sql.expect("CREATE");
  if (sql.take("VIEW")) return alters ? alter_view(world, sql, context) : create_view(world, sql, context);
  if (alters) throw syntax_error(sql.token().text);
  sql.expect("TABLE");
  create_table(world, sql, context);
}

}  // namespace holdfast::sim::databricks
