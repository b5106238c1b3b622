// What a command takes, as data: the parser, the help text and the completion are all made from it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace holdfast::cli {

// Whether a command that changes something only says what it would do.
enum class DryRun { no, yes };

enum class Times { optional, required, any, at_least_one };

// What the shell offers as a value.
enum class Offer { nothing, files, connectors, repositories, snapshots, words };

struct Flag {
  std::string name;        // "--select", or "CONNECTOR" for a positional argument
  std::string short_name;  // "-q"; empty: none
  std::string value_name;  // "GLOB"; empty: a switch
  std::string doc;
  Times times = Times::optional;
  bool value_optional = false;  // --read-data and --read-data=5%
  Offer offer = Offer::nothing;
  std::vector<std::string> words;  // the only values there are, where the list is closed
  // Gets every value that was given; a switch gets none.  Called once, and only when the flag was given.
  std::function<void(const std::vector<std::string>&)> take;

  bool positional() const noexcept { return !name.starts_with('-'); }
  // HOLDFAST_SELECT for --select; empty for positional arguments.
  std::string environment() const;
};

class FlagTable {  // not thread-safe; the variables that it is given outlive the parse
public:
  Flag& toggle(std::string name, bool& out, std::string doc);
  Flag& text(std::string name, std::string value_name, std::string& out, std::string doc);
  Flag& text(std::string name, std::string value_name, std::optional<std::string>& out, std::string doc);
  Flag& texts(std::string name, std::string value_name, std::vector<std::string>& out, std::string doc);
  Flag& count(std::string name, std::optional<unsigned>& out, unsigned most, std::string doc);
  Flag& bytes(std::string name, std::optional<std::uint64_t>& out, std::string doc);
  Flag& duration(std::string name, std::optional<base::Duration>& out, std::string doc);
  // --dry-run, which every command that changes something has and words alike.
  Flag& dry_run(DryRun& out);
  Flag& add(Flag flag);
  // Positional arguments, in the order in which they are declared.
  Flag& argument(std::string name, std::string& out, std::string doc);
  Flag& optional_argument(std::string name, std::string& out, std::string doc);
  Flag& arguments(std::string name, Times times, std::vector<std::string>& out, std::string doc);

  const std::vector<Flag>& all() const noexcept { return flags_; }

private:
  std::vector<Flag> flags_;
};

}  // namespace holdfast::cli
