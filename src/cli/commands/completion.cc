#include "cli/completion.h"

#include "cli/commands/commands.h"
#include "cli/context.h"

namespace holdfast::cli {
namespace {

class CompletionCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"completion", "completion for the shell",
            "  source <(holdfast completion bash)\n"
            "\"connectors\" and \"repositories\" print the names that the completion offers."};
  }

  void declare(FlagTable& flags) override {
    Flag what;
    what.name = "WHAT";
    what.doc = "which";
    what.times = Times::required;
    what.words = {"bash", "connectors", "repositories"};
    what.take = [this](const std::vector<std::string>& values) { what_ = values.back(); };
    flags.add(std::move(what));
  }

  int run(Context& context) override {
    if (what_ == "bash") context.out().write(bash_completion(all_commands()));
    if (what_ == "connectors")
      for (const ConnectorConfig& one : context.config().connectors) context.out().line(one.name);
    if (what_ == "repositories")
      for (const RepositoryConfig& one : context.config().repositories) context.out().line(one.name);
    return k_exit_ok;
  }

private:
  std::string what_;
};

}  // namespace

std::unique_ptr<Command> make_completion_command() {
  return std::make_unique<CompletionCommand>();
}

}  // namespace holdfast::cli
