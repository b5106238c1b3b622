#include "cli/parser.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <stdexcept>

#include "base/ascii.h"
#include "base/error.h"
#include "base/suggest.h"
#include "cli/secrets.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

bool is_flag(std::string_view argument) noexcept {
  return argument.size() > 1 && argument.front() == '-';
}

std::string flag_name(std::string_view argument) {
  return std::string(argument.substr(0, argument.find('=')));
}

const Flag* find_flag(const FlagTable& table, std::string_view name) {
  for (const Flag& flag : table.all())
    if (flag.name == name || (!flag.short_name.empty() && flag.short_name == name)) return &flag;
  return nullptr;
}

bool takes_next(const Flag& flag) noexcept {
  return !flag.value_name.empty() && !flag.value_optional;
}

// The words of the command ("key", "add") and what is left when they are taken out.
struct Split {
  std::string name;
  std::vector<std::string> rest;
};

bool is_command(const Commands& commands, std::string_view name) {
  return std::any_of(commands.begin(), commands.end(),
                     [&](const auto& command) { return command->doc().name == name; });
}

bool is_group(const Commands& commands, std::string_view word) {
  return std::any_of(commands.begin(), commands.end(),
                     [&](const auto& command) { return command->doc().name.starts_with(fmt::format("{} ", word)); });
}

Split split(const std::vector<std::string>& arguments, const Commands& commands, const FlagTable& global) {
  Split out;
  std::size_t words_left = 1;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    // Of what is a command by itself only its members are its second word: "tasks secondary", "tasks done".
    const bool behind =
        is_command(commands, out.name) && !is_command(commands, fmt::format("{} {}", out.name, argument));
    if (words_left == 0 || is_flag(argument) || behind) {
      if (!is_flag(argument)) words_left = 0;
      out.rest.push_back(argument);
      const Flag* flag = words_left != 0 ? find_flag(global, argument) : nullptr;
      if (flag != nullptr && takes_next(*flag) && i + 1 < arguments.size()) out.rest.push_back(arguments[++i]);
      continue;
    }
    if (!out.name.empty()) out.name += ' ';
    out.name += argument;
    words_left = out.name == argument && is_group(commands, argument) ? 1 : words_left - 1;
  }
  return out;
}

Command& find_command(const std::string& name, const Commands& commands) {
  std::vector<std::string> known;
  for (const auto& command : commands) {
    if (command->doc().name == name) return *command;
    known.emplace_back(command->doc().name);
  }
  if (is_group(commands, name)) {
    std::vector<std::string> members;
    for (const std::string& one : known)
      if (one.starts_with(name + " ")) members.push_back(one);
    throw Error(ErrorKind::usage, fmt::format("\"{}\" is not complete", name),
                fmt::format("Say which: {}.", fmt::join(members, ", ")));
  }
  std::string hint = base::hint_for(name, known);
  if (hint.empty()) hint = "Run \"holdfast --help\" for the list of commands.";
  throw Error(ErrorKind::usage, fmt::format("unknown command \"{}\"", name), std::move(hint));
}

// CLI11 would report a missing argument before a misspelt flag, and knows no suggestions.
void refuse_unknown_flags(const std::vector<std::string>& arguments, const FlagTable& table, std::string_view command) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--") return;
    if (!argument.starts_with("--")) continue;
    const Flag* flag = find_flag(table, flag_name(argument));
    if (flag == nullptr) {
      std::vector<std::string> known;
      for (const Flag& one : table.all())
        if (!one.positional()) known.push_back(one.name);
      std::string hint = base::hint_for(flag_name(argument), known);
      const std::string_view space = command.empty() ? "" : " ";
      if (hint.empty()) hint = fmt::format("Run \"holdfast{}{} --help\" for what it takes.", space, command);
      throw Error(ErrorKind::usage,
                  fmt::format("{} has no flag {}", command.empty() ? "holdfast" : command, flag_name(argument)),
                  std::move(hint));
    }
    const bool value_follows = takes_next(*flag) && argument.find('=') == std::string::npos;
    if (value_follows) ++i;
  }
}

void add_switch(CLI::App& app, const Flag& flag) {
  const std::string names = flag.short_name.empty() ? flag.name : flag.short_name + "," + flag.name;
  app.add_flag_function(
         names,
         [&flag](std::int64_t times) {
           // HOLDFAST_JSON=0 is a way to say no.
           if (times > 0) flag.take({});
         },
         flag.doc)
      ->envname(flag.environment());
}

void add_value(CLI::App& app, const Flag& flag) {
  const std::string names = flag.short_name.empty() ? flag.name : flag.short_name + "," + flag.name;
  const std::function<void(const std::vector<std::string>&)> take = [&flag](const std::vector<std::string>& values) {
    flag.take(values);
  };
  CLI::Option* option = app.add_option_function<std::vector<std::string>>(names, take, flag.doc);
  if (flag.positional()) {
    const bool many = flag.times == Times::any || flag.times == Times::at_least_one;
    // CLI11 gives a list all arguments that there are unless it is told not to.
    if (!many) option->expected(1)->allow_extra_args(false);
    option->required(flag.times == Times::required || flag.times == Times::at_least_one);
    return;
  }
  option->envname(flag.environment());
  if (flag.value_optional) {
    option->expected(0, 1);
  } else if (flag.times == Times::any) {
    // One value each time, so that `--select A B` leaves B to the arguments.
    option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  } else {
    option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  option->allow_extra_args(false);
  option->required(flag.times == Times::required);
}

std::string lower_first(std::string text) {
  if (text.size() > 1 && base::is_upper(text[0]) && base::is_lower(text[1])) text[0] = base::lower(text[0]);
  while (!text.empty() && (text.back() == '.' || text.back() == '\n')) text.pop_back();
  return text;
}

// CLI11 lets what it cannot read as a number out as an exception of the standard library.
void refuse_bad_switches(const FlagTable& table) {
  for (const Flag& flag : table.all()) {
    if (flag.positional() || !flag.value_name.empty()) continue;
    const std::optional<std::string> value = variable(flag.environment().c_str());
    if (!value) continue;
    try {
      CLI::detail::to_flag_value(*value);
    } catch (const std::logic_error&) {
      throw Error(ErrorKind::usage,
                  fmt::format("{} is \"{}\", which is neither yes nor no", flag.environment(), *value),
                  "Set it to 1 or 0.");
    }
  }
}

void run_parser(const std::vector<std::string>& arguments, const FlagTable& table, const Command& command) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  for (const Flag& flag : table.all()) {
    if (!flag.positional() && flag.value_name.empty())
      add_switch(app, flag);
    else
      add_value(app, flag);
  }
  const std::string hint = fmt::format("Run \"holdfast {} --help\" for what it takes.", command.doc().name);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    // Its own exit codes mean nothing to our users: every one of them is "usage".
    throw Error(ErrorKind::usage, lower_first(error.what()), hint);
  }
  const std::vector<std::string> left = app.remaining();
  if (!left.empty()) throw Error(ErrorKind::usage, fmt::format("\"{}\" is one argument too many", left.front()), hint);
}

}  // namespace

Parsed parse(const std::vector<std::string>& arguments, const Commands& commands) {
  Parsed out;
  FlagTable table;
  out.global.declare(table);
  Split words = split(arguments, commands, table);
  const auto asks_for_help = [&](const std::vector<std::string>& rest) {
    return std::any_of(rest.begin(), rest.end(), [](const std::string& one) { return one == "--help" || one == "-h"; });
  };
  out.global.help = asks_for_help(words.rest);
  const bool asks_for_version = words.name.empty() && words.rest == std::vector<std::string>{"--version"};
  if (asks_for_version) words = {"version", {}};
  if (words.name.empty() && !out.global.help) refuse_unknown_flags(words.rest, table, words.name);
  if (words.name.empty() || words.name == "help") {
    out.global.help = true;
    // "holdfast help backup" and "holdfast help key add".
    if (!words.rest.empty() && !is_flag(words.rest.front())) {
      const Split topic = split(words.rest, commands, table);
      // "holdfast help key": the overview lists its members.
      if (!is_group(commands, topic.name) || is_command(commands, topic.name))
        out.command = &find_command(topic.name, commands);
    }
    return out;
  }
  if (out.global.help && is_group(commands, words.name) && !is_command(commands, words.name)) return out;
  out.command = &find_command(words.name, commands);
  if (out.global.help) return out;
  out.command->declare(table);
  refuse_unknown_flags(words.rest, table, words.name);
  refuse_bad_switches(table);
  run_parser(words.rest, table, *out.command);
  return out;
}

}  // namespace holdfast::cli
