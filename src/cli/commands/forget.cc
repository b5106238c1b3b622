#include <fmt/format.h>

#include <set>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "engine/reference.h"
#include "ui/printers.h"

namespace holdfast::cli {
namespace {

// All are looked up before the first is touched: a mistyped id must not leave half of the work done.  One that is
// named twice counts once.
std::vector<repository::Snapshot> resolve_all(repository::Repository& repository,
                                              const std::vector<std::string>& names) {
  std::vector<repository::Snapshot> out;
  std::set<repository::SnapshotId> seen;
  for (const std::string& name : names) {
    repository::Snapshot found = engine::resolve(repository, name);
    if (seen.insert(found.id).second) out.push_back(std::move(found));
  }
  return out;
}

std::vector<base::Fact> facts_of(const std::vector<std::string>& ids, DryRun dry_run) {
  const std::string text = fmt::format("{}", fmt::join(ids, ", "));
  const std::string json = ids.empty() ? "" : fmt::format("\"{}\"", fmt::join(ids, "\",\""));
  std::vector<base::Fact> facts{{"snapshots", ids.empty() ? "none" : text, "[" + json + "]"}};
  if (dry_run == DryRun::yes) facts.push_back(dry_run_fact());
  return facts;
}

class ForgetCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"forget", "mark snapshots as no longer wanted",
            "Writes a mark and deletes nothing: \"holdfast undelete\" takes it back until a later\n"
            "prune.  Forgotten snapshots are not listed, and no longer meant by latest.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.arguments("SNAPSHOT", Times::at_least_one, names_, "which ones").offer = Offer::snapshots;
    flags.text("--reason", "TEXT", reason_, "why, kept with the mark");
    flags.dry_run(dry_run_);
  }

  int run(Context& context) override {
    repository::Repository& repository = context.repository();
    std::vector<std::string> ids;
    for (const repository::Snapshot& snapshot : resolve_all(repository, names_)) {
      if (snapshot.forgotten)
        context.events().note(fmt::format("{} was forgotten before", snapshot.id.short_id()));
      else if (dry_run_ == DryRun::no)
        repository.forget(snapshot.id, reason_);
      if (!snapshot.forgotten) ids.push_back(snapshot.id.short_id());
    }
    context.events().summary("forget", facts_of(ids, dry_run_));
    return k_exit_ok;
  }

private:
  std::vector<std::string> names_;
  std::string reason_;
  DryRun dry_run_ = DryRun::no;
};

class UndeleteCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"undelete", "take forget back",
            "Forgotten snapshots are named by their id; \"holdfast snapshots --all\" lists them.", Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.arguments("SNAPSHOT", Times::at_least_one, names_, "which ones, by id");
    flags.dry_run(dry_run_);
  }

  int run(Context& context) override {
    repository::Repository& repository = context.repository();
    std::vector<std::string> ids;
    for (const repository::Snapshot& snapshot : resolve_all(repository, names_)) {
      if (!snapshot.forgotten)
        context.events().note(fmt::format("{} is not forgotten", snapshot.id.short_id()));
      else if (dry_run_ == DryRun::no)
        repository.undelete(snapshot.id);
      if (snapshot.forgotten) ids.push_back(snapshot.id.short_id());
    }
    context.events().summary("undelete", facts_of(ids, dry_run_));
    return k_exit_ok;
  }

private:
  std::vector<std::string> names_;
  DryRun dry_run_ = DryRun::no;
};

}  // namespace

std::unique_ptr<Command> make_forget_command() {
  return std::make_unique<ForgetCommand>();
}
std::unique_ptr<Command> make_undelete_command() {
  return std::make_unique<UndeleteCommand>();
}

}  // namespace holdfast::cli
