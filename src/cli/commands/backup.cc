#include "engine/backup.h"

#include <fmt/format.h>

#include "cli/capture_flags.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "engine/cutover/snapshot_marks.h"
#include "ui/printers.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

std::vector<base::Fact> facts_of(const engine::BackupResult& result, DryRun dry) {
  const repository::Snapshot& snapshot = result.snapshot;
  const bool dry_run = dry == DryRun::yes;
  std::vector<base::Fact> facts{ui::fact_text("connector", snapshot.connector)};
  if (dry_run)
    facts.push_back({"snapshot", "none", "null"});
  else
    facts.push_back(ui::fact_text("snapshot", snapshot.id.short_id()));
  facts.push_back(ui::fact_text("taken", base::to_rfc3339(snapshot.taken)));
  facts.push_back(ui::fact_count("new", snapshot.counts.added));
  facts.push_back(ui::fact_count("changed", snapshot.counts.changed));
  facts.push_back(ui::fact_count("gone", snapshot.counts.gone));
  facts.push_back(ui::fact_count("unchanged", snapshot.counts.unchanged));
  facts.push_back(ui::fact_bytes("added_raw", dry_run ? snapshot.counts.bytes : snapshot.bytes_added_raw));
  if (!dry_run) facts.push_back(ui::fact_bytes("added_stored", snapshot.bytes_added_stored));
  facts.push_back(ui::fact_duration("took", result.took));
  if (snapshot.partial()) {
    facts.push_back({"partial", ui::format_counted(result.failures, "failure"), "true"});
    facts.push_back(ui::fact_count("stale", result.stale_rows));
    if (result.missing_rows != 0) facts.push_back(ui::fact_count("missing", result.missing_rows));
  }
  if (result.ended_by)
    facts.push_back(ui::fact_text("credentials", "stopped working while it ran. " + result.ended_by->hint()));
  if (dry_run) facts.push_back(dry_run_fact());
  return facts;
}

class BackupCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"backup", "take a snapshot of a connector",
            "Reads one consistent instant of the platform, compares it with the connector's\n"
            "newest snapshot, stores what changed and commits one snapshot.\n\n"
            "Where something could not be read the snapshot is partial (exit 3): what failed is\n"
            "carried over from the snapshot before, marked as stale, and tried again next time.\n"
            "Where a platform says when a thing was modified, only what changed is fetched, and\n"
            "everything once a week (--sweep, --sweep-after).\n"
            "Where CONNECTOR leads to another workspace than its newest snapshot is of, nothing is\n"
            "backed up (exit 5): a profile or a tunnel may be wrong.  --other-workspace says that it is\n"
            "meant.\n"
            "Killed at any moment, the repository keeps all its snapshots and the next backup\n"
            "works.  What a backup of a workspace had read when it ended early is kept on this\n"
            "host, sealed, and used for 24 hours: the next one goes on from there (--anew does not).",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("CONNECTOR", connector_, "which one, by its name in holdfast.toml").offer = Offer::connectors;
    flags.toggle("--full", options_.full, "compare with nothing: store a new base");
    flags.toggle("--other-workspace", options_.other_workspace,
                 "it leads to another workspace by now, as it shall: compare with nothing");
    flags.toggle("--sweep", sweep_, "fetch what seems unchanged, too");
    flags.duration("--sweep-after", sweep_after_, "do so when the last time is longer ago than this (7d)");
    flags.toggle("--anew", options_.anew, "read again what a backup that ended early had read");
    flags.dry_run(dry_run_);
    capture_.declare(flags);
  }

  int run(Context& context) override {
    const ConnectorConfig& config = context.connector_config(connector_);
    options_.capture = capture_.options(config);
    options_.sweep = sweep_ ? platform::Sweep::everything : platform::Sweep::changes;
    options_.sweep_after = sweep_after_.value_or(config.sweep_after.value_or(options_.sweep_after));
    options_.dry_run = dry_run_ == DryRun::yes;
    repository::Repository& repository = context.repository();
    options_.state = &context.state();
    engine::CutoverStore cutovers(context.state());
    const auto connector = context.open_connector(connector_);
    options_.marks = engine::marks_while_read(context.state(), repository, connector_, connector->kinds());
    if (options_.other_workspace) options_.marks = marks_elsewhere(context, cutovers, options_.marks);
    const engine::BackupResult result =
        engine::backup(repository, *connector, connector_, options_, context.events(), context.clock(), context.stop());
    context.events().summary("backup", facts_of(result, dry_run_));
    return result.snapshot.partial() ? k_exit_partial : k_exit_ok;
  }

private:
  // What was paused was paused in the workspace that it led to.  Who took over from whom is said of the connector.
  std::function<engine::SnapshotMarks(const std::vector<repository::Tree>&)> marks_elsewhere(
      Context& context, engine::CutoverStore& cutovers,
      std::function<engine::SnapshotMarks(const std::vector<repository::Tree>&)> carried) const {
    return [this, &context, &cutovers, carried = std::move(carried)](const std::vector<repository::Tree>& read) {
      engine::SnapshotMarks out = carried(read);
      std::erase_if(out, [](const auto& mark) { return mark.first != engine::k_took_over_mark; });
      if (dry_run_ == DryRun::no && cutovers.fence(connector_)) {
        cutovers.led_elsewhere(connector_);
        context.events().warning(fmt::format(
            "the fence of {0} was of the workspace that it led to before: it is open, \"holdfast fence {0}\" pauses "
            "what fires on this one",
            connector_));
      }
      return out;
    };
  }

  std::string connector_;
  engine::BackupOptions options_;
  bool sweep_ = false;
  std::optional<base::Duration> sweep_after_;
  DryRun dry_run_ = DryRun::no;
  CaptureFlags capture_;
};

}  // namespace

std::unique_ptr<Command> make_backup_command() {
  return std::make_unique<BackupCommand>();
}

}  // namespace holdfast::cli
