// The Python that the command API of the stand-in knows.
//
//   <python>    ::= display(dbutils.fs.mounts())
//                 | dbutils.fs.mount(source="…", mount_point="…" [, extra_configs={"…": "…", …}])
//                 | dbutils.fs.unmount("…")
//                 | <remote>
//                 | <listing>
//   <remote>    ::= what the vendor's SDK (0.156) sends for a call of its own dbutils.fs: the arguments as JSON, in a
//   string of
//                   Python; the call, mounts | mount | updateMount | unmount | refreshMounts; the end of a notebook
//                   with what that gave
//   <listing>   ::= "import base64, json" ( <mounts> | <queries> ), printed as below: a line of base64 for each
//   <mounts>    ::= all of dbutils.fs.mounts() from one number to another
//   <queries>   ::= what spark.sql() gives for each of a list, in base64 itself, of the statements in statements.cc;
//                   of all of them, or up to the first that is an error
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

constexpr std::string_view k_ending =
    "    if isinstance(answer, dict):\n"
    "        break\n";

constexpr std::string_view k_remote_begin = "\n        import json\n        (args, kwargs) = json.loads('";
constexpr std::string_view k_remote_call = "')\n        result = dbutils.fs.";
constexpr std::string_view k_remote_end =
    "(*args, **kwargs)\n        dbutils.notebook.exit(json.dumps(result))\n        ";

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

// As the platform words it, through two of its layers.
ApiError java_error(const std::string& text) {
  return invalid(fmt::format(
      "java.rmi.RemoteException: java.lang.IllegalArgumentException: requirement failed: {}; nested exception is: ",
      text));
}

enum class Mounting { anew, over };

void mount(World& world, const std::string& point, Mount made, Mounting how) {
  if (made.source.empty() || !point.starts_with("/mnt/")) throw java_error("Invalid mount: " + point);
  auto& mounts = world.part<CommandState>().mounts;
  const bool there = mounts.contains(point);
  if (there && how == Mounting::anew) throw java_error("Directory already mounted: " + point);
  if (!there && how == Mounting::over) throw java_error("Directory not mounted: " + point);
  mounts[point] = std::move(made);
}

void unmount(World& world, const std::string& point) {
  if (world.part<CommandState>().mounts.erase(point) == 0) throw java_error("Directory not mounted: " + point);
}

Json text_result(std::string text) {
  return {{"resultType", "text"}, {"data", std::move(text)}, {"truncated", false}};
}

Json typed_mount(World& world, const std::string& text) {
  mount(world, argument(text, "mount_point").value_or(""),
        {argument(text, "source").value_or(""), "", configs(text), {}}, Mounting::anew);
  return text_result("True");
}

Json typed_unmount(World& world, const std::string& text) {
  const std::size_t open = text.find_first_of("\"'");
  const std::size_t close = open == std::string::npos ? open : text.find(text[open], open + 1);
  if (close == std::string::npos) throw unknown(text);
  unmount(world, text.substr(open + 1, close - open - 1));
  return text_result("");
}

// What the platform brings along comes first.
std::vector<std::pair<std::string, Mount>> all_mounts(World& world) {
  std::vector<std::pair<std::string, Mount>> all{{"/databricks-datasets", {"databricks-datasets", "", {}, {}}},
                                                 {"/", {"DatabricksRoot", "", {}, {}}}};
  for (const auto& [point, mount] : world.part<CommandState>().mounts) all.emplace_back(point, mount);
  return all;
}

// Of all of them: one that cannot be looked at fails the program.
Json rows_of_mounts(World& world) {
  Json rows = Json::array();
  for (const auto& [point, mount] : all_mounts(world)) {
    if (!mount.trouble.empty()) throw invalid(mount.trouble);
    rows.push_back(Json::array({point, mount.source, mount.encryption}));
  }
  return rows;
}

Json displayed_mounts(World& world) {
  Json schema = Json::array();
  for (const std::string_view name : {"mountPoint", "source", "encryptionType"})
    schema.push_back({{"name", name}, {"type", "\"string\""}, {"metadata", "{}"}});
  return {{"resultType", "table"},
          {"schema", std::move(schema)},
          {"data", rows_of_mounts(world)},
          {"truncated", false},
          {"isJsonSchema", true}};
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
  const auto all = all_mounts(world);
  std::string out;
  for (std::size_t i = *from; i < std::min(*to, all.size()); ++i) {
    const auto& [point, mount] = all[i];
    Json answer = Json::array({point, mount.source, mount.encryption});
    if (!mount.trouble.empty()) answer = {{"error", mount.trouble}};
    out += line_of(i, std::move(answer));
  }
  return printed(out + fmt::format("end {}\n", all.size()), world.part<CommandState>().most_printed);
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

Json run_queries(World& world, std::string_view rest, const std::string& text, const std::string& who) {
  const std::size_t end = rest.find('"');
  const std::string_view base64 = rest.substr(0, end);
  rest.remove_prefix(base64.size());
  const auto program = [](std::string_view at_refusal) {
    return fmt::format("{}{}{}print(\"end\", len(statements))\n", k_queries_end, k_printing, at_refusal);
  };
  const bool ends_early = rest == program(k_ending);
  if (!ends_early && rest != program("")) throw unknown(text);
  std::string out;
  const Json statements = statements_in(base64, text);
  for (std::size_t i = 0; i < statements.size(); ++i) {
    Json answer;
    try {
      const Json result = run_statement(world, statements[i].get<std::string>(), who);
      answer = result.at("resultType") == "table" ? result.at("data") : Json::array();
    } catch (const ApiError& error) {
      answer = {{"error", error.message()}};
    }
    const bool refused = answer.is_object();
    out += line_of(i, std::move(answer));
    if (refused && ends_early) break;
  }
  return printed(out + fmt::format("end {}\n", statements.size()), world.part<CommandState>().most_printed);
}

// --- the SDK's dbutils.fs

// Python reads the text before JSON does: what would come out of that other than it went in, the cluster refuses, too.
Json remote_arguments(std::string_view raw) {
  for (std::size_t at = raw.find('\\'); at != std::string_view::npos; at = raw.find('\\', at + 1)) {
    const std::string_view escape = raw.substr(at + 1, 4);
    if (!escape.starts_with('u') || escape == "u000" || escape == "u001")
      throw invalid("JSONDecodeError: Expecting ',' delimiter");
  }
  if (raw.find_first_of("'\n") != std::string_view::npos) throw invalid("SyntaxError: invalid syntax");
  Json out = Json::parse(raw, nullptr, false);
  if (!out.is_array() || out.size() != 2 || !out[0].is_array() || !out[1].is_object())
    throw invalid("ValueError: too many values to unpack");
  return out;
}

using Arguments = std::map<std::string, Json>;

// By position, then by name, as Python binds them.
Arguments bound(const Json& sent, const std::vector<std::string>& names) {
  Arguments out;
  if (sent[0].size() > names.size()) throw invalid("TypeError: too many positional arguments");
  for (std::size_t i = 0; i < sent[0].size(); ++i) out[names[i]] = sent[0][i];
  for (const auto& [name, value] : sent[1].items()) {
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (!known || !out.emplace(name, value).second)
      throw invalid(fmt::format("TypeError: unexpected argument '{}'", name));
  }
  return out;
}

std::string text_in(const Arguments& arguments, const std::string& name) {
  const auto at = arguments.find(name);
  if (at == arguments.end()) return {};
  if (!at->second.is_string()) throw invalid(fmt::format("TypeError: {} is no text", name));
  return at->second.get<std::string>();
}

Json remote_mount(World& world, const Json& sent, Mounting how) {
  const Arguments given = bound(sent, {"source", "mount_point", "encryption_type", "owner", "extra_configs"});
  Mount made{text_in(given, "source"), text_in(given, "encryption_type"), {}, {}};
  if (const auto at = given.find("extra_configs"); at != given.end()) {
    if (!at->second.is_object()) throw invalid("TypeError: extra_configs is no dict");
    for (const auto& [name, value] : at->second.items()) {
      if (!value.is_string()) throw invalid(fmt::format("TypeError: {} is no text", name));
      made.extra_configs[name] = value.get<std::string>();
    }
  }
  mount(world, text_in(given, "mount_point"), std::move(made), how);
  return true;
}

Json call_remotely(World& world, std::string_view method, const Json& sent, const std::string& text) {
  if (method == "mount") return remote_mount(world, sent, Mounting::anew);
  if (method == "updateMount") return remote_mount(world, sent, Mounting::over);
  if (method == "unmount") {
    unmount(world, text_in(bound(sent, {"mount_point"}), "mount_point"));
    return true;
  }
  if (method != "mounts" && method != "refreshMounts") throw unknown(text);
  bound(sent, {});
  return method == "mounts" ? rows_of_mounts(world) : Json(true);
}

// `rest` begins behind k_remote_begin.
Json run_remote(World& world, std::string_view rest, const std::string& text) {
  const std::size_t end = rest.find(k_remote_call);
  if (end == std::string_view::npos || !rest.ends_with(k_remote_end)) throw unknown(text);
  const std::string_view raw = rest.substr(0, end);
  rest.remove_prefix(end + k_remote_call.size());
  if (rest.size() < k_remote_end.size()) throw unknown(text);
  rest.remove_suffix(k_remote_end.size());
  const Json given = call_remotely(world, rest, remote_arguments(raw), text);
  return printed(given.dump(-1, ' ', true), world.part<CommandState>().most_printed);
}

}  // namespace

Json run_python(World& world, const std::string& text, const std::string& who) {
  if (text.size() > k_longest_text) throw unknown(text);
  if (text == "display(dbutils.fs.mounts())") return displayed_mounts(world);
  if (text.starts_with("dbutils.fs.mount(")) return typed_mount(world, text);
  if (text.starts_with("dbutils.fs.unmount(")) return typed_unmount(world, text);
  std::string_view rest = text;
  if (take(rest, k_remote_begin)) return run_remote(world, rest, text);
  if (take(rest, k_imports)) {
    if (take(rest, k_mounts_begin)) return list_mounts(world, rest, text);
    if (take(rest, k_queries_begin)) return run_queries(world, rest, text, who);
  }
  throw unknown(text);
}

}  // namespace holdfast::sim::databricks
