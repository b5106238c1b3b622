#include "platform/databricks/table_acls.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "platform/databricks/capture.h"
#include "platform/databricks/kinds.h"
#include "platform/databricks/resource_writer.h"
#include "support/errors.h"
#include "unit/platform/databricks/stood_cluster.h"
#include "unit/platform/databricks/written.h"

namespace holdfast::test {
namespace {

using platform::databricks::Cluster;
using platform::databricks::ClusterListing;
using platform::databricks::find_kind;
using platform::databricks::HiveObject;
using platform::databricks::OptIns;
using platform::databricks::parse_hive_object;
using platform::databricks::parse_table_acl;
using platform::databricks::read_table_acls;
using platform::databricks::table_acl_changes;
using platform::databricks::table_acl_script;
using platform::databricks::TableAcl;

using Texts = std::vector<std::string>;

std::string body(const std::string& name, const std::string& owner,
                 const std::vector<std::array<const char*, 3>>& permissions) {
  nlohmann::ordered_json out{{"name", name}};
  if (!owner.empty()) out["owner"] = owner;
  out["permissions"] = nlohmann::ordered_json::array();
  for (const auto& [principal, action, effect] : permissions)
    out["permissions"].push_back({{"principal", principal}, {"action", action}, {"effect", effect}});
  return out.dump();
}

// --- names

TEST(HiveNames, are_read_back_whatever_is_in_them) {
  for (const auto& [type, parts] : std::vector<std::pair<std::string, Texts>>{{"CATALOG", {}},
                                                                              {"ANY FILE", {}},
                                                                              {"ANONYMOUS FUNCTION", {}},
                                                                              {"DATABASE", {"sales"}},
                                                                              {"TABLE", {"sales", "orders"}},
                                                                              {"VIEW", {"a.b", "c`d"}},
                                                                              {"FUNCTION", {"süß 💥", "' \" ; --"}}}) {
    const HiveObject object{type, parts};
    const auto same = parse_hive_object(object.name());
    ASSERT_TRUE(same) << object.name();
    EXPECT_EQ(same->type, type);
    EXPECT_EQ(same->parts, parts) << object.name();
    EXPECT_EQ(parse_hive_object(object.sql())->parts, parts) << object.sql();
  }
  EXPECT_EQ((HiveObject{"TABLE", {"sales", "x`y"}}.name()), "TABLE sales.`x``y`");
  EXPECT_EQ((HiveObject{"TABLE", {"sales", "x"}}.sql()), "TABLE `sales`.`x`");
}

TEST(HiveNames, that_are_none_are_refused) {
  for (const char* name : {"", "TABLE", "TABLE sales", "TABLE sales.orders.x", "TABLE sales.orders; DROP TABLE x",
                           "TABLE `sales.orders", "CATALOG x", "INDEX a.b", "TABLE a b", "DATABASE a.b"})
    EXPECT_FALSE(parse_hive_object(name)) << name;
  EXPECT_THROW(parse_table_acl(body("TABLE a b", "", {})), base::Error);
  EXPECT_THROW(parse_table_acl(body("TABLE a.b", "", {{"x", "SELECT ON ANY FILE TO y; GRANT SELECT", "GRANT"}})),
               base::Error);
  EXPECT_THROW(parse_table_acl("[]"), base::Error);
}

// --- changes

TEST(TableAclChanges, give_what_is_lacking_and_take_what_is_too_much_and_the_owner_comes_last) {
  const TableAcl there = parse_table_acl(
      body("TABLE a.b", "anna", {{"x", "SELECT", "GRANT"}, {"y", "SELECT", "GRANT"}, {"z", "MODIFY", "DENY"}}));
  const TableAcl wanted = parse_table_acl(body(
      "TABLE a.b", "ben", {{"x", "SELECT", "GRANT"}, {"y", "SELECT", "DENY"}, {"`w`", "ALL PRIVILEGES", "GRANT"}}));
  EXPECT_EQ(table_acl_changes(there, wanted).statements,
            (Texts{"REVOKE SELECT ON TABLE `a`.`b` FROM `y`", "DENY SELECT ON TABLE `a`.`b` TO `y`",
                   "REVOKE MODIFY ON TABLE `a`.`b` FROM `z`", "GRANT ALL PRIVILEGES ON TABLE `a`.`b` TO ```w```",
                   "ALTER TABLE `a`.`b` OWNER TO `ben`"}));
  EXPECT_TRUE(table_acl_changes(wanted, wanted).statements.empty());
}

TEST(TableAclChanges, leave_what_would_take_a_denial_along_that_is_wanted) {
  const TableAcl both = parse_table_acl(body("ANY FILE", "", {{"x", "SELECT", "GRANT"}, {"x", "SELECT", "DENY"}}));
  const TableAcl denied = parse_table_acl(body("ANY FILE", "", {{"x", "SELECT", "DENY"}}));
  EXPECT_TRUE(table_acl_changes(both, denied).statements.empty());
  EXPECT_EQ(table_acl_changes(both, denied).left,
            (Texts{"REVOKE SELECT ON ANY FILE FROM `x`", "DENY SELECT ON ANY FILE TO `x`"}));
  EXPECT_EQ(table_acl_changes(denied, both).statements, Texts{"GRANT SELECT ON ANY FILE TO `x`"});
  const TableAcl all =
      parse_table_acl(body("ANY FILE", "", {{"x", "ALL PRIVILEGES", "GRANT"}, {"x", "SELECT", "DENY"}}));
  EXPECT_TRUE(table_acl_changes(all, denied).statements.empty());
  EXPECT_EQ(table_acl_changes(all, denied).left,
            (Texts{"REVOKE ALL PRIVILEGES ON ANY FILE FROM `x`", "DENY SELECT ON ANY FILE TO `x`"}));
  const TableAcl mixed = parse_table_acl(
      body("ANY FILE", "", {{"x", "MODIFY", "GRANT"}, {"x", "SELECT", "DENY"}, {"y", "SELECT", "DENY"}}));
  EXPECT_EQ(table_acl_changes(all, mixed).left,
            (Texts{"REVOKE ALL PRIVILEGES ON ANY FILE FROM `x`", "DENY SELECT ON ANY FILE TO `x`",
                   "GRANT MODIFY ON ANY FILE TO `x`"}))
      << "all may take the rest along";
}

// What a metastore makes of them.
void run(TableAcl& there, const std::string& statement) {
  const std::pair<std::string, std::string> what{statement.substr(statement.size() - 2, 1), "SELECT"};
  if (statement.starts_with("REVOKE")) {
    there.permissions.erase(what);
  } else {
    there.permissions[what].insert(statement.starts_with("DENY") ? TableAcl::Effect::deny : TableAcl::Effect::grant);
  }
}

// Somebody who is in all of these groups.
bool may(const TableAcl& acl, const std::string& groups) {
  bool granted = false;
  for (const char group : groups) {
    const auto found = acl.permissions.find({std::string(1, group), "SELECT"});
    if (found == acl.permissions.end()) continue;
    if (found->second.contains(TableAcl::Effect::deny)) return false;
    granted = granted || found->second.contains(TableAcl::Effect::grant);
  }
  return granted;
}

TableAcl acl_of(unsigned bits) {
  TableAcl out{.object = {"ANY FILE", {}}, .owner = {}, .permissions = {}};
  for (unsigned i = 0; i < 6; ++i)
    if ((bits >> i & 1U) != 0)
      out.permissions[{std::string(1, static_cast<char>('a' + i / 2)), "SELECT"}].insert(
          i % 2 == 0 ? TableAcl::Effect::grant : TableAcl::Effect::deny);
  return out;
}

// All that three groups may have, made of each other: 4096 changes.
TEST(TableAclChanges, leave_nobody_more_than_before_or_than_wanted_wherever_they_end) {
  std::size_t looked = 0;
  for (unsigned from = 0; from < 64; ++from)
    for (unsigned to = 0; to < 64; ++to) {
      const TableAcl before = acl_of(from);
      const TableAcl wanted = acl_of(to);
      const auto changes = table_acl_changes(before, wanted);
      TableAcl now = before;
      for (const std::string& statement : changes.statements) {
        run(now, statement);
        for (const char* groups : {"a", "b", "c", "ab", "ac", "bc", "abc"}) {
          ASSERT_TRUE(!may(now, groups) || may(before, groups) || may(wanted, groups))
              << from << " to " << to << " at " << statement;
          ++looked;
        }
      }
      ASSERT_TRUE(!changes.left.empty() || now.permissions == wanted.permissions) << from << " to " << to;
      for (const char* groups : {"a", "b", "c", "ab", "ac", "bc", "abc"})
        ASSERT_EQ(may(now, groups), may(wanted, groups)) << from << " to " << to;
    }
  EXPECT_GT(looked, 50'000U);
}

TEST(TableAclChanges, are_a_script_for_who_has_no_cluster) {
  EXPECT_EQ(
      table_acl_script(body("VIEW a.b", "anna@example.test", {{"x", "SELECT", "GRANT"}, {"y", "MODIFY", "DENY"}})),
      "DENY MODIFY ON VIEW `a`.`b` TO `y`;\nGRANT SELECT ON VIEW `a`.`b` TO `x`;\n"
      "ALTER VIEW `a`.`b` OWNER TO `anna@example.test`;\n");
}

// --- read

class TableAclReading : public testing::Test {
protected:
  ClusterListing read() {
    Cluster cluster(world_.client(), world_.clock, StoodCluster::options());
    return read_table_acls(cluster, {});
  }
  // "name: reason"
  static Texts unread(const ClusterListing& told) {
    Texts out;
    for (const auto& one : told.unread) out.push_back(one.name);
    return out;
  }
  StoodCluster world_;
};

TEST_F(TableAclReading, tells_owners_grants_and_denials_of_every_type_and_nothing_that_comes_from_above) {
  world_.object("CATALOG").granted["users"] = {"USAGE"};
  world_.object("ANY FILE").granted["engineers"] = {"MODIFY", "SELECT"};
  world_.object("ANONYMOUS FUNCTION").denied["contractors"] = {"SELECT"};
  world_.object("DATABASE sales").owner = "anna@example.test";
  world_.object("DATABASE sales").granted["analysts"] = {"USAGE"};
  world_.object("TABLE sales.orders").denied["contractors"] = {"SELECT"};
  world_.object("VIEW sales.`open orders`").owner = "ben@example.test";
  world_.object("FUNCTION sales.rate").granted["analysts"] = {"SELECT"};
  world_.object("TABLE sales.nobodys");
  const ClusterListing told = read();
  EXPECT_EQ(told.bodies,
            (Texts{body("CATALOG", "", {{"users", "USAGE", "GRANT"}}),
                   body("ANY FILE", "", {{"engineers", "MODIFY", "GRANT"}, {"engineers", "SELECT", "GRANT"}}),
                   body("ANONYMOUS FUNCTION", "", {{"contractors", "SELECT", "DENY"}}),
                   body("DATABASE sales", "anna@example.test", {{"analysts", "USAGE", "GRANT"}}),
                   body("VIEW sales.`open orders`", "ben@example.test", {}),
                   body("TABLE sales.orders", "", {{"contractors", "SELECT", "DENY"}}),
                   body("FUNCTION sales.rate", "", {{"analysts", "SELECT", "GRANT"}})}));
  EXPECT_EQ(unread(told), Texts{});
  EXPECT_TRUE(world_.state().contexts.empty());
}

TEST_F(TableAclReading, marks_an_object_whose_answer_is_cut_off_and_keeps_the_others) {
  world_.object("DATABASE s");
  world_.object("TABLE s.few").owner = "anna@example.test";
  for (int i = 0; i < 40; ++i) world_.object("TABLE s.many").granted[fmt::format("user-{}", i)] = {"SELECT"};
  world_.state().most_printed = 1'000;
  const ClusterListing told = read();
  EXPECT_EQ(told.bodies, Texts{body("TABLE s.few", "anna@example.test", {})});
  EXPECT_EQ(unread(told), Texts{"TABLE s.many"});
}

TEST_F(TableAclReading, marks_what_lies_in_a_database_whose_list_is_cut_off) {
  world_.object("DATABASE s");
  for (int i = 0; i < 60; ++i) world_.object(fmt::format("TABLE s.table_{}", i)).owner = "anna@example.test";
  world_.object("DATABASE t").owner = "ben@example.test";
  world_.state().most_printed = 1'000;
  const ClusterListing told = read();
  EXPECT_EQ(told.bodies, Texts{body("DATABASE t", "ben@example.test", {})});
  EXPECT_EQ(unread(told), (Texts{"TABLE s.", "VIEW s."}));
}

TEST_F(TableAclReading, marks_an_object_of_which_something_odd_is_told_and_keeps_the_others) {
  world_.object("DATABASE s").owner = "anna@example.test";
  world_.object("TABLE s.a").granted["x"] = {"SELECT ON ANY FILE TO y; GRANT SELECT"};
  world_.object("TABLE s.b").granted[""] = {"SELECT"};
  world_.object("TABLE s.c").denied["x"] = {"select"};
  world_.object("TABLE s.d").granted["x"] = {"SELECT"};
  const ClusterListing told = read();
  EXPECT_EQ(told.bodies,
            (Texts{body("DATABASE s", "anna@example.test", {}), body("TABLE s.d", "", {{"x", "SELECT", "GRANT"}})}));
  EXPECT_EQ(unread(told), (Texts{"TABLE s.a", "TABLE s.b", "TABLE s.c"}));
  EXPECT_EQ(error_of([] {
              table_acl_script(body("TABLE s.c", "", {{"x", "select", "GRANT"}}));
            }),
            base::ErrorKind::unsupported);
}

TEST_F(TableAclReading, gives_a_capture_rows_and_stretches) {
  world_.object("DATABASE s");
  for (int i = 0; i < 60; ++i) world_.object(fmt::format("TABLE s.table_{}", i)).owner = "anna@example.test";
  world_.object("ANY FILE").granted["x"] = {"SELECT"};
  world_.state().most_printed = 1'000;
  const auto opened = platform::databricks::open_capture(world_.client(), {}, world_.clock, {},
                                                         OptIns{.commands = StoodCluster::options()});
  Rows rows;
  for (const base::KeyRange& range : opened->ranges(collection("table-acls"), 4))
    opened->read(collection("table-acls"), range, rows, {});
  EXPECT_EQ(rows.rows.size(), 1U);
  ASSERT_EQ(rows.stretches.size(), 2U);
  EXPECT_LT(rows.stretches[0].first.from, key({"TABLE s.table_3"}));
  EXPECT_LT(key({"TABLE s.table_3"}), *rows.stretches[0].first.to);
}

// --- written

class TableAclWriting : public testing::Test {
protected:
  TableAclWriting()
      : writer_(platform::databricks::make_resource_writer(world_.client(), world_.clock,
                                                           {.commands = StoodCluster::options()})) {}
  static const model::Kind& kind() { return find_kind("table-acls")->kind; }
  void update(const std::string& name, const std::string& wanted) { writer_->update(kind(), name, {name, wanted, {}}); }
  std::optional<std::string> there(const std::string& name) {
    const auto found = writer_->read(kind(), name);
    return found ? found->row.columns.at(0) : std::nullopt;
  }
  StoodCluster world_;
  std::unique_ptr<platform::ResourceWriter> writer_;
};

TEST_F(TableAclWriting, makes_it_what_it_was_and_twice_is_once) {
  const std::string name = "TABLE sales.`odd`` \"ü' 💥`";
  world_.object("DATABASE sales");
  world_.object(name).owner = "somebody@example.test";
  world_.object(name).granted["too much"] = {"MODIFY"};
  const std::string wanted =
      body(name, "anna@example.test",
           {{"ana`lysts", "READ_METADATA", "GRANT"}, {"ana`lysts", "SELECT", "GRANT"}, {"x", "SELECT", "DENY"}});
  for (int i = 0; i < 2; ++i) {
    update(name, wanted);
    EXPECT_EQ(there(name), wanted);
  }
  EXPECT_EQ(world_.object(name).owner, "anna@example.test");
  EXPECT_EQ(world_.object(name).denied["x"], std::set<std::string>{"SELECT"});
  writer_.reset();
  EXPECT_TRUE(world_.state().contexts.empty());
}

TEST_F(TableAclWriting, gives_a_task_with_the_script_where_the_object_is_not_there) {
  world_.object("DATABASE sales").owner = "anna@example.test";
  for (const char* name : {"TABLE sales.orders", "TABLE nowhere.orders", "DATABASE nowhere", "FUNCTION sales.f"}) {
    try {
      writer_->create(kind(), {name, body(name, "", {{"x", "SELECT", "GRANT"}}), {}});
      ADD_FAILURE() << name;
    } catch (const platform::ByHand& task) {
      EXPECT_TRUE(task.message().starts_with(fmt::format("Create {} in the hive metastore of the target", name)))
          << task.message();
      EXPECT_NE(task.message().find("\nGRANT SELECT ON "), std::string::npos) << task.message();
    }
    EXPECT_EQ(there(name), std::nullopt);
  }
}

TEST_F(TableAclWriting, sets_permissions_on_what_had_none) {
  world_.object("DATABASE sales");
  world_.object("VIEW sales.v");
  EXPECT_TRUE(writer_->find(kind(), "VIEW sales.v").empty());
  EXPECT_EQ(writer_->create(kind(), {"VIEW sales.v", body("VIEW sales.v", "anna", {}), {}}), "VIEW sales.v");
  EXPECT_EQ(world_.object("VIEW sales.v").owner, "anna");
  EXPECT_EQ(writer_->find(kind(), "VIEW sales.v").size(), 1U);
}

// What the plan did not see is somebody else's, or of an earlier attempt of ours, which set no more than is wanted.
TEST_F(TableAclWriting, creates_nothing_over_what_somebody_set_since) {
  world_.object("DATABASE sales");
  const std::string name = "TABLE sales.orders";
  const std::string wanted = body(name, "anna", {{"x", "SELECT", "GRANT"}});
  const auto create = [&] { writer_->create(kind(), {name, wanted, {}}); };
  for (const bool owned : {false, true}) {
    world_.object(name) = {};
    if (owned) world_.object(name).owner = "bob";
    if (!owned) world_.object(name).denied["y"] = {"MODIFY"};
    EXPECT_EQ(error_of(create), base::ErrorKind::conflict);
    EXPECT_EQ(world_.object(name).owner, owned ? "bob" : "");
    EXPECT_EQ(world_.object(name).denied.contains("y"), !owned);
    EXPECT_FALSE(world_.object(name).granted.contains("x"));
  }
  world_.object(name) = {};
  world_.object(name).granted["x"] = {"SELECT"};
  create();
  EXPECT_EQ(there(name), wanted);
}

TEST_F(TableAclWriting, takes_everything_but_the_owner_away_where_it_is_removed) {
  world_.object("ANY FILE").granted["x"] = {"SELECT"};
  world_.object("ANY FILE").denied["y"] = {"MODIFY"};
  for (int i = 0; i < 2; ++i) writer_->remove(kind(), "ANY FILE");
  EXPECT_EQ(there("ANY FILE"), std::nullopt);
}

TEST_F(TableAclWriting, takes_nothing_odd_that_the_target_tells_into_a_statement) {
  const std::set<std::string> odd{"SELECT ON CATALOG FROM x; REVOKE SELECT"};
  world_.object("ANY FILE").granted["y"] = odd;
  EXPECT_EQ(error_of([&] {
              update("ANY FILE", body("ANY FILE", "", {{"x", "SELECT", "GRANT"}}));
            }),
            base::ErrorKind::unsupported);
  EXPECT_EQ(world_.object("ANY FILE").granted["y"], odd);
  EXPECT_FALSE(world_.object("ANY FILE").granted.contains("x"));
}

TEST_F(TableAclWriting, gives_nothing_where_a_denial_before_it_was_refused) {
  world_.object("ANY FILE").denied["y"] = {"SELECT"};
  EXPECT_EQ(error_of([&] {
              update("ANY FILE", body("ANY FILE", "", {{"x", "NO SUCH ACTION", "DENY"}, {"z", "SELECT", "GRANT"}}));
            }),
            base::ErrorKind::unsupported);
  EXPECT_EQ(world_.object("ANY FILE").denied["y"], std::set<std::string>{"SELECT"});
  EXPECT_TRUE(world_.object("ANY FILE").granted["z"].empty());
}

TEST_F(TableAclWriting, leaves_a_grant_that_cannot_be_taken_without_its_denial_as_a_task) {
  world_.object("ANY FILE").granted["x"] = {"SELECT"};
  world_.object("ANY FILE").denied["x"] = {"SELECT"};
  const std::string wanted = body("ANY FILE", "", {{"x", "SELECT", "DENY"}, {"z", "SELECT", "GRANT"}});
  std::string task;
  try {
    update("ANY FILE", wanted);
  } catch (const platform::ByHand& by_hand) {
    task = by_hand.message();
  }
  EXPECT_EQ(task,
            "Run this on a cluster of the target while nobody uses ANY FILE: it takes grants away that are denied as "
            "well, and until its end they are not denied.\n"
            "REVOKE SELECT ON ANY FILE FROM `x`;\nDENY SELECT ON ANY FILE TO `x`;");
  EXPECT_EQ(world_.object("ANY FILE").denied["x"], std::set<std::string>{"SELECT"});
  EXPECT_EQ(world_.object("ANY FILE").granted["z"], std::set<std::string>{"SELECT"}) << "all else is done";
}

TEST_F(TableAclWriting, waits_for_no_cluster_once_it_is_told_to_stop) {
  std::stop_source stop;
  stop.request_stop();
  writer_ = platform::databricks::make_resource_writer(world_.client(), world_.clock,
                                                       {.commands = StoodCluster::options()}, stop.get_token());
  const base::Duration before = world_.clock.elapsed();
  EXPECT_EQ(error_of([&] {
              update("ANY FILE", body("ANY FILE", "", {{"x", "SELECT", "GRANT"}}));
            }),
            base::ErrorKind::cancelled);
  EXPECT_EQ(error_of([&] { (void)there("ANY FILE"); }), base::ErrorKind::cancelled);
  EXPECT_EQ(world_.clock.elapsed(), before);
}

TEST_F(TableAclWriting, changes_nothing_where_the_cluster_does_not_run) {
  world_.terminate();
  EXPECT_THROW(update("ANY FILE", body("ANY FILE", "", {{"x", "SELECT", "GRANT"}})), base::Error);
  EXPECT_TRUE(world_.object("ANY FILE").granted.empty());
}

}  // namespace
}  // namespace holdfast::test
