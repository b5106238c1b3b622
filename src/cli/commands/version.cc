#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"

namespace holdfast::cli {
namespace {

class VersionCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"version", "print the version", "The version of the program and of the repository format that it writes."};
  }

  void declare(FlagTable&) override {}

  int run(Context& context) override {
    constexpr int k_repository_format = 1;
    if (context.json()) {
      auto out = document();
      out["program"] = program_version();
      out["repository_format"] = k_repository_format;
      print_document(context, out);
    } else {
      context.out().line(program_version() + ", repository format 1");
    }
    return k_exit_ok;
  }
};

}  // namespace

std::unique_ptr<Command> make_version_command() {
  return std::make_unique<VersionCommand>();
}

}  // namespace holdfast::cli
