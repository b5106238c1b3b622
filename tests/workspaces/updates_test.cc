// What a plan compares, an update writes: otherwise "updated" is said of what stays as it was, and the plan never
// becomes empty.  Of each kind that is written every member is changed, one after the other, and read back.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/json.h"
#include "engine/resources/body.h"
#include "engine/resources/sides.h"
#include "engine/resources/tasks.h"
#include "platform/databricks/writes.h"
#include "workspaces/every_kind.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

using model::JsonText;
using model::ReadyKind;
using nlohmann::json;
using Texts = std::vector<std::string>;

constexpr const char* k_eve = "eve@example.test";
constexpr const char* k_frank = "frank@example.test";

// What is compared, differs only along with something else, and that is written.
const std::set<std::string> k_follow{"clusters/driver_node_type_id",                            // its pool's
                                     "clusters/node_type_id", "global-init-scripts/position"};  // among others

// What people leave out again; all else has a value of the platform's where nobody gives one.
const std::set<std::string> k_optional{
    "ai_gateway", "comment",    "custom_description", "custom_tags", "description", "email_notifications",
    "libraries",  "properties", "schedule",           "spark_conf",  "tags",        "webhook_notifications"};

// What names something else: another one of these nobody made up.
const std::set<std::string> k_refused{"alerts/query_id",    "clusters/instance_pool_id",
                                      "clusters/policy_id", "external-locations/credential_name",
                                      "groups/members",     "jobs/run_as",
                                      "notebooks/language"};

// What a member may be changed to; of enumerations nobody guesses another value.
std::vector<json> others(const json& value) {
  static const std::map<std::string, std::string> k_known{{"true", "false"},
                                                          {"false", "true"},
                                                          {"Small", "Medium"},
                                                          {"PRO", "CLASSIC"},
                                                          {"BLOCK", "ALLOW"},
                                                          {"15.4.x-scala2.12", "14.3.x-scala2.12"},
                                                          {"LESS_THAN", "EQUAL"},
                                                          {"GREATER_THAN", "EQUAL"},
                                                          {"UNPAUSED", "PAUSED"},
                                                          {"CURRENT", "PREVIEW"},
                                                          {"ADVANCED", "CORE"},
                                                          {"COST_OPTIMIZED", "RELIABILITY_OPTIMIZED"},
                                                          {"PYTHON", "SQL"},
                                                          {"DATA_ACCESS_CONTROL", "NONE"},
                                                          {"OWNER", "VIEWER"},
                                                          {"analysts", "staff"},
                                                          {k_eve, k_frank},
                                                          {"admin@example.test", k_eve},
                                                          {"ADMIN", "USER"},
                                                          {"CAN_USE", "CAN_MANAGE"},
                                                          {"203.0.113.0/24", "203.0.114.0/24"},
                                                          {"workspace-access", "allow-cluster-create"}};
  if (value.is_boolean()) return {!value.get<bool>()};
  if (value.is_number_integer()) return {value.get<std::int64_t>() + 1};
  if (value.is_number()) return {value.get<double>() + 1};
  if (value.is_string()) {
    const std::string text = value;
    if (const auto known = k_known.find(text); known != k_known.end()) return {known->second};
    return {text + "x", text + "1", "{}", "ZWNobw=="};
  }
  std::vector<json> out;
  for (auto member = value.begin(); member != value.end(); ++member)
    for (json& other : others(*member)) {
      json whole = value;
      if (value.is_object())
        whole[member.key()] = std::move(other);
      else
        whole[static_cast<std::size_t>(member - value.begin())] = std::move(other);
      out.push_back(std::move(whole));
    }
  return out;
}

class Updates : public testing::Test {
protected:
  Updates() {
    seed_every_kind(there.stand_in);
    const BackedUp backup(world, there, "there");
    all = engine::read_stored_side(*world.repository, backup.snapshot(), databricks_kinds(), {});
    writer = connector->resource_writer({});
  }

  static json compared(const ReadyKind& kind, const std::string& body) {
    JsonText text(body);
    return json::parse(engine::compared_live_body(text, kind));
  }
  static std::string definition(const ReadyKind& kind, const std::string& body) {
    JsonText text(body);
    model::drop_server_fields(text, kind.documents.front());
    return model::definition_text(text, kind);
  }
  static bool only_create_takes(const ReadyKind& kind, const std::string& before, const std::string& after) {
    const auto values = [](const model::JsonPath& path, const std::string& body) {
      Texts out;
      const JsonText text(body);
      path.visit(text, [&](JsonText::Id id) { out.push_back(text.print(id)); });
      return out;
    };
    return std::any_of(kind.create_only.begin(), kind.create_only.end(),
                       [&](const model::JsonPath& path) { return values(path, before) != values(path, after); });
  }

  enum class Outcome { written, by_hand, refused, lost };
  Outcome update(const ReadyKind& kind, const model::Resource& one, const std::string& name, const std::string& body) {
    world.clock.advance(std::chrono::minutes(30));  // what was started and stopped has come to rest
    platform::ResourceWriter::Content content{name, definition(kind, body), {}};
    for (const model::KindColumn& column : kind.kind.columns)
      if (const std::size_t at = kind.column(column.name);
          column.written == model::KindColumn::Written::with_create && one.row.columns.at(at))
        content.columns.emplace_back(column.name, *one.row.columns[at]);
    try {
      writer->update(kind.kind, one.id, content);
    } catch (const platform::ByHand&) {
      return Outcome::by_hand;
    } catch (const base::Error&) {
      return Outcome::refused;
    }
    world.clock.advance(std::chrono::minutes(30));
    const auto found = writer->read(kind.kind, one.id);
    if (!found) return Outcome::lost;
    const json now = compared(kind, found->row.columns.at(kind.body).value());
    return now == compared(kind, body) ? Outcome::written : Outcome::lost;
  }

  // nullopt: nothing of it is compared that an update could take.  One change that is read back is enough.
  std::optional<Outcome> changed(const ReadyKind& kind, const model::Resource& one, const std::string& member) {
    const std::string before = one.row.columns.at(kind.body).value();
    const json::json_pointer at(fmt::format("{}{}/{}", kind.definition ? "/" : "", kind.kind.definition, member));
    std::optional<Outcome> out;
    for (json& other : others(json::parse(before).at(at))) {
      json whole = json::parse(before);
      whole[at] = std::move(other);
      const std::string after = whole.dump();
      if (compared(kind, before) == compared(kind, after) || only_create_takes(kind, before, after)) continue;
      const bool renamed = kind.name && member == kind.kind.name.substr(kind.kind.name.rfind('.') + 1);
      const Outcome now = update(kind, one, renamed ? whole[at].get<std::string>() : one.name, after);
      if (!out || now != Outcome::refused) out = now;
      if (*out == Outcome::refused || *out == Outcome::lost) continue;
      if (*out == Outcome::written) {
        EXPECT_EQ(update(kind, one, one.name, before), Outcome::written) << "back: " << one.name << " " << member;
      }
      return out;
    }
    return out;
  }

  // Without the member.  nullopt: it cannot be without.
  std::optional<Outcome> taken_away(const ReadyKind& kind, const model::Resource& one, const std::string& member) {
    const std::string before = one.row.columns.at(kind.body).value();
    json whole = json::parse(before);
    (kind.definition ? whole.at(kind.kind.definition) : whole).erase(member);
    const std::string after = whole.dump();
    if (compared(kind, before) == compared(kind, after) || only_create_takes(kind, before, after)) return std::nullopt;
    const Outcome out = update(kind, one, one.name, after);
    update(kind, one, one.name, before);
    return out;
  }

  EngineWorld world;
  StoodWorkspace there{world.clock, 1};
  std::unique_ptr<platform::Connector> connector = there.connect();
  std::unique_ptr<platform::ResourceWriter> writer;
  std::vector<model::Resource> all;
};

// With another one it would be another resource.
bool is_what_names_it(const model::Kind& kind, const std::string& member) {
  const auto& above = kind.above.fields;
  return member == "object_type" || (kind.id.empty() && member == kind.name) ||
         std::find(above.begin(), above.end(), member) != above.end();
}

TEST_F(Updates, write_each_member_that_is_compared) {
  std::map<std::string, const model::Resource*> last;  // of each kind and member: "jobs/tasks"
  for (const model::Resource& one : all) {
    const ReadyKind& kind = databricks_kinds().at(one.kind);
    if (one.system || engine::by_hand_only(kind)) continue;
    const json body = compared(kind, one.row.columns.at(kind.body).value());
    for (const auto& [member, value] : body.items()) last[kind.label() + "/" + member] = &one;
  }
  std::set<std::string> refused;
  std::set<std::string> judged;
  std::set<std::string> kept;
  for (const auto& [path, one] : last) {
    const ReadyKind& kind = databricks_kinds().at(one->kind);
    const std::string member = path.substr(kind.label().size() + 1);
    if (is_what_names_it(kind.kind, member) || k_follow.contains(path)) continue;
    const auto outcome = changed(kind, *one, member);
    if (!outcome) continue;
    EXPECT_NE(*outcome, Outcome::lost) << path << " is compared, and no call of the update sends it";
    if (*outcome == Outcome::refused) refused.insert(path);
    judged.insert(kind.label());
    const auto away = taken_away(kind, *one, member);
    if (away == Outcome::lost) kept.insert(path);
  }
  EXPECT_EQ(refused, k_refused);
  for (const std::string& path : kept)
    EXPECT_FALSE(k_optional.contains(path.substr(path.find('/') + 1))) << path << " stays where it was taken away";
  EXPECT_GT(judged.size(), 30U);
  fmt::print("{} members of {} kinds\n", last.size(), judged.size());
}

}  // namespace
}  // namespace holdfast::test
