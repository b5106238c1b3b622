#include "cli/flags.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/error.h"
#include "base/suggest.h"
#include "cli/units.h"

namespace holdfast::cli {
namespace {

Flag named(std::string name, std::string value_name, std::string doc) {
  Flag flag;
  flag.name = std::move(name);
  flag.value_name = std::move(value_name);
  flag.doc = std::move(doc);
  return flag;
}

Flag positional(std::string name, Times times, std::string doc) {
  Flag flag = named(std::move(name), {}, std::move(doc));
  flag.times = times;
  return flag;
}

}  // namespace

std::string Flag::environment() const {
  if (positional()) return {};
  std::string out = "HOLDFAST_";
  for (const char c : name.substr(2)) out += c == '-' ? '_' : base::upper(c);
  return out;
}

Flag& FlagTable::add(Flag flag) {
  // A closed list of words is checked here, so that no command has to.
  if (!flag.words.empty()) {
    flag.take = [words = flag.words, name = flag.name,
                 take = std::move(flag.take)](const std::vector<std::string>& values) {
      for (const std::string& value : values)
        if (std::find(words.begin(), words.end(), value) == words.end())
          throw base::Error(base::ErrorKind::usage, fmt::format("{} cannot be \"{}\"", name, value),
                            base::hint_for(value, words));
      take(values);
    };
    flag.offer = Offer::words;
  }
  return flags_.emplace_back(std::move(flag));
}

Flag& FlagTable::toggle(std::string name, bool& out, std::string doc) {
  Flag flag = named(std::move(name), {}, std::move(doc));
  flag.take = [&out](const std::vector<std::string>&) { out = true; };
  return add(std::move(flag));
}

Flag& FlagTable::text(std::string name, std::string value_name, std::string& out, std::string doc) {
  Flag flag = named(std::move(name), std::move(value_name), std::move(doc));
  flag.take = [&out](const std::vector<std::string>& values) { out = values.back(); };
  return add(std::move(flag));
}

Flag& FlagTable::text(std::string name, std::string value_name, std::optional<std::string>& out, std::string doc) {
  Flag flag = named(std::move(name), std::move(value_name), std::move(doc));
  flag.take = [&out](const std::vector<std::string>& values) { out = values.back(); };
  return add(std::move(flag));
}

Flag& FlagTable::texts(std::string name, std::string value_name, std::vector<std::string>& out, std::string doc) {
  Flag flag = named(std::move(name), std::move(value_name), std::move(doc));
  flag.times = Times::any;
  flag.take = [&out](const std::vector<std::string>& values) { out = values; };
  return add(std::move(flag));
}

Flag& FlagTable::count(std::string name, std::optional<unsigned>& out, unsigned most, std::string doc) {
  Flag flag = named(name, "N", std::move(doc));
  flag.take = [&out, most, name = std::move(name)](const std::vector<std::string>& values) {
    out = parse_count(values.back(), name, most);
  };
  return add(std::move(flag));
}

Flag& FlagTable::bytes(std::string name, std::optional<std::uint64_t>& out, std::string doc) {
  Flag flag = named(name, "SIZE", std::move(doc));
  flag.take = [&out, name = std::move(name)](const std::vector<std::string>& values) {
    out = parse_bytes(values.back(), name);
  };
  return add(std::move(flag));
}

Flag& FlagTable::duration(std::string name, std::optional<base::Duration>& out, std::string doc) {
  Flag flag = named(name, "TIME", std::move(doc));
  flag.take = [&out, name = std::move(name)](const std::vector<std::string>& values) {
    out = parse_duration(values.back(), name);
  };
  return add(std::move(flag));
}

Flag& FlagTable::dry_run(DryRun& out) {
  Flag flag = named("--dry-run", {}, "say what would be done, write nothing");
  flag.take = [&out](const std::vector<std::string>&) { out = DryRun::yes; };
  return add(std::move(flag));
}

Flag& FlagTable::argument(std::string name, std::string& out, std::string doc) {
  Flag flag = positional(std::move(name), Times::required, std::move(doc));
  flag.take = [&out](const std::vector<std::string>& values) { out = values.back(); };
  return add(std::move(flag));
}

Flag& FlagTable::optional_argument(std::string name, std::string& out, std::string doc) {
  Flag flag = positional(std::move(name), Times::optional, std::move(doc));
  flag.take = [&out](const std::vector<std::string>& values) { out = values.back(); };
  return add(std::move(flag));
}

Flag& FlagTable::arguments(std::string name, Times times, std::vector<std::string>& out, std::string doc) {
  Flag flag = positional(std::move(name), times, std::move(doc));
  flag.take = [&out](const std::vector<std::string>& values) { out = values; };
  return add(std::move(flag));
}

}  // namespace holdfast::cli
