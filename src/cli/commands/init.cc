#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "ui/printers.h"

namespace holdfast::cli {
namespace {

std::string recovery_hint(const FoundKey& key) {
  std::string what = "the passphrase";
  if (key.kind == "file") what = fmt::format("a copy of {}", key.source);
  if (key.kind == "command") what = fmt::format("what {} prints", key.source);
  return fmt::format(
      "Keep {} where you can reach it when this machine and the catalogue are both gone: in a safe, or in the "
      "password store of the team. Without a key nobody can read this repository, and nobody can make a new one.",
      what);
}

class InitCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"init", "make a repository",
            "Makes a new repository at the URL of the configuration (or of --repository) and\n"
            "its first key slot.  The key comes from HOLDFAST_KEY, HOLDFAST_KEY_FILE,\n"
            "HOLDFAST_KEY_COMMAND or the repository's key in holdfast.toml; on a terminal it\n"
            "is asked for, twice.  A key never comes as an argument.\n\n"
            "A folder that holds a repository already is left alone (exit 1).",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.text("--label", "TEXT", label_, "what this key is, for \"key list\"");
    flags.dry_run(dry_run_);
  }

  int run(Context& context) override {
    const std::string url = context.repository_url();
    const FoundKey key = context.key_for_init();
    const bool dry_run = dry_run_ == DryRun::yes;
    if (dry_run) context.refuse_second_init();
    std::vector<base::Fact> facts;
    if (!dry_run) facts.push_back(ui::fact_text("repository", context.init_repository(key, label_).id()));
    facts.push_back(ui::fact_text("url", url));
    facts.push_back(ui::fact_text("key", fmt::format("{} ({})", key.kind, key.source)));
    if (dry_run) facts.push_back(dry_run_fact());
    if (context.json() && !dry_run) facts.push_back(ui::fact_text("recovery_hint", recovery_hint(key)));
    context.events().summary("init", facts);
    if (!context.json() && !dry_run) context.events().note(recovery_hint(key));
    return k_exit_ok;
  }

private:
  std::string label_;
  DryRun dry_run_ = DryRun::no;
};

}  // namespace

std::unique_ptr<Command> make_init_command() {
  return std::make_unique<InitCommand>();
}

}  // namespace holdfast::cli
