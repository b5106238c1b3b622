// One verb of the program.  Each lives in a file of its own in commands/.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "cli/flags.h"

namespace holdfast::cli {

class Context;

// How --json looks: a query prints one document on standard output, and its progress to standard error; a run prints
// JSON lines that end with a summary.
enum class Kind { query, run };

struct CommandDoc {
  std::string_view name;     // "backup", "key add"
  std::string_view summary;  // one line for the list of commands
  std::string_view text;     // paragraphs for its own help
  Kind kind = Kind::query;
};

class Command {
public:
  virtual ~Command() = default;
  virtual CommandDoc doc() const = 0;
  virtual void declare(FlagTable& flags) = 0;
  // The exit code (docs/operations/exit-codes.md).  What goes wrong is thrown.
  virtual int run(Context& context) = 0;
};

inline constexpr int k_exit_ok = 0;
inline constexpr int k_exit_failed = 1;
inline constexpr int k_exit_partial = 3;
inline constexpr int k_exit_differs = 4;
inline constexpr int k_exit_corruption = 13;

}  // namespace holdfast::cli
