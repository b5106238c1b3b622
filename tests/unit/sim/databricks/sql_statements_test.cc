// Statements that are taken at once and run when their warehouse does.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

#include "sim/databricks/sql.h"
#include "support/workspace_world.h"

namespace holdfast::test {
namespace {

using nlohmann::json;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* k_statements = "/api/2.0/sql/statements";

class SqlStatements : public testing::Test {
protected:
  SqlStatements() {
    world_.post("/api/2.1/unity-catalog/catalogs", {{"name", "main"}});
    world_.post("/api/2.1/unity-catalog/schemas", {{"name", "sales"}, {"catalog_name", "main"}});
    warehouse_ =
        world_.post("/api/2.0/sql/warehouses", {{"name", "wh"}, {"cluster_size", "Small"}, {"auto_stop_mins", 10}})
            .json.at("id");
    world_.clock.advance(minutes(30));  // whatever it began with, it is idle by now
  }
  json asked(const std::string& text) {
    return {{"warehouse_id", warehouse_}, {"statement", text}, {"catalog", "main"}, {"schema", "sales"}};
  }
  Asked post(const json& body) { return world_.post(k_statements, body); }
  std::string state_of(const json& statement) {
    return world_.get(fmt::format("{}/{}", k_statements, statement.at("statement_id").get<std::string>()))
        .json.at("status")
        .at("state");
  }
  bool has_view(const std::string& name) {
    return world_.get("/api/2.1/unity-catalog/tables/main.sales." + name).status == 200;
  }

  WorkspaceWorld world_;
  std::string warehouse_;
};

TEST_F(SqlStatements, wait_for_their_warehouse_to_start_and_run_though_nobody_asks) {
  const json taken = post(asked("CREATE VIEW v AS SELECT 1")).json;
  EXPECT_EQ(taken.at("status").at("state"), "PENDING");
  EXPECT_FALSE(taken.contains("result"));
  EXPECT_EQ(state_of(taken), "PENDING");
  EXPECT_FALSE(has_view("v"));
  world_.clock.advance(seconds(5));
  EXPECT_TRUE(has_view("v")) << "nobody has asked for it";
  EXPECT_EQ(state_of(taken), "SUCCEEDED");
  EXPECT_EQ(post(asked("CREATE VIEW w AS SELECT 1")).json.at("status").at("state"), "SUCCEEDED") << "it runs by now";
  world_.clock.advance(minutes(11));
  EXPECT_EQ(post(asked("CREATE VIEW x AS SELECT 1")).json.at("status").at("state"), "PENDING") << "it was stopped";
}

TEST_F(SqlStatements, say_in_what_they_failed) {
  const json taken = post(asked("CREATE VIEW v AS SELECT * FROM gone")).json;
  world_.clock.advance(seconds(5));
  EXPECT_EQ(state_of(taken), "FAILED");
  const json failed = post(asked("CREATE VIEW v AS SELECT * FROM gone")).json;
  EXPECT_TRUE(
      failed.at("status").at("error").at("message").get<std::string>().starts_with("[TABLE_OR_VIEW_NOT_FOUND]"));
  EXPECT_FALSE(failed.contains("result"));
  EXPECT_FALSE(has_view("v"));
}

TEST_F(SqlStatements, are_cancelled_only_before_they_run) {
  const json taken = post(asked("CREATE VIEW v AS SELECT 1")).json;
  const auto cancel = [&](const json& one) {
    return world_
        .post(fmt::format("{}/{}/cancel", k_statements, one.at("statement_id").get<std::string>()), json::object())
        .status;
  };
  EXPECT_EQ(cancel(taken), 200);
  world_.clock.advance(seconds(5));
  EXPECT_EQ(state_of(taken), "CANCELED");
  EXPECT_FALSE(has_view("v"));
  const json done = post(asked("CREATE VIEW w AS SELECT 1")).json;
  EXPECT_EQ(cancel(done), 200);
  EXPECT_EQ(state_of(done), "SUCCEEDED");
  EXPECT_TRUE(has_view("w"));
}

TEST_F(SqlStatements, are_refused_where_something_of_the_call_is_wrong) {
  struct Case {
    const char* member;
    json value;
    int status;
  };
  for (const Case& one :
       {Case{"wait_timeout", "0s", 200}, Case{"wait_timeout", "5s", 200}, Case{"wait_timeout", "50s", 200},
        Case{"wait_timeout", "4s", 400}, Case{"wait_timeout", "51s", 400}, Case{"wait_timeout", "30", 400},
        Case{"wait_timeout", "s", 400}, Case{"wait_timeout", "-5s", 400}, Case{"wait_timeout", "99999999999s", 400},
        Case{"on_wait_timeout", "CANCEL", 200}, Case{"on_wait_timeout", "WAIT", 400}, Case{"warehouse_id", "none", 404},
        Case{"warehouse_id", nullptr, 400}, Case{"statement", nullptr, 400}}) {
    json body = asked("CREATE VIEW v AS SELECT 1");
    body[one.member] = one.value;
    if (one.value.is_null()) body.erase(one.member);
    EXPECT_EQ(post(body).status, one.status) << one.member << " " << one.value;
  }
  EXPECT_EQ(world_.get(std::string(k_statements) + "/none").status, 404);
}

}  // namespace
}  // namespace holdfast::test
