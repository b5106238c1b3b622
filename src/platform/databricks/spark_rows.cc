#include "platform/databricks/spark_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/json.h"
#include "model/base64.h"
#include "model/json_depth.h"
#include "model/json_text.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;
using nlohmann::json;

constexpr std::size_t k_statements_at_once = 50;
constexpr std::size_t k_statement_bytes_at_once = 16U << 10U;  // a command is no longer than some ten thousands
constexpr std::size_t k_mounts_at_once = 200;
constexpr std::size_t k_depth_most = 10;

// What is printed for each `number`, whatever it is about.
constexpr std::string_view k_printing =
    "    except Exception as error:\n"
    "        answer = {\"error\": str(error)[:1000]}\n"
    "    print(base64.b64encode(json.dumps([number, answer], default=str).encode()).decode())\n";

enum class AtRefusal { goes_on, ends };
constexpr std::string_view k_ending =
    "    if isinstance(answer, dict):\n"
    "        break\n";

std::string statements_program(const std::vector<std::string>& statements, std::size_t from, std::size_t to,
                               AtRefusal at_refusal) {
  std::string list;
  for (std::size_t i = from; i != to; ++i)
    list += fmt::format("{}{}", list.empty() ? "" : ",", model::json_quoted(statements[i]));
  return fmt::format(
      "import base64, json\n"
      "statements = json.loads(base64.b64decode(\"{}\"))\n"
      "for number in range(len(statements)):\n"
      "    try:\n"
      "        answer = [list(row) for row in spark.sql(statements[number]).collect()]\n"
      "{}{}"
      "print(\"end\", len(statements))\n",
      model::base64_encode(fmt::format("[{}]", list)), k_printing, at_refusal == AtRefusal::ends ? k_ending : "");
}

std::string mounts_program(std::size_t from, std::size_t to) {
  return fmt::format(
      "import base64, json\n"
      "mounts = dbutils.fs.mounts()\n"
      "for number in range({}, min({}, len(mounts))):\n"
      "    try:\n"
      "        answer = [mounts[number].mountPoint, mounts[number].source, mounts[number].encryptionType]\n"
      "{}"
      "print(\"end\", len(mounts))\n",
      from, to, k_printing);
}

[[noreturn]] void cut(std::string_view what) {
  throw OutputCut(ErrorKind::unavailable, fmt::format("what a command printed {}", what));
}

std::string text_of(const json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  // What was no text on the cluster may be no UTF-8 here.
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<std::string> row_of(const json& row) {
  std::vector<std::string> out;
  for (const json& value : row) out.push_back(text_of(value));
  return out;
}

struct Line {
  std::size_t number = 0;
  SparkAnswer answer;
};

// [number, rows], [number, one row] or [number, {"error": text}].
Line parsed(std::string_view base64) {
  std::string text;
  try {
    text = model::base64_decode(base64);
  } catch (const Error&) {
    cut("is no base64");
  }
  if (model::nests_deeper_than(text, k_depth_most)) cut("nests too deep");
  const json line = json::parse(text, nullptr, false);
  if (!line.is_array() || line.size() != 2 || !line[0].is_number_unsigned()) cut("is not what was asked for");
  Line out{.number = line[0].get<std::size_t>(), .answer = {}};
  if (line[1].is_object() && line[1].contains("error")) {
    out.answer.error = text_of(line[1]["error"]);
    if (out.answer.error.empty()) out.answer.error = "an error without a text";
    return out;
  }
  if (!line[1].is_array()) cut("is not what was asked for");
  const bool one_row = !line[1].empty() && !line[1].front().is_array();
  if (one_row) {
    out.answer.rows.push_back(row_of(line[1]));
  } else {
    for (const json& row : line[1]) out.answer.rows.push_back(row_of(row));
  }
  return out;
}

struct Printed {
  std::vector<Line> lines;
  std::size_t total = 0;
};

Printed parsed_output(std::string_view text) {
  Printed out;
  std::optional<std::size_t> total;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    if (total) cut("goes on behind its end");
    constexpr std::string_view k_end = "end ";
    if (!line.starts_with(k_end)) {
      out.lines.push_back(parsed(line));
      continue;
    }
    std::size_t number = 0;
    const auto [behind, problem] = std::from_chars(line.data() + k_end.size(), line.data() + line.size(), number);
    if (problem != std::errc{} || behind != line.data() + line.size()) cut("has no end");
    total = number;
  }
  if (!total) cut("has no end");
  out.total = *total;
  return out;
}

// Numbers from `from` on, without a gap.
void require_whole(const Printed& printed, std::size_t from, std::size_t count) {
  if (printed.lines.size() != count) cut("is not of the length that was asked for");
  for (std::size_t i = 0; i != count; ++i)
    if (printed.lines[i].number != from + i) cut("is not in order");
}

SparkAnswer too_long() {
  return {.rows = {}, .error = "the answer is too long for the command API, which cuts it off"};
}

// What is too much at once is asked for in halves.
void run_part(Cluster& cluster, const std::vector<std::string>& statements, std::size_t from, std::size_t to,
              const std::function<void(std::size_t, SparkAnswer)>& sink, const std::stop_token& stop) {
  std::optional<Printed> printed;
  try {
    printed = parsed_output(cluster.run(statements_program(statements, from, to, AtRefusal::goes_on), stop));
    require_whole(*printed, 0, to - from);
  } catch (const OutputCut&) {
    if (to - from == 1) return sink(from, too_long());
    const std::size_t middle = from + (to - from) / 2;
    run_part(cluster, statements, from, middle, sink, stop);
    return run_part(cluster, statements, middle, to, sink, stop);
  }
  for (Line& line : printed->lines) sink(from + line.number, std::move(line.answer));
}

// Behind the last of those from `from` on that fit into one command.
std::size_t end_of_part(const std::vector<std::string>& statements, std::size_t from) {
  std::size_t to = from;
  std::size_t bytes = 0;
  do {
    bytes += statements[to++].size();
  } while (to != statements.size() && to - from < k_statements_at_once &&
           bytes + statements[to].size() <= k_statement_bytes_at_once);
  return to;
}

// How many there are.
std::size_t list_part(Cluster& cluster, std::size_t from, std::size_t to, const SparkSink& sink,
                      const std::stop_token& stop) {
  std::optional<Printed> printed;
  try {
    printed = parsed_output(cluster.run(mounts_program(from, to), stop));
    require_whole(*printed, from, std::min(to, std::max(from, printed->total)) - from);
  } catch (const OutputCut& error) {
    if (to - from == 1) throw Error(ErrorKind::unavailable, error.message());
    const std::size_t middle = from + (to - from) / 2;
    list_part(cluster, from, middle, sink, stop);
    return list_part(cluster, middle, to, sink, stop);
  }
  for (Line& line : printed->lines) sink(line.number, std::move(line.answer));
  return printed->total;
}

}  // namespace

void run_statements(Cluster& cluster, const std::vector<std::string>& statements, const SparkSink& sink,
                    const std::stop_token& stop) {
  for (std::size_t from = 0; from != statements.size();) {
    const std::size_t to = end_of_part(statements, from);
    run_part(cluster, statements, from, to, sink, stop);
    from = to;
  }
}

std::vector<SparkAnswer> run_until_refused(Cluster& cluster, const std::vector<std::string>& statements,
                                           const std::stop_token& stop) {
  std::vector<SparkAnswer> out;
  for (std::size_t from = 0; from != statements.size();) {
    const std::size_t to = end_of_part(statements, from);
    try {
      Printed printed = parsed_output(cluster.run(statements_program(statements, from, to, AtRefusal::ends), stop));
      const bool refused = !printed.lines.empty() && !printed.lines.back().answer.error.empty();
      require_whole(printed, 0, refused ? printed.lines.size() : to - from);
      for (Line& line : printed.lines) out.push_back(std::move(line.answer));
      if (refused) break;
    } catch (const OutputCut& error) {
      throw LostAnswer(error.kind(), error.message(), error.hint());
    }
    from = to;
  }
  return out;
}

std::vector<SparkAnswer> run_statements(Cluster& cluster, const std::vector<std::string>& statements,
                                        const std::stop_token& stop) {
  std::vector<SparkAnswer> out(statements.size());
  run_statements(
      cluster, statements, [&](std::size_t number, SparkAnswer answer) { out[number] = std::move(answer); }, stop);
  return out;
}

void list_mounts(Cluster& cluster, const SparkSink& sink, const std::stop_token& stop) {
  const std::size_t total = list_part(cluster, 0, k_mounts_at_once, sink, stop);
  for (std::size_t from = k_mounts_at_once; from < total; from += k_mounts_at_once) {
    const std::size_t now = list_part(cluster, from, from + k_mounts_at_once, sink, stop);
    if (now != total)
      throw Error(ErrorKind::unavailable, "somebody mounted or unmounted something while the mounts were read",
                  "Run the command again.");
  }
}

}  // namespace holdfast::platform::databricks
