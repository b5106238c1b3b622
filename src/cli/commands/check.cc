#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "cli/units.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

class CheckCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"check", "is the repository whole",
            "Without flags: every object that a snapshot needs is there, its structure can be\n"
            "read, its signature holds.  --read-data also reads, decrypts and decodes packs,\n"
            "all of them or a share (--read-data=5%).  --listing only looks whether objects are\n"
            "there.  What is damaged is named with the snapshots and keys that it touches; the\n"
            "rest stays restorable.  Sessions that did not end are counted; -v lists them.\n\n"
            "Exit 13 when something is damaged."};
  }

  void declare(FlagTable& flags) override {
    Flag data;
    data.name = "--read-data";
    data.value_name = "SHARE";
    data.value_optional = true;
    data.doc = "read the packs too";
    data.take = [this](const std::vector<std::string>& values) {
      options_.level = repository::CheckLevel::data;
      const bool has_share = !values.empty() && !values.back().empty() && values.back() != "true";
      options_.share = has_share ? parse_percent(values.back(), "--read-data") : 1.0;
    };
    flags.add(std::move(data));
    flags.toggle("--listing", listing_, "only look whether objects are there");
  }

  int run(Context& context) override {
    if (listing_ && options_.level == repository::CheckLevel::data)
      throw base::Error(base::ErrorKind::usage, "--listing and --read-data exclude each other",
                        "Leave one of them out.");
    if (listing_) options_.level = repository::CheckLevel::listing;
    options_.stop = context.stop();
    options_.progress = [&](std::uint64_t done, std::uint64_t total) {
      base::Progress progress;
      progress.phase = "reading packs";
      progress.bytes = done;
      progress.bytes_total = total;
      context.events().progress(progress);
    };
    const repository::CheckReport report = context.repository().check(options_);
    if (context.json())
      print_json(context, report);
    else
      print_text(context, report);
    if (!report.findings.empty() && !context.json())
      context.events().note(
          "what is damaged or missing can be put back from a copy of the repository, where objects never change; "
          "\"holdfast backup CONNECTOR --full\" makes a snapshot that needs none of it");
    return report.findings.empty() ? k_exit_ok : k_exit_corruption;
  }

private:
  static void print_json(Context& context, const repository::CheckReport& report) {
    auto findings = nlohmann::ordered_json::array();
    for (const repository::Finding& finding : report.findings)
      findings.push_back(
          {{"object", finding.object},
           {"problem", finding.problem},
           {"snapshots", finding.snapshots},
           {"keys", finding.keys.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(finding.keys)}});
    auto out = document();
    out["whole"] = report.findings.empty();
    out["objects"] = report.objects;
    out["packs_read"] = report.packs_read;
    out["bytes_read"] = report.bytes_read;
    out["findings"] = std::move(findings);
    out["warnings"] = report.warnings;
    auto unfinished = nlohmann::ordered_json::array();
    for (const repository::UnfinishedSession& session : report.unfinished) {
      nlohmann::ordered_json entry{{"session", session.name}, {"host", nullptr}, {"started", nullptr}};
      if (session.started) entry["host"] = session.host;
      if (session.started) entry["started"] = base::to_rfc3339(*session.started);
      unfinished.push_back(std::move(entry));
    }
    out["unfinished_sessions"] = std::move(unfinished);
    print_document(context, out);
  }

  static void print_text(Context& context, const repository::CheckReport& report) {
    ui::Output& out = context.out();
    for (const repository::Finding& finding : report.findings) {
      out.line(fmt::format("{}: {}", finding.object, ui::printable(finding.problem)));
      if (!finding.snapshots.empty()) out.line(fmt::format("  snapshots: {}", fmt::join(finding.snapshots, ", ")));
      if (!finding.keys.empty()) out.line(fmt::format("  keys: {}", ui::printable(finding.keys)));
    }
    for (const std::string& warning : report.warnings) context.events().warning(warning);
    if (context.global().verbose) print_unfinished(context, report);
    if (context.global().quiet) return;
    const std::string read = report.packs_read == 0
                                 ? std::string()
                                 : fmt::format(", {} with {} read", ui::format_counted(report.packs_read, "pack"),
                                               ui::format_bytes(report.bytes_read));
    const std::string verdict = report.findings.empty()
                                    ? std::string("the repository is whole")
                                    : fmt::format("{} found", ui::format_counted(report.findings.size(), "defect"));
    out.line(fmt::format("{} ({} looked at{})", verdict, ui::format_counted(report.objects, "object"), read));
  }

  static void print_unfinished(Context& context, const repository::CheckReport& report) {
    for (const repository::UnfinishedSession& session : report.unfinished) {
      const std::string begun = session.started ? fmt::format("begun {} on {}", base::to_rfc3339(*session.started),
                                                              ui::printable(session.host))
                                                : "its record cannot be read";
      context.out().line(fmt::format("session {} did not end: {}", session.name, begun));
    }
  }

  repository::CheckOptions options_;
  bool listing_ = false;
};

}  // namespace

std::unique_ptr<Command> make_check_command() {
  return std::make_unique<CheckCommand>();
}

}  // namespace holdfast::cli
