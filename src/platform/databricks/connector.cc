#include "platform/databricks/connector.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "platform/databricks/capture.h"
#include "platform/databricks/definition_writer.h"
#include "platform/databricks/diagnosis.h"
#include "platform/databricks/kinds.h"
#include "platform/databricks/outside.h"
#include "platform/databricks/provision.h"
#include "platform/databricks/resource_writer.h"
#include "platform/databricks/runs.h"
#include "platform/databricks/session.h"
#include "platform/databricks/survey.h"
#include "platform/databricks/table_acls.h"
#include "platform/databricks/writing.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;

// A notebook takes a status, an export and its permissions: as many as their families have under way together.  With
// fewer, calls that the limits permit wait for a connection where an answer takes long.
constexpr unsigned k_connections = 72;
constexpr std::int64_t k_command_seconds = 300;
constexpr std::int64_t k_command_seconds_most = 86'400;

[[noreturn]] void no_rows(std::string_view what) {
  throw Error(ErrorKind::unsupported, fmt::format("a Databricks workspace {}", what),
              "It is restored resource by resource: make a plan with `holdfast plan`.");
}

// Those without the tasks that a warehouse or a cluster does.
std::vector<model::Kind> kinds_for(const OptIns& opt_ins) {
  std::vector<model::Kind> out = resource_kinds();
  for (model::Kind& kind : out) {
    if (kind.collection.name == k_table_acls && !opt_ins.commands.cluster.empty()) kind.manual.clear();
    if (is_written_as_definition(kind.collection.name) && !opt_ins.sql_warehouse.empty())
      std::erase_if(kind.manual, [](const model::Manual& manual) { return manual.content != nullptr; });
  }
  return out;
}

class WorkspaceConnector : public Connector, private KnowsOutside {
public:
  explicit WorkspaceConnector(ConnectorParts parts)
      : name_(std::move(parts.name)),
        account_(std::move(parts.account)),
        opt_ins_(std::move(parts.opt_ins)),
        kinds_(kinds_for(opt_ins_)),
        clock_(parts.clock),
        session_(account_, std::move(parts.http), parts.clock, parts.random, parts.events) {
    if (parts.arm_http)
      arm_ = std::make_unique<Arm>(ArmParts{.options = std::move(parts.arm),
                                            .account = account_,
                                            .http = std::move(parts.arm_http),
                                            .clock = parts.clock,
                                            .random = parts.random});
  }

  std::string_view platform() const override { return "databricks"; }
  std::vector<Diagnosis> diagnose() override {
    return diagnose_workspace(session_.hasty_client(), account_, clock_, opt_ins_);
  }
  std::vector<LeftOut> left_out() override { return declared_left_out(opt_ins_); }
  std::unique_ptr<Capture> capture(const CaptureOptions& options, std::stop_token stop) override {
    return open_capture(session_.client(), options, clock_, std::move(stop), opt_ins_);
  }
  // A workspace is changed resource by resource: there are no tables to swap, and no rows to be written as they are.
  std::unique_ptr<Replacement> replace(const model::Collection&, const ReplaceOptions&, std::uint64_t,
                                       std::stop_token) override {
    no_rows("cannot be replaced as a whole");
  }
  std::unique_ptr<RowWriter> writer(const model::Collection&) override { no_rows("takes no rows as they are"); }
  const std::vector<model::Kind>& kinds() const override { return kinds_; }
  void require_writing(const WriteRequest& request, std::stop_token stop) override {
    consent_.require(request, std::move(stop));
  }
  std::unique_ptr<ResourceWriter> resource_writer(std::stop_token stop) override {
    consent_.require({.what = Writing::resources}, stop);
    return make_resource_writer(session_.client(), clock_, opt_ins_, std::move(stop));
  }
  RunsThings* runs() override { return &runs_; }
  base::Duration least_time(const std::map<std::string, std::uint64_t>& calls) const override {
    return session_.least_time(calls);
  }
  void limit_patience(base::Duration patience) override { session_.limit_patience(patience); }
  std::unique_ptr<Admission> admission(const model::Collection&) override { no_rows("takes no rows as they are"); }
  bool holds_rows(const model::Collection&) override { return true; }
  KnowsOutside* outside() override { return this; }
  const std::vector<OutsideField>& outside_fields() const override { return fields_that_lead_outside(); }
  std::string workspace(std::stop_token stop) override { return consent_.workspace(std::move(stop)).workspace_id; }
  Side describe_side(std::stop_token stop) override {
    return survey_workspace(session_.hasty_client(), clock_, std::move(stop));
  }
  const std::vector<UsedField>& used_fields() const override { return fields_that_name_offers(); }
  CloudFacts ask_cloud(const std::vector<std::string>& accounts, std::stop_token stop) override {
    return arm_ ? arm_->ask(account_.host, accounts, std::move(stop)) : CloudFacts{};
  }
  Provision provision(const ProvisionWish& wish, std::stop_token stop) override {
    std::vector<Diagnosis> lines;
    WorkspaceFacts facts = facts_for_provision(session_.hasty_client(), clock_, lines, stop);
    if (arm_) facts.resource = arm_->workspace(account_.host, lines, std::move(stop));
    Provision out = render_provision(facts, wish);
    out.lines = std::move(lines);
    return out;
  }

private:
  const std::string name_;
  Account account_;
  const OptIns opt_ins_;
  const std::vector<model::Kind> kinds_;
  const base::Clock& clock_;
  Session session_;
  WritingConsent consent_{name_, account_.host, opt_ins_.writing, [this](std::stop_token stop) {
                            Workspace out = enter_workspace(session_.client(), clock_, stop);
                            identify_workspace(session_.client(), out, stop);
                            return out;
                          }};
  JobRuns runs_{session_.client(),
                [this](std::stop_token stop) { consent_.require({.what = Writing::cutover}, std::move(stop)); }};
  std::unique_ptr<Arm> arm_;
};

net::ClientOptions client_options(const Settings& settings) {
  net::ClientOptions out;
  out.connections = k_connections;
  if (auto proxy = settings.secret("proxy")) out.proxy = std::move(*proxy);
  out.ca_file = settings.text("ca_file").value_or("");
  return out;
}

// With commas and spaces between them.
std::vector<std::string> patterns(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (!one.empty() && !one.starts_with('/'))
      throw Error(ErrorKind::config, fmt::format("the pattern '{}' in dbfs_leave_out does not begin with a slash", one),
                  "Write paths on DBFS, as in /FileStore/models/**.");
    if (!one.empty()) out.emplace_back(one);
  }
  return out;
}

CommandOptions command_options(const std::string& connector, const Settings& settings) {
  CommandOptions out;
  out.cluster = settings.text("command_cluster").value_or("");
  if (settings.flag("command_cluster_start").value_or(false)) out.start = CommandOptions::Start::when_needed;
  const std::int64_t seconds = settings.number("command_seconds").value_or(k_command_seconds);
  if (seconds < 1 || seconds > k_command_seconds_most)
    throw Error(ErrorKind::config, fmt::format("command_seconds of connector '{}' is {}", connector, seconds),
                fmt::format("Set it to a number from 1 to {}.", k_command_seconds_most));
  out.most = std::chrono::seconds(seconds);
  return out;
}

OptIns opt_ins(const std::string& connector, const Settings& settings) {
  OptIns out;
  if (settings.flag("secret_values").value_or(false)) out.secret_values = SecretValues::read;
  out.commands = command_options(connector, settings);
  out.sql_warehouse = settings.text("sql_warehouse").value_or("");
  out.writing = read_writing(connector, settings);
  out.dbfs_leave_out = patterns(settings.text("dbfs_leave_out").value_or(""));
  return out;
}

}  // namespace

const std::vector<model::Kind>& resource_kinds() {
  static const std::vector<model::Kind> all = [] {
    std::vector<model::Kind> out;
    for (const KindEntry& entry : all_kinds()) out.push_back(entry.kind);
    return out;
  }();
  return all;
}

Platform databricks_platform(base::Random& random) {
  using Type = Platform::Setting::Type;
  std::vector<Platform::Setting> settings = account_settings();
  settings.push_back({"proxy", Type::secret, "URL of a proxy; what the environment says when not set"});
  for (Platform::Setting& one : arm_settings()) settings.push_back(one);
  settings.push_back({"ca_file", Type::text, "PEM file of the authorities to trust; the system's when not set"});
  settings.push_back({"writable", Type::text,
                      "\"resources\": may be restored, migrated and replicated to; \"cutover\": failed over as well"});
  settings.push_back({"secret_values", Type::flag, "true: the values of secrets are backed up as well"});
  settings.push_back({"dbfs_leave_out", Type::text,
                      "patterns of paths on DBFS, with commas between them, that are no part of a backup"});
  settings.push_back({"sql_warehouse", Type::text,
                      "name or id of the SQL warehouse that makes views and external tables; by hand when not set"});
  settings.push_back(
      {"command_cluster", Type::text, "id or name of a cluster that may be asked for mounts and table ACLs"});
  settings.push_back(
      {"command_cluster_start", Type::flag, "true: it is started when it does not run, and ends by itself"});
  settings.push_back({"command_seconds", Type::number, "how long the cluster may take, 300 when not set"});
  return Platform{
      .name = "databricks",
      .doc = "a Databricks workspace on Azure",
      .settings = std::move(settings),
      .kinds = resource_kinds(),
      .open = [&random](const std::string& name, const Settings& given, const base::Clock& clock,
                        base::Events& events) -> std::unique_ptr<Connector> {
        const Account account = read_account(name, given, real_surroundings());
        return make_connector({.name = name,
                               .account = account,
                               .http = net::open_curl_client(client_options(given)),
                               .clock = clock,
                               .random = random,
                               .events = events,
                               .arm = read_arm_options(name, given, account),
                               .arm_http = net::open_curl_client(client_options(given)),
                               .opt_ins = opt_ins(name, given)});
      },
  };
}

std::unique_ptr<Connector> make_connector(ConnectorParts parts) {
  return std::make_unique<WorkspaceConnector>(std::move(parts));
}

}  // namespace holdfast::platform::databricks
