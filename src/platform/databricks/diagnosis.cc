#include "platform/databricks/diagnosis.h"

#include <fmt/format.h>

#include "base/error.h"
#include "platform/databricks/cluster.h"
#include "platform/databricks/inventory.h"
#include "platform/databricks/kinds.h"
#include "platform/databricks/statements.h"
#include "platform/databricks/workspace.h"
#include "platform/databricks/writing.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using Level = Diagnosis::Level;

constexpr unsigned k_parallel = 8;

Diagnosis line(Level level, std::string subject, std::string text, std::string advice = {}) {
  return {.level = level, .subject = std::move(subject), .text = std::move(text), .advice = std::move(advice)};
}

void say_who(std::vector<Diagnosis>& out, const Workspace& workspace, const Account& account) {
  const auto or_unknown = [](const std::string& text) { return text.empty() ? std::string("not known") : text; };
  out.push_back(line(
      Level::ok, "signed in",
      fmt::format("{} at {}, by {}: {}", workspace.me, workspace.host, to_string(account.auth), account.auth_reason)));
  out.push_back(line(Level::ok, "configured by", account.origin));
  out.push_back(line(Level::ok, "workspace", or_unknown(workspace.workspace_id)));
  out.push_back(line(workspace.region.empty() ? Level::note : Level::ok, "region", or_unknown(workspace.region),
                     workspace.region.empty()
                         ? "Only a metastore tells the region; see to it that a second workspace lies in another one."
                         : ""));
  if (workspace.admin) {
    out.push_back(line(Level::ok, "rights", "administrator of the workspace"));
  } else {
    out.push_back(line(Level::warning, "rights", "no administrator of the workspace",
                       "Add the account to the group admins: what others keep for themselves is not seen without."));
  }
}

// Access control is what tells the tiers apart.
net::Answer ask_for_access_control(const Client& client) {
  return client.get({.family = k_permissions, .path = "/api/2.0/permissions/authorization/tokens"}, {});
}

void say_tier(std::vector<Diagnosis>& out, const Client& client) {
  const net::Answer answer = ask_for_access_control(client);
  if (answer.verdict.status == net::Status::feature_absent) {
    out.push_back(line(Level::note, "tier", "standard: no access control", ""));
  } else if (answer.ok()) {
    out.push_back(line(Level::ok, "tier", "premium or above: with access control"));
  } else {
    out.push_back(line(Level::note, "tier", fmt::format("not known: {}", answer.verdict.message)));
  }
}

void say_secrets(std::vector<Diagnosis>& out, const Client& client) {
  if (const std::optional<std::string> refusal = refusal_of_secret_values(client, {})) {
    out.push_back(line(Level::warning, "secrets", fmt::format("this workspace gives no values: {}", *refusal),
                       "Without secret_values nobody is told so again; put the values into the target by hand."));
  } else {
    out.push_back(line(Level::ok, "secrets", "values are backed up as well, those of key vaults excepted"));
  }
}

void say_warehouse(std::vector<Diagnosis>& out, const Client& client, const std::string& wanted) {
  const std::string advice = "Name one in sql_warehouse that is there, or make views and external tables by hand.";
  try {
    out.push_back(
        find_warehouse(client, wanted)
            ? line(Level::ok, "SQL warehouse", fmt::format("'{}' makes views and external tables", wanted))
            : line(Level::warning, "SQL warehouse", fmt::format("there is none that is '{}'", wanted), advice));
  } catch (const Refused& refused) {
    out.push_back(line(Level::warning, "SQL warehouse", refused.message(), advice));
  } catch (const Error& error) {
    if (error.kind() != base::ErrorKind::config) throw;
    out.push_back(line(Level::warning, "SQL warehouse", error.message(), error.hint()));
  }
}

// No command is run, and nothing is started: that is for who makes a backup.
void say_cluster(std::vector<Diagnosis>& out, const Client& client, const CommandOptions& commands) {
  try {
    const ClusterState cluster = find_cluster(client, commands.cluster, {});
    const std::string shown = fmt::format("the cluster '{}' ({})", cluster.name, cluster.id);
    if (is_running(cluster)) {
      out.push_back(line(Level::ok, "commands", fmt::format("{} runs: it tells what no list has", shown)));
    } else if (commands.start == CommandOptions::Start::when_needed) {
      out.push_back(line(Level::ok, "commands",
                         fmt::format("{} is {}: a backup starts it, and it ends by itself", shown, cluster.state)));
    } else {
      out.push_back(line(
          Level::warning, "commands",
          fmt::format("{} is {}: what only it tells cannot be read, and each backup is partial", shown, cluster.state),
          "Start it, or set command_cluster_start = true to have it started."));
    }
  } catch (const Error& error) {
    out.push_back(line(Level::problem, "commands", error.message(), error.hint()));
    out.back().hinders = Diagnosis::Hinders::backup;
  }
}

// One listing of a kind, its first page at most where it has pages.
Ask first_look(const KindEntry& entry) {
  switch (entry.source) {
    case KindEntry::Source::tree:
      return {.family = k_workspace, .path = "/api/2.0/workspace/list", .query = {{"path", "/"}}};
    case KindEntry::Source::dbfs:
      return {.family = k_dbfs, .path = "/api/2.0/dbfs/list", .query = {{"path", "/"}}};
    case KindEntry::Source::conf: {
      Ask ask = entry.read;
      ask.query.emplace_back("keys", "enableIpAccessLists");
      return ask;
    }
    case KindEntry::Source::once:
      return entry.read;
    case KindEntry::Source::cluster:
    case KindEntry::Source::list:
      break;
  }
  return entry.list.ask;
}

Diagnosis look_at_kind(const Client& client, const KindEntry& entry, const std::stop_token& stop) {
  const std::string& name = entry.kind.collection.name;
  const net::Answer answer = client.get(first_look(entry), stop);
  if (answer.ok()) return line(Level::ok, name, "can be listed");
  const bool none = entry.source == KindEntry::Source::once && answer.verdict.status == net::Status::not_found;
  if (answer.verdict.status == net::Status::feature_absent || none)
    return line(Level::note, name, fmt::format("not available here: {}", answer.verdict.message));
  const Error error = net::to_error(answer);
  Diagnosis out = line(Level::problem, name, error.message(), error.hint());
  if (out.advice.empty()) out.advice = "Give the account the right to list them, or each backup will be partial.";
  out.hinders = Diagnosis::Hinders::backup;
  return out;
}

// A line for each kind that is listed on its own; what lies below others is listed with them.
std::vector<Diagnosis> look_at_kinds(const Client& client, const std::vector<const KindEntry*>& kinds) {
  std::vector<Diagnosis> lines(kinds.size());
  for_each_parallel(kinds.size(), k_parallel,
                    [&](std::size_t i, std::stop_token stop) {
                      try {
                        lines[i] = look_at_kind(client, *kinds[i], stop);
                      } catch (const Error& error) {
                        lines[i] = line(Level::problem, kinds[i]->kind.collection.name, error.message(), error.hint());
                      }
                    },
                    {});
  return lines;
}

std::vector<const KindEntry*> listed_kinds() {
  std::vector<const KindEntry*> out;
  for (const KindEntry& entry : all_kinds())
    if (entry.per.empty() && entry.source != KindEntry::Source::cluster) out.push_back(&entry);
  return out;
}

void say_kinds(std::vector<Diagnosis>& out, const Client& client) {
  std::vector<Diagnosis> lines = look_at_kinds(client, listed_kinds());
  std::size_t fine = 0;
  for (Diagnosis& one : lines) {
    if (one.level == Level::ok) {
      ++fine;
    } else {
      out.push_back(std::move(one));
    }
  }
  out.push_back(line(Level::ok, "kinds", fmt::format("{} of {} can be listed", fine, lines.size())));
}

}  // namespace

std::string tier_of(const Client& client) {
  const net::Answer answer = ask_for_access_control(client);
  if (answer.verdict.status == net::Status::feature_absent) return "standard";
  return answer.ok() ? "premium or above" : "";
}

std::vector<std::string> kinds_offered(const Client& client) {
  std::vector<std::string> out;
  // A kind that is refused is there.
  for (const Diagnosis& one : look_at_kinds(client, listed_kinds()))
    if (one.level != Level::note) out.push_back(one.subject);
  return out;
}

std::vector<Diagnosis> diagnose_workspace(const Client& client, const Account& account, const base::Clock& clock,
                                          const OptIns& opt_ins) {
  std::vector<Diagnosis> out;
  // First, because it is what people believe until the day they need it.
  out.push_back(line(Level::warning, "table data", "is not backed up: definitions only",
                     "Copy data by deep clones or by the replication of its storage account."));
  // Also where nobody answers: on the day of a disaster it is too late to be told.
  const std::size_t writing = out.size();
  out.push_back(diagnose_writing(opt_ins.writing, account.host, nullptr));
  if (opt_ins.secret_values == SecretValues::left_out)
    out.push_back(line(Level::note, "secrets", "values are not backed up; scopes, keys and access lists are",
                       "Set secret_values = true in the connector's section to back them up as well."));
  if (opt_ins.commands.cluster.empty())
    out.push_back(line(Level::note, "commands",
                       "mounts and permissions in the hive metastore are not backed up: only a cluster tells them",
                       "Set command_cluster in the connector's section to a cluster that may be asked."));
  try {
    const Workspace workspace = look_at_workspace(client, clock, {});
    out[writing] = diagnose_writing(opt_ins.writing, account.host, &workspace);
    say_who(out, workspace, account);
    say_tier(out, client);
    if (opt_ins.secret_values == SecretValues::read) say_secrets(out, client);
    if (!opt_ins.sql_warehouse.empty()) say_warehouse(out, client, opt_ins.sql_warehouse);
    if (!opt_ins.commands.cluster.empty()) say_cluster(out, client, opt_ins.commands);
    say_kinds(out, client);
  } catch (const Error& error) {
    out.push_back(line(Level::problem, "connection", error.message(), error.hint()));
  }
  return out;
}

}  // namespace holdfast::platform::databricks
