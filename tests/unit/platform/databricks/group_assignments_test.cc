#include "platform/databricks/group_assignments.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/json.h"
#include "platform/databricks/resource_writer.h"
#include "sim/databricks/account.h"
#include "sim/databricks/stand_in.h"
#include "support/errors.h"
#include "unit/platform/databricks/stand_in_http.h"
#include "unit/platform/databricks/written.h"

namespace holdfast::test {
namespace {

using nlohmann::json;
using platform::databricks::find_kind;

TEST(GroupAssignments, are_captured_of_groups_and_not_of_those_who_are_made) {
  Written world;
  world.set("/api/2.0/preview/permissionassignments",
            R"({"permission_assignments":[
                {"principal":{"principal_id":7,"user_name":"anna@example.test"},"permissions":["USER"]},
                {"principal":{"principal_id":8,"group_name":"directory"},"permissions":["ADMIN"]},
                {"principal":{"principal_id":9,"service_principal_name":"app"},"permissions":["USER"]}]})");
  const Rows got = world.read("group-assignments");
  ASSERT_EQ(got.rows.size(), 1U);
  EXPECT_EQ(got.rows.at(key({"directory"})).columns.at(0),
            R"({"principal":{"principal_id":8,"group_name":"directory"},"permissions":["ADMIN"]})");
}

class GroupAssigning : public testing::Test {
protected:
  GroupAssigning()
      : stand_in_(options(), clock_),
        session_(ScriptedSession::account(), std::make_unique<StandInHttp>(stand_in_), clock_, random_),
        writer_(platform::databricks::make_resource_writer(session_.client(), clock_)) {}
  static const model::Kind& kind() { return find_kind("group-assignments")->kind; }
  static sim::databricks::StandInOptions options() {
    sim::databricks::StandInOptions out;
    out.token = "dapi1";
    return out;
  }
  std::string assign(const std::string& name) {
    return writer_->create(kind(), {name, R"({"principal":{"group_name":"?"},"permissions":["ADMIN"]})", {}});
  }
  std::string permissions(const std::string& id) {
    const auto found = writer_->read(kind(), id);
    return found ? json::parse(found->row.columns.at(0).value()).at("permissions").dump() : "none";
  }
  // What remains to be done by hand; empty: nothing.
  std::string task(const std::string& name) {
    return task_of([&] { assign(name); });
  }
  static std::string task_of(const std::function<void()>& write) {
    try {
      write();
    } catch (const platform::ByHand& by_hand) {
      return by_hand.message();
    }
    return {};
  }

  ManualClock clock_{base::Instant{std::chrono::seconds(1'795'000'000)}};
  sim::databricks::StandIn stand_in_;
  SeededRandom random_{1};
  platform::databricks::Session session_;
  std::unique_ptr<platform::ResourceWriter> writer_;
};

TEST_F(GroupAssigning, takes_the_account_s_own_group_changes_what_it_may_and_takes_it_back) {
  const std::string name = R"(the "directory")";
  const std::string id = sim::databricks::add_account_group(stand_in_.world(), name, "e-1");
  EXPECT_EQ(assign(name), id);
  EXPECT_EQ(permissions(id), R"(["ADMIN"])");
  ASSERT_EQ(writer_->find(kind(), name).size(), 1U);
  EXPECT_EQ(writer_->find(kind(), name)[0].id, id);
  writer_->update(kind(), id, {name, R"({"principal":{"group_name":"?"},"permissions":["USER"]})", {}});
  EXPECT_EQ(permissions(id), R"(["USER"])");
  writer_->remove(kind(), id);
  EXPECT_EQ(permissions(id), "none");
}

TEST_F(GroupAssigning, leaves_alone_what_somebody_assigned_before) {
  const std::string id = sim::databricks::add_account_group(stand_in_.world(), "directory", "e-1");
  assign("directory");
  writer_->update(kind(), id, {"directory", R"({"permissions":["USER"]})", {}});
  EXPECT_EQ(error_of([&] { assign("directory"); }), base::ErrorKind::conflict);
  EXPECT_EQ(permissions(id), R"(["USER"])");
}

TEST_F(GroupAssigning, is_a_task_where_the_account_has_no_such_group) {
  EXPECT_EQ(task("directory"),
            "Assign the account's group directory to the target workspace in the account console: the account of the "
            "target does not have it yet.");
}

TEST_F(GroupAssigning, is_a_task_where_this_account_may_not) {
  sim::databricks::add_account_group(stand_in_.world(), "directory", "e-1");
  stand_in_.faults().add("PUT /api/2.0/preview/permissionassignments/principals/{id}#1: 403");
  EXPECT_TRUE(task("directory").starts_with("Assign the account's group directory to the target workspace"));
  EXPECT_EQ(task("directory"), "") << "and is tried again";
}

TEST_F(GroupAssigning, is_a_task_where_this_account_may_not_change_it_or_the_group_is_gone) {
  const std::string id = sim::databricks::add_account_group(stand_in_.world(), "directory", "e-1");
  assign("directory");
  const auto change = [&] { writer_->update(kind(), id, {"directory", R"({"permissions":["USER"]})", {}}); };
  const std::string put = "PUT /api/2.0/preview/permissionassignments/principals/{id}#*: ";
  const std::string task = "Assign the account's group directory to the target workspace";
  stand_in_.faults().add(put + "403");
  EXPECT_TRUE(task_of(change).starts_with(task)) << task_of(change);
  stand_in_.faults().clear();
  stand_in_.faults().add(put + "500");
  EXPECT_THROW(change(), platform::LostAnswer) << "what may come right by itself is no task";
  stand_in_.faults().clear();
  EXPECT_EQ(permissions(id), R"(["ADMIN"])");
  EXPECT_EQ(task_of(change), "");
  EXPECT_EQ(permissions(id), R"(["USER"])");
  const std::string gone = task_of([&] {
    writer_->update(kind(), "404404", {"directory", R"({"permissions":[]})", {}});
  });
  EXPECT_TRUE(gone.starts_with(task)) << gone;
}

}  // namespace
}  // namespace holdfast::test
