#include "cli/completion.h"

#include <fmt/format.h>

#include <set>

namespace holdfast::cli {
namespace {

// The part that does not depend on the commands.  Values that need the repository are asked from the program itself,
// with no terminal to ask for a passphrase on: without a configured key there is just nothing to offer.
constexpr std::string_view k_frame =
    R"bash(# bash completion for holdfast; load it with: source <(holdfast completion bash)
_holdfast_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2"); }

_holdfast_offer() {
  case "$1" in
    files) mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
    connectors) _holdfast_words "$(holdfast completion connectors </dev/null 2>/dev/null)" "$2" ;;
    repositories) _holdfast_words "$(holdfast completion repositories </dev/null 2>/dev/null)" "$2" ;;
    snapshots) _holdfast_words "latest $(holdfast snapshots --quiet </dev/null 2>/dev/null) $(holdfast completion connectors </dev/null 2>/dev/null)" "$2" ;;
    words:*) _holdfast_words "${1#words:}" "$2" ;;
  esac
}

_holdfast() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
  local command="" word i argument=""
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    [[ "$word" == -* ]] && continue
    if [[ -z "$command" ]]; then command="$word"
    elif [[ -z "${_holdfast_flags[$command]+x}" || " ${_holdfast_members[$command]} " == *" $word "* ]]; then command="$command $word"
    else argument=1
    fi
    [[ -z "$argument" && " $_holdfast_groups " == *" $command "* ]] || break
  done
  if [[ -z "$command" ]]; then _holdfast_words "$_holdfast_commands $_holdfast_common" "$current"; return; fi
  if [[ -z "$argument" && "$current" != -* && " $_holdfast_groups " == *" $command "* ]]; then
    _holdfast_words "${_holdfast_members[$command]}" "$current"
    local members=("${COMPREPLY[@]}")
    COMPREPLY=()
    _holdfast_offer "${_holdfast_arguments[$command]}" "$current"
    COMPREPLY=("${members[@]}" "${COMPREPLY[@]}")
    return
  fi
  local kind="${_holdfast_values["$command $previous"]:-${_holdfast_values["* $previous"]}}"
  if [[ -n "$kind" ]]; then _holdfast_offer "$kind" "$current"; return; fi
  if [[ "$current" == -* ]]; then _holdfast_words "${_holdfast_flags[$command]} $_holdfast_common" "$current"; return; fi
  _holdfast_offer "${_holdfast_arguments[$command]}" "$current"
}
complete -F _holdfast holdfast
)bash";

std::string offer_word(const Flag& flag) {
  switch (flag.offer) {
    case Offer::nothing:
      return "nothing";
    case Offer::files:
      return "files";
    case Offer::connectors:
      return "connectors";
    case Offer::repositories:
      return "repositories";
    case Offer::snapshots:
      return "snapshots";
    case Offer::words:
      return fmt::format("words:{}", fmt::join(flag.words, " "));
  }
  return "nothing";
}

struct Tables {
  std::string flags;
  std::string values;
  std::string arguments;
};

void add_flags(Tables& tables, std::string_view command, const std::vector<Flag>& flags) {
  std::string names;
  bool first_argument = true;
  for (const Flag& flag : flags) {
    if (flag.positional()) {
      if (first_argument) tables.arguments += fmt::format("  [\"{}\"]=\"{}\"\n", command, offer_word(flag));
      first_argument = false;
      continue;
    }
    names += fmt::format("{}{}", names.empty() ? "" : " ", flag.name);
    const bool waits = !flag.value_name.empty() && !flag.value_optional;
    if (waits) tables.values += fmt::format("  [\"{} {}\"]=\"{}\"\n", command, flag.name, offer_word(flag));
  }
  tables.flags += fmt::format("  [\"{}\"]=\"{}\"\n", command, names);
}

}  // namespace

std::string bash_completion(const Commands& commands) {
  Tables tables;
  std::set<std::string> words;
  std::set<std::string> groups;
  std::string members;
  for (const auto& command : commands) {
    const std::string name(command->doc().name);
    FlagTable table;
    command->declare(table);
    add_flags(tables, name, table.all());
    words.insert(name.substr(0, name.find(' ')));
    if (name.find(' ') != std::string::npos) groups.insert(name.substr(0, name.find(' ')));
  }
  for (const std::string& group : groups) {
    std::string list;
    for (const auto& command : commands)
      if (command->doc().name.starts_with(group + " "))
        list += fmt::format("{}{}", list.empty() ? "" : " ", command->doc().name.substr(group.size() + 1));
    members += fmt::format("  [\"{}\"]=\"{}\"\n", group, list);
  }
  GlobalFlags global;
  FlagTable common;
  global.declare(common);
  add_flags(tables, "*", common.all());
  std::string common_names;
  for (const Flag& flag : common.all()) common_names += fmt::format("{}{}", common_names.empty() ? "" : " ", flag.name);
  std::string out = fmt::format("_holdfast_commands=\"{} help\"\n_holdfast_groups=\"{}\"\n_holdfast_common=\"{}\"\n",
                                fmt::join(words, " "), fmt::join(groups, " "), common_names);
  out += fmt::format("declare -A _holdfast_members=(\n{})\ndeclare -A _holdfast_flags=(\n{})\n", members, tables.flags);
  out += fmt::format("declare -A _holdfast_values=(\n{})\ndeclare -A _holdfast_arguments=(\n{})\n", tables.values,
                     tables.arguments);
  return out + std::string(k_frame);
}

}  // namespace holdfast::cli
