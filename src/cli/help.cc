#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>

#include "ui/text.h"

namespace holdfast::cli {
namespace {

constexpr std::size_t k_columns = 80;

std::string left_column(const Flag& flag) {
  std::string out = flag.short_name.empty() ? flag.name : flag.short_name + ", " + flag.name;
  if (flag.value_optional) return out + "[=" + flag.value_name + "]";
  return flag.value_name.empty() ? out : out + " " + flag.value_name;
}

// Two columns; the second is wrapped.
std::string entry(const std::string& left, std::string_view right, std::size_t width) {
  const std::size_t indent = width + 4;
  const std::vector<std::string> lines = ui::wrap(right, k_columns - indent);
  std::string out =
      "  " + left + std::string(width > left.size() ? width - left.size() : 0, ' ') + "  " + lines.front();
  for (std::size_t i = 1; i < lines.size(); ++i) out += "\n" + std::string(indent, ' ') + lines[i];
  return out + "\n";
}

std::string flag_list(const std::vector<Flag>& flags) {
  std::size_t width = 0;
  for (const Flag& flag : flags) width = std::max(width, left_column(flag).size());
  std::string out;
  for (const Flag& flag : flags) {
    std::string doc = flag.doc;
    if (!flag.words.empty()) doc += fmt::format(" ({})", fmt::join(flag.words, ", "));
    out += entry(left_column(flag), doc, width);
  }
  return out;
}

// A paragraph with a line that is too long flows; what is indented is an example, or a list.
std::string fitted(std::string_view text) {
  std::string out;
  std::vector<std::string_view> run;
  const auto end_run = [&] {
    const auto fits = [](std::string_view line) { return line.size() <= k_columns; };
    if (std::all_of(run.begin(), run.end(), fits)) {
      for (const std::string_view line : run) out.append(line) += '\n';
    } else {
      std::string flowing;
      for (const std::string_view line : run) flowing.append(line).append(line.ends_with('.') ? "  " : " ");
      for (std::string& line : ui::wrap(flowing, k_columns))
        out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    run.clear();
  };
  for (std::size_t at = 0; at <= text.size();) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    at += line.size() + 1;
    if (line.empty() || line.starts_with(' ')) {
      end_run();
      out.append(line) += '\n';
    } else {
      run.push_back(line);
    }
  }
  end_run();
  return out;
}

std::string usage_of(const CommandDoc& doc, const std::vector<Flag>& flags) {
  std::string out = fmt::format("holdfast {}", doc.name);
  for (const Flag& flag : flags) {
    if (!flag.positional()) continue;
    switch (flag.times) {
      case Times::required:
        out += " " + flag.name;
        break;
      case Times::optional:
        out += " [" + flag.name + "]";
        break;
      case Times::at_least_one:
        out += " " + flag.name + "...";
        break;
      case Times::any:
        out += " [" + flag.name + "...]";
        break;
    }
  }
  return out + " [flags]";
}

}  // namespace

std::string help_overview(const Commands& commands) {
  std::size_t width = 0;
  for (const auto& command : commands) width = std::max(width, command->doc().name.size());
  std::string out =
      "Holdfast backs up, restores and compares the metadata of data platforms, in an\n"
      "encrypted, deduplicated repository.\n\n"
      "usage: holdfast COMMAND [arguments] [flags]\n\ncommands:\n";
  for (const auto& command : commands) out += entry(std::string(command->doc().name), command->doc().summary, width);
  GlobalFlags global;
  FlagTable table;
  global.declare(table);
  out += "\nflags of every command:\n" + flag_list(table.all());
  out +=
      "\nEvery flag has a twin in the environment: HOLDFAST_ and its name in capitals, so\n"
      "HOLDFAST_JSON=1 is --json.  The key may also come as HOLDFAST_KEY.\n"
      "Snapshots are named latest, latest~2, an id or its beginning, or an instant as\n"
      "@2026-11-20T10:00Z, each with CONNECTOR/ in front or :PATH behind where that is\n"
      "wanted.\n"
      "\"holdfast COMMAND --help\" tells more about each.\n";
  return out;
}

std::string help_of(Command& command) {
  FlagTable table;
  command.declare(table);
  const CommandDoc doc = command.doc();
  std::vector<Flag> arguments;
  std::vector<Flag> flags;
  for (const Flag& flag : table.all()) (flag.positional() ? arguments : flags).push_back(flag);
  std::string out = fitted(fmt::format("holdfast {}: {}", doc.name, doc.summary)) +
                    fmt::format("\nusage: {}\n\n", usage_of(doc, table.all())) + fitted(doc.text);
  if (!arguments.empty()) out += "\narguments:\n" + flag_list(arguments);
  if (!flags.empty()) out += "\nflags:\n" + flag_list(flags);
  GlobalFlags global;
  FlagTable common;
  global.declare(common);
  return out + "\nflags of every command:\n" + flag_list(common.all());
}

}  // namespace holdfast::cli
