// What becomes of a statement, by what a warehouse says of it.
#include "platform/databricks/statements.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>

#include "model/json_text.h"
#include "support/errors.h"
#include "unit/platform/databricks/scripted.h"

namespace holdfast::test {
namespace {

using base::ErrorKind;
using platform::databricks::Statements;

constexpr std::string_view k_statements = "/api/2.0/sql/statements";

std::string ended_as(const std::string& state, const std::string& message = {}) {
  return fmt::format(R"({{"statement_id":"s1","status":{{"state":"{}","error":{{"message":{}}}}}}})", state,
                     model::json_quoted(message));
}

class StatementEnds : public testing::Test {
protected:
  net::Response told(const std::string& target) {
    if (target.starts_with("/api/2.0/sql/warehouses"))
      return answer(200, R"({"warehouses":[{"id":"a1","name":"wh"},{"id":"wh2","name":"a1"}]})");
    if (!target.starts_with(k_statements)) return no_endpoint();
    if (answers_.empty()) return answer(200, ended_as("RUNNING"));
    net::Response out = answers_.front();
    answers_.pop_front();
    return out;
  }
  // What the platform answers to the statement, and to each question how it ended; still running, when there is no
  // more.
  void run(std::deque<net::Response> answers) {
    answers_ = std::move(answers);
    statements_.run("CREATE VIEW x AS SELECT 1", {.catalog = "main", .schema = "sales"});
  }
  base::Error refused(const std::string& message) {
    return thrown_by([&] { run({answer(200, ended_as("FAILED", message))}); });
  }

  std::deque<net::Response> answers_;
  ScriptedSession session_{[this](const std::string& target) { return told(target); }};
  platform::databricks::Calls calls_{session_.client(), {}};
  Statements statements_{calls_, session_.clock, "wh"};
};

TEST_F(StatementEnds, well_where_it_succeeded_at_once_or_after_a_while) {
  run({answer(200, ended_as("SUCCEEDED"))});
  run({answer(200, ended_as("PENDING")), answer(200, ended_as("RUNNING")), answer(200, ended_as("SUCCEEDED"))});
  const std::vector<std::string> asked = session_.asked();
  EXPECT_EQ(asked.back(), std::string(k_statements) + "/s1");
  EXPECT_EQ(std::count_if(asked.begin(), asked.end(), [](const auto& one) { return one.find("warehouses") < 20; }), 1)
      << "the warehouse is looked for once";
}

TEST_F(StatementEnds, as_what_its_condition_says_and_no_other_word_of_its_message) {
  struct Case {
    const char* message;
    ErrorKind kind;
  };
  for (const Case& one :
       {Case{"[TABLE_OR_VIEW_ALREADY_EXISTS] x", ErrorKind::conflict},
        Case{"[ROUTINE_ALREADY_EXISTS.WITH_DETAIL] x", ErrorKind::conflict},
        Case{"[TABLE_OR_VIEW_NOT_FOUND] x", ErrorKind::not_found},
        Case{"[SCHEMA_NOT_FOUND.MAIN] x", ErrorKind::not_found}, Case{"[UNRESOLVED_ROUTINE] x", ErrorKind::not_found},
        Case{"[PARSE_SYNTAX_ERROR] TABLE_OR_VIEW_NOT_FOUND", ErrorKind::refused},
        Case{"'x' was TABLE_OR_VIEW_NOT_FOUND", ErrorKind::refused},
        Case{"[TABLE_OR_VIEW_NOT_FOUND", ErrorKind::refused}, Case{"[]", ErrorKind::refused},
        Case{"[", ErrorKind::refused}, Case{"", ErrorKind::refused}}) {
    const base::Error error = refused(one.message);
    EXPECT_EQ(error.kind(), one.kind) << one.message;
    EXPECT_NE(error.message(), "") << one.message;
  }
  EXPECT_THROW(run({answer(200, ended_as("FAILED", "[SCHEMA_NOT_FOUND] x"))}), platform::databricks::NamesNothing);
  EXPECT_THROW(run({answer(200, ended_as("FAILED", "[PARSE_SYNTAX_ERROR] x"))}), platform::databricks::Refused);
}

// Whether it took effect nobody knows: who is told so looks for it.
TEST_F(StatementEnds, as_a_lost_answer_where_it_may_have_taken_effect) {
  for (const char* state : {"CANCELED", "CLOSED", "", "SOMETHING_NEW"})
    EXPECT_THROW(run({answer(200, ended_as(state))}), platform::LostAnswer) << state;
  EXPECT_THROW(run({answer(200, "{}")}), platform::LostAnswer);
  EXPECT_THROW(run({answer(200, ended_as("RUNNING")), missing()}), platform::LostAnswer);
  EXPECT_THROW(run({answer(200, ended_as("RUNNING")), forbidden()}), platform::LostAnswer);
  const base::Instant before = session_.clock.now();
  EXPECT_THROW(run({answer(200, ended_as("PENDING"))}), platform::LostAnswer) << "it never ends";
  EXPECT_LT(session_.clock.now() - before, std::chrono::minutes(11));
}

TEST_F(StatementEnds, as_a_refusal_where_it_was_refused_before_it_ran) {
  EXPECT_EQ(error_of([&] { run({forbidden()}); }), ErrorKind::auth);
  EXPECT_THROW(run({forbidden()}), platform::databricks::Refused);
}

// Looking for it would be refused as well.
TEST_F(StatementEnds, with_the_run_where_nobody_knows_us_any_more) {
  const net::Response unknown = answer(401, R"({"error_code":"401","message":"Credential was not sent"})");
  EXPECT_THROW(run({answer(200, ended_as("RUNNING")), unknown}), platform::databricks::Refused);
}

TEST_F(StatementEnds, before_it_began_where_there_is_no_such_warehouse) {
  EXPECT_EQ(platform::databricks::find_warehouse(session_.client(), "a1"), "a1") << "an id goes before a name";
  EXPECT_EQ(platform::databricks::find_warehouse(session_.client(), "wh"), "a1");
  EXPECT_EQ(platform::databricks::find_warehouse(session_.client(), "WH"), std::nullopt);
  Statements none(calls_, session_.clock, "other");
  EXPECT_EQ(error_of([&] { none.run("SELECT 1", {}); }), ErrorKind::config);
  for (const std::string& asked : session_.asked()) EXPECT_NE(asked, k_statements) << "nothing was run";
  EXPECT_TRUE(none.there());
  EXPECT_FALSE(Statements(calls_, session_.clock, "").there());
}

}  // namespace
}  // namespace holdfast::test
