// The Python that the command API of the stand-in knows.
//
//   <python>    ::= display(dbutils.fs.mounts())
//                 | dbutils.fs.mount(source="…", mount_point="…" [, extra_configs={"…": "…", …}])
//                 | dbutils.fs.unmount("…")
//                 | <listing>
//   <listing>   ::= "import base64, json" ( <mounts> | <queries> ), printed as below: a line of base64 for each
//   <mounts>    ::= all of dbutils.fs.mounts() from one number to another
//   <queries>   ::= what spark.sql() gives for each of a list, in base64 itself, of the statements in statements.cc
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.h"
#include "base/json.h"
#include "model/base64.h"
#include "sim/databricks/api_error.h"
#include "sim/databricks/commands.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::size_t k_longest_text = 64 * 1024;

constexpr std::string_view k_imports = "import base64, json\n";
constexpr std::string_view k_mounts_begin = "mounts = dbutils.fs.mounts()\nfor number in range(";
constexpr std::string_view k_mounts_middle = ", min(";
constexpr std::string_view k_mounts_end =
    ", len(mounts))):\n"
    "    try:\n"
    "        answer = [mounts[number].mountPoint, mounts[number].source, mounts[number].encryptionType]\n";
constexpr std::string_view k_queries_begin = "statements = json.loads(base64.b64decode(\"";
constexpr std::string_view k_queries_end =
    "\"))\n"
    "for number in range(len(statements)):\n"
    "    try:\n"
    "        answer = [list(row) for row in spark.sql(statements[number]).collect()]\n";
constexpr std::string_view k_printing =
    "    except Exception as error:\n"
    "        answer = {\"error\": str(error)[:1000]}\n"
    "    print(base64.b64encode(json.dumps([number, answer], default=str).encode()).decode())\n";

ApiError unknown(const std::string& text) {
  return invalid("SyntaxError: this stand-in does not know the program: " + text.substr(0, 120));
}

Json printed(std::string text, std::size_t most) {
  const bool truncated = text.size() > most;
  if (truncated) text.resize(most);
  return {{"resultType", "text"}, {"data", std::move(text)}, {"truncated", truncated}};
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
  mounts[*point] = {*source, "", configs(text), {}};
  return {{"resultType", "text"}, {"data", "True"}, {"truncated", false}};
}

// Takes what a program begins with off it; false when it begins otherwise.
bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

std::optional<std::size_t> take_number(std::string_view& text) {
  std::size_t out = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (problem != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return out;
}

std::string line_of(std::size_t number, Json answer) {
  return model::base64_encode(Json::array({number, std::move(answer)}).dump()) + "\n";
}

Json list_mounts(World& world, std::string_view rest, const std::string& text) {
  const auto from = take_number(rest);
  const bool middle = take(rest, k_mounts_middle);
  const auto to = take_number(rest);
  if (!from || !middle || !to || rest != fmt::format("{}{}print(\"end\", len(mounts))\n", k_mounts_end, k_printing))
    throw unknown(text);
  // What the platform brings along comes first.
  std::vector<std::pair<std::string, Mount>> all{{"/databricks-datasets", {"databricks-datasets", "", {}, {}}},
                                                 {"/", {"DatabricksRoot", "", {}, {}}}};
  const CommandState& state = world.part<CommandState>();
  for (const auto& [point, mount] : state.mounts) all.emplace_back(point, mount);
  std::string out;
  for (std::size_t i = *from; i < std::min(*to, all.size()); ++i) {
    const auto& [point, mount] = all[i];
    Json answer = Json::array({point, mount.source, mount.encryption});
    if (!mount.trouble.empty()) answer = {{"error", mount.trouble}};
    out += line_of(i, std::move(answer));
  }
  return printed(out + fmt::format("end {}\n", all.size()), state.most_printed);
}

Json statements_in(std::string_view base64, const std::string& text) {
  try {
    Json out = Json::parse(model::base64_decode(base64), nullptr, false);
    const bool texts = std::all_of(out.begin(), out.end(), [](const Json& one) { return one.is_string(); });
    if (out.is_array() && texts) return out;
  } catch (const base::Error&) {
    throw unknown(text);
  }
  throw unknown(text);
}

Json run_queries(World& world, std::string_view rest, const std::string& text) {
  const std::size_t end = rest.find('"');
  const std::string_view base64 = rest.substr(0, end);
  rest.remove_prefix(base64.size());
  if (rest != fmt::format("{}{}print(\"end\", len(statements))\n", k_queries_end, k_printing)) throw unknown(text);
  std::string out;
  const Json statements = statements_in(base64, text);
  for (std::size_t i = 0; i < statements.size(); ++i) {
    Json answer;
    try {
      const Json result = run_statement(world, statements[i].get<std::string>());
      answer = result.at("resultType") == "table" ? result.at("data") : Json::array();
    } catch (const ApiError& error) {
      answer = {{"error", error.message()}};
    }
    out += line_of(i, std::move(answer));
  }
  return printed(out + fmt::format("end {}\n", statements.size()), world.part<CommandState>().most_printed);
}

}  // namespace

Json run_python(World& world, const std::string& text) {
  if (text.size() > k_longest_text) throw unknown(text);
  auto& mounts = world.part<CommandState>().mounts;
  if (text == "display(dbutils.fs.mounts())") {
    Json rows = Json::array({Json::array({"/databricks-datasets", "databricks-datasets", "sse-s3"})});
    for (const auto& [point, held] : mounts) rows.push_back(Json::array({point, held.source, held.encryption}));
    Json schema = Json::array();
    for (const std::string_view name : {"mountPoint", "source", "encryptionType"})
      schema.push_back({{"name", name}, {"type", "\"string\""}, {"metadata", "{}"}});
    return {{"resultType", "table"},
            {"schema", std::move(schema)},
            {"data", std::move(rows)},
            {"truncated", false},
            {"isJsonSchema", true}};
  }
  if (text.starts_with("dbutils.fs.mount(")) return mount(world, text);
  if (std::string_view rest = text; take(rest, k_imports)) {
    if (take(rest, k_mounts_begin)) return list_mounts(world, rest, text);
    if (take(rest, k_queries_begin)) return run_queries(world, rest, text);
  }
  if (!text.starts_with("dbutils.fs.unmount(")) throw unknown(text);
  const std::size_t open = text.find_first_of("\"'");
  const std::size_t close = open == std::string::npos ? open : text.find(text[open], open + 1);
  if (close == std::string::npos || mounts.erase(text.substr(open + 1, close - open - 1)) == 0) {
    throw invalid("Directory not mounted");
  }
  return {{"resultType", "text"}, {"data", ""}, {"truncated", false}};
}

}  // namespace holdfast::sim::databricks
