#include "cli/outside_view.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "cli/describe.h"
#include "engine/in_common.h"
#include "engine/known_workspace.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {

namespace {

using engine::OutsidePlace;
using engine::Referrer;

constexpr std::size_t k_shown = 3;

// "14: clusters/etl, jobs/nightly/17, notebooks/Shared/load, and 11 more": each resource once.
std::string who_refers(const OutsidePlace& place, std::size_t most) {
  std::vector<std::string> names;
  std::set<std::string> known;
  for (const Referrer& one : place.referrers)
    if (std::string name = ui::printable(fmt::format("{}/{}", one.kind, one.path)); known.insert(name).second)
      names.push_back(std::move(name));
  const std::size_t shown = std::min(names.size(), most);
  std::string out = fmt::format("{}: {}", ui::format_count(names.size()),
                                fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown < names.size()) out += fmt::format(", and {} more", ui::format_count(names.size() - shown));
  return out;
}

const platform::StorageFacts* facts_of(const platform::CloudFacts& cloud, const std::string& name) {
  const auto found = std::find_if(cloud.storage.begin(), cloud.storage.end(),
                                  [&](const platform::StorageFacts& one) { return one.name == name; });
  return found == cloud.storage.end() ? nullptr : &*found;
}

// "Standard_GRS, westeurope and northeurope, synced until 2026-11-22 03:00:00"
std::string how_kept(const platform::CloudFacts& cloud, const std::string& name) {
  using Copies = platform::StorageFacts::Copies;
  const platform::StorageFacts* facts = facts_of(cloud, name);
  if (facts == nullptr) return cloud.asked ? "not among the storage that was looked at" : "not known";
  std::string out = fmt::format("{}, {}", facts->redundancy, facts->location);
  if (facts->copies == Copies::in_one_region) out += ": lost with the region";
  if (facts->copies == Copies::in_two_regions) {
    if (!facts->second_location.empty()) out += fmt::format(" and {}", facts->second_location);
    out += facts->last_sync ? fmt::format(", synced until {}", short_time(*facts->last_sync)) : ", last sync not known";
  }
  if (!facts->trouble.empty()) out += fmt::format(" ({})", facts->trouble);
  return ui::printable(out);
}

std::string table_text(const ui::Table& table) {
  return table.text(ui::is_terminal(STDOUT_FILENO) ? ui::terminal_columns(STDOUT_FILENO) : SIZE_MAX);
}

void print_storage(Context& context, const OutsideReport& report, std::size_t most) {
  if (report.found.storage.empty()) return;
  context.out().write("\nstorage, whose data is not in the backup\n");
  ui::Table table({{"NAME"}, {"IS"}, {"KEPT"}, {"REFERRED TO BY"}});
  for (const OutsidePlace& place : report.found.storage)
    table.row({ui::printable(place.endpoint.name), place.endpoint.what, how_kept(report.cloud, place.endpoint.name),
               who_refers(place, most)});
  context.out().write(table_text(table));
}

void print_services(Context& context, const OutsideReport& report, std::size_t most) {
  if (report.found.services.empty()) return;
  context.out().write("\nother endpoints, not protected by Holdfast\n");
  ui::Table table({{"NAME"}, {"IS"}, {"REFERRED TO BY"}});
  for (const OutsidePlace& place : report.found.services)
    table.row({ui::printable(place.endpoint.name), place.endpoint.what, who_refers(place, most)});
  context.out().write(table_text(table));
}

nlohmann::ordered_json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

// null where it was not asked, or is not among what was looked at.
nlohmann::ordered_json to_json(const platform::StorageFacts* facts) {
  using Copies = platform::StorageFacts::Copies;
  if (facts == nullptr) return nullptr;
  nlohmann::ordered_json out{{"redundancy", facts->redundancy},
                             {"location", facts->location},
                             {"second_location", text_or_null(facts->second_location)},
                             {"lost_with_region", nullptr},
                             {"last_sync", nullptr},
                             {"trouble", text_or_null(facts->trouble)}};
  if (facts->copies != Copies::not_known) out["lost_with_region"] = facts->copies == Copies::in_one_region;
  if (facts->last_sync) out["last_sync"] = base::to_rfc3339(*facts->last_sync);
  return out;
}

nlohmann::ordered_json to_json(const std::vector<OutsidePlace>& places) {
  auto out = nlohmann::ordered_json::array();
  for (const OutsidePlace& place : places) {
    auto referrers = nlohmann::ordered_json::array();
    for (const Referrer& one : place.referrers)
      referrers.push_back({{"kind", one.kind}, {"path", one.path}, {"field", one.field}});
    out.push_back(
        {{"name", place.endpoint.name}, {"is", place.endpoint.what}, {"referred_to_by", std::move(referrers)}});
  }
  return out;
}

// Empty: it does not say, or does not answer, which is said where it is examined.
std::string workspace_of(platform::Connector& connector, const std::stop_token& stop) {
  try {
    return connector.outside() == nullptr ? std::string() : connector.outside()->workspace(stop);
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    return {};
  }
}

std::string known_workspace_of(Context& context, const std::string& name) {
  try {
    return engine::known_workspace(context.repository(), name);
  } catch (const base::Error&) {
    return {};  // as below
  }
}

std::optional<repository::Snapshot> newest_of(Context& context, const std::string& name) {
  try {
    return context.repository().latest(name);
  } catch (const base::Error&) {
    return std::nullopt;  // what is wrong with the repository is said where that is examined
  }
}

}  // namespace

std::optional<OutsideReport> look_outside(Context& context, const std::string& name, platform::Connector& connector) {
  platform::KnowsOutside* outside = connector.outside();
  if (outside == nullptr) return std::nullopt;
  OutsideReport out;
  const auto snapshot = newest_of(context, name);
  if (!snapshot) {
    out.missing = fmt::format(
        "Take a backup with \"holdfast backup {}\": what it refers to outside is told by its newest snapshot.", name);
    out.cloud = outside->ask_cloud({}, context.stop());
    return out;
  }
  out.snapshot = snapshot->id.short_id();
  out.taken = snapshot->taken;
  out.found = engine::find_outside(context.repository(), *snapshot, connector.kinds(), outside->outside_fields(),
                                   context.stop());
  std::vector<std::string> accounts;
  for (const OutsidePlace& place : out.found.storage) accounts.push_back(place.endpoint.name);
  out.cloud = outside->ask_cloud(accounts, context.stop());
  return out;
}

std::vector<platform::Diagnosis> look_where_it_leads(Context& context, const std::string& name,
                                                     platform::Connector& connector) {
  using Level = platform::Diagnosis::Level;
  const std::string is = workspace_of(connector, context.stop());
  if (is.empty()) return {};
  std::vector<platform::Diagnosis> out;
  for (const ConnectorConfig& one : context.config().connectors) {
    const std::string known = one.platform == connector.platform() ? known_workspace_of(context, one.name) : "";
    if (known.empty() || (one.name == name) == (known == is)) continue;
    if (one.name == name) {
      out.push_back({Level::problem, "leads to",
                     fmt::format("workspace {}, and its newest snapshot is of workspace {}", is, known),
                     fmt::format("Look where its host or profile leads: it is neither backed up nor written to (exit "
                                 "5).  Where it is meant to lead there from now on, \"holdfast backup {} "
                                 "--other-workspace\" says so.",
                                 name)});
    } else {
      out.push_back({Level::warning, "leads to",
                     fmt::format("workspace {}: the newest snapshot of {} is of this workspace, too", is, one.name),
                     fmt::format("Nothing of {0} is planned, brought or compared to {1} while both lead to one "
                                 "workspace (exit 5): look where their hosts or profiles lead.",
                                 one.name, name)});
    }
  }
  return out;
}

namespace {

struct Seen {
  engine::SideInCommon side;
  std::vector<engine::Use> uses;
  bool by_snapshot = false;
};

Seen look_at_side(Context& context, const std::string& name, platform::Connector& connector) {
  platform::KnowsOutside& outside = *connector.outside();
  Seen out{.side = {.name = name, .side = outside.describe_side(context.stop()), .storage = {}}, .uses = {}};
  const auto snapshot = newest_of(context, name);
  if (!snapshot) return out;
  out.by_snapshot = true;
  out.uses = engine::find_uses(context.repository(), *snapshot, outside.used_fields(), context.stop());
  const engine::Outside found = engine::find_outside(context.repository(), *snapshot, connector.kinds(),
                                                     outside.outside_fields(), context.stop());
  for (const OutsidePlace& place : found.storage) out.side.storage.push_back(place.endpoint.name);
  return out;
}

std::vector<platform::Diagnosis> compare_both(Context& context, const std::string& first, const std::string& second) {
  const auto one = context.open_connector(first);
  const auto other = context.open_connector(second);
  if (one->platform() != other->platform() || one->outside() == nullptr) return {};
  const Seen here = look_at_side(context, first, *one);
  const Seen there = look_at_side(context, second, *other);
  auto out = engine::compare_sides(here.side, there.side, here.uses, context.config().mapping(first, second));
  if (!here.by_snapshot)
    out.push_back({platform::Diagnosis::Level::note, "what is used", fmt::format("not known of {}", first),
                   fmt::format("Take a backup with \"holdfast backup {}\": its newest snapshot tells which node types "
                               "and runtimes are used, and which storage.",
                               first)});
  return out;
}

}  // namespace

std::vector<platform::Diagnosis> look_at_both(Context& context, const std::string& first, const std::string& second) {
  try {
    return compare_both(context, first, second);
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::refused || error.kind() == base::ErrorKind::cancelled) throw;
    return {{platform::Diagnosis::Level::note, "not compared", error.message(), error.hint()}};
  }
}

void print_outside(Context& context, const OutsideReport& report) {
  if (report.snapshot.empty()) {
    context.out().line(fmt::format("\nwhat lies outside: not known\n  - {}", report.missing));
    return;
  }
  context.out().line(
      fmt::format("\nwhat lies outside, by snapshot {} of {}", report.snapshot, short_time(report.taken)));
  if (report.found.storage.empty() && report.found.services.empty()) context.out().line("nothing is referred to");
  const std::size_t most = context.global().verbose ? SIZE_MAX : k_shown;
  print_storage(context, report, most);
  print_services(context, report, most);
}

nlohmann::ordered_json to_json(const OutsideReport& report) {
  auto storage = to_json(report.found.storage);
  for (auto& one : storage) one["kept"] = to_json(facts_of(report.cloud, one["name"].get<std::string>()));
  if (report.snapshot.empty()) return {{"snapshot", nullptr}, {"advice", report.missing}};
  return {{"snapshot", report.snapshot},
          {"taken", base::to_rfc3339(report.taken)},
          {"storage", std::move(storage)},
          {"not_protected", to_json(report.found.services)}};
}

}  // namespace holdfast::cli
