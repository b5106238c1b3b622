#include "platform/databricks/client.h"

#include <gtest/gtest.h>

#include <deque>

#include "support/errors.h"
#include "unit/platform/databricks/scripted.h"

namespace holdfast::test {
namespace {

using platform::databricks::Client;
using platform::databricks::join_pages;
using platform::databricks::Listing;
using platform::databricks::Refused;
using Paging = Listing::Paging;

// A session that gives these answers one after the other.
class Pages {
public:
  explicit Pages(std::deque<net::Response> answers)
      : answers_(std::move(answers)), session_([this](const std::string&) {
          net::Response next = answers_.front();
          if (answers_.size() > 1) answers_.pop_front();
          return next;
        }) {}

  std::vector<std::string> list(const Listing& listing) {
    std::vector<std::string> out;
    session_.client().list(listing, [&](std::string_view element) { out.emplace_back(element); }, {});
    return out;
  }
  std::vector<std::string> asked() const { return session_.asked(); }
  const Client& client() const { return session_.client(); }

private:
  std::deque<net::Response> answers_;
  ScriptedSession session_;
};

using Strings = std::vector<std::string>;

TEST(ClientList, gives_elements_byte_for_byte) {
  Pages pages({answer(200, "{ \"jobs\" : [ {\"id\": 100000000000000000000000, \"x\":1.10 } ,\n{\"a\":1,\"a\":2}] }")});
  EXPECT_EQ(pages.list({.ask = {.path = "/l"}, .items = "jobs"}),
            (Strings{"{\"id\": 100000000000000000000000, \"x\":1.10 }", "{\"a\":1,\"a\":2}"}));
}

TEST(ClientList, follows_tokens_over_short_and_empty_pages) {
  Pages pages({answer(200, R"({"jobs":[1],"next_page_token":"a"})"), answer(200, R"({"next_page_token":"b c"})"),
               answer(200, R"({"jobs":[2,3],"next_page_token":""})")});
  EXPECT_EQ(
      pages.list({.paging = Paging::page_token, .ask = {.path = "/l", .query = {{"limit", "2"}}}, .items = "jobs"}),
      (Strings{"1", "2", "3"}));
  EXPECT_EQ(pages.asked(), (Strings{"/l?limit=2", "/l?limit=2&page_token=a", "/l?limit=2&page_token=b%20c"}));
}

TEST(ClientList, names_the_token_of_repos_as_repos_do) {
  Pages pages({answer(200, R"({"repos":[1],"next_page_token":"a"})"), answer(200, R"({"repos":[2]})")});
  EXPECT_EQ(pages.list({.paging = Paging::repos, .ask = {.path = "/l"}, .items = "repos"}), (Strings{"1", "2"}));
  EXPECT_EQ(pages.asked().back(), "/l?next_page_token=a");
}

TEST(ClientList, counts_through_scim_until_nothing_new_comes) {
  Pages pages({answer(200, R"({"totalResults":3,"Resources":[1,2]})"),
               answer(200, R"({"totalResults":3,"Resources":[2,3]})"),
               answer(200, R"({"totalResults":3,"Resources":[3]})")});
  EXPECT_EQ(pages.list({.paging = Paging::scim, .ask = {.path = "/l"}, .items = "Resources"}),
            (Strings{"1", "2", "3"}));
  EXPECT_EQ(pages.asked(), (Strings{"/l?startIndex=1", "/l?startIndex=2", "/l?startIndex=3"}));
}

TEST(ClientList, counts_through_scim_where_a_page_holds_one) {
  Pages pages({answer(200, R"({"Resources":[1]})"), answer(200, R"({"Resources":[1]})"),
               answer(200, R"({"Resources":[2]})"), answer(200, R"({"Resources":[2]})"), answer(200, R"({})")});
  EXPECT_EQ(pages.list({.paging = Paging::scim, .ask = {.path = "/l"}, .items = "Resources"}), (Strings{"1", "2"}));
  EXPECT_EQ(pages.asked().back(), "/l?startIndex=3");
}

TEST(ClientList, loses_nobody_when_somebody_before_is_deleted_between_two_pages) {
  Pages pages({answer(200, R"({"Resources":[{"id":"1"},{"id":"2"}]})"),
               answer(200, R"({"Resources":[{"id":"3"},{"id":"4"}]})"),  // 1 is gone: 3 stands where 2 stood
               answer(200, R"({"Resources":[{"id":"2"},{"id":"3"}]})"),
               answer(200, R"({"Resources":[{"id":"3","active":false},{"id":"4"}]})"),
               answer(200, R"({"Resources":[{"id":"4"}]})"), answer(200, R"({"Resources":[]})")});
  EXPECT_EQ(pages.list({.paging = Paging::scim, .ask = {.path = "/l"}, .items = "Resources"}),
            (Strings{R"({"id":"2"})", R"({"id":"3"})", R"({"id":"4"})"}));
}

TEST(ClientList, believes_no_list_that_holds_fewer_than_it_says_or_changes_its_mind) {
  const auto fewer = answer(200, R"({"count":3,"results":[1,2]})");
  const auto end = answer(200, R"({"count":3,"results":[]})");
  Pages missing_one({fewer, end, fewer, end, fewer, end});
  const Listing numbered{.paging = Paging::number, .ask = {.path = "/l"}, .items = "results"};
  EXPECT_EQ(error_of([&] { missing_one.list(numbered); }), base::ErrorKind::unavailable);
  EXPECT_EQ(missing_one.asked().size(), 6U);
  Pages changing({fewer, answer(200, R"({"count":2,"results":[]})"), answer(200, R"({"count":2,"results":[1,2]})"),
                  answer(200, R"({"count":2,"results":[]})")});
  EXPECT_EQ(changing.list(numbered), (Strings{"1", "2"}));
}

TEST(ClientList, counts_pages_and_offsets) {
  Pages numbered(
      {answer(200, R"({"results":[1]})"), answer(200, R"({"results":[2]})"), answer(200, R"({"results":[]})")});
  EXPECT_EQ(numbered.list({.paging = Paging::number, .ask = {.path = "/l"}, .items = "results"}), (Strings{"1", "2"}));
  EXPECT_EQ(numbered.asked().back(), "/l?page=3");
  Pages offsets({answer(200, R"({"jobs":[1,2],"has_more":true})"), answer(200, R"({"jobs":[2,3],"has_more":false})")});
  EXPECT_EQ(offsets.list({.paging = Paging::offset, .ask = {.path = "/l"}, .items = "jobs"}), (Strings{"1", "2", "3"}));
  EXPECT_EQ(offsets.asked().back(), "/l?offset=1");
}

TEST(ClientList, ends_a_list_that_goes_round_in_circles) {
  Pages pages({answer(200, R"({"jobs":[1],"next_page_token":"a"})")});
  const auto error =
      thrown_by([&] { pages.list({.paging = Paging::page_token, .ask = {.path = "/l"}, .items = "jobs"}); });
  EXPECT_NE(error.message().find("goes round in circles"), std::string::npos);
  EXPECT_EQ(pages.asked().size(), 2U);
}

TEST(ClientList, takes_nothing_that_is_not_a_list_for_an_empty_one) {
  for (const char* body :
       {"<html>sign in</html>", "[1]", R"({"jobs":{}})", R"({"jobs":[1)",
        R"({"error_code":"INTERNAL_ERROR","message":"m"})", R"({"status":"ok"})", R"({"results":[{"id":1}]})"}) {
    Pages pages({answer(200, body)});
    EXPECT_EQ(thrown_by([&] { pages.list({.ask = {.path = "/l"}, .items = "jobs"}); }).kind(),
              base::ErrorKind::unavailable)
        << body;
  }
  for (const char* body : {"{}", R"({"jobs":null})", R"({"has_more":false,"next_page_token":""})"}) {
    Pages empty({answer(200, body)});
    EXPECT_EQ(empty.list({.ask = {.path = "/l"}, .items = "jobs"}), Strings{}) << body;
  }
}

TEST(ClientList, takes_no_page_for_a_list_that_is_said_to_come_whole) {
  for (const char* body : {R"({"jobs":[1],"next_page_token":"t"})", R"({"jobs":[1],"has_more":true})"}) {
    Pages pages({answer(200, body)});
    EXPECT_EQ(error_of([&] { pages.list({.ask = {.path = "/l"}, .items = "jobs"}); }), base::ErrorKind::unavailable)
        << body;
  }
  Pages last({answer(200, R"({"jobs":[1],"next_page_token":"","has_more":false})")});
  EXPECT_EQ(last.list({.ask = {.path = "/l"}, .items = "jobs"}), Strings{"1"});
}

TEST(ClientList, says_how_it_was_refused) {
  Pages pages({forbidden()});
  try {
    pages.list({.ask = {.path = "/l"}, .items = "jobs"});
    FAIL() << "an answer 403 was taken for a list";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.status(), net::Status::denied);
    EXPECT_NE(refused.message().find("not you"), std::string::npos);
  }
}

TEST(Client, takes_a_success_that_is_no_json_for_nobodys_word) {
  Pages pages({answer(200, "<html>sign in</html>")});
  EXPECT_EQ(pages.client().get({.path = "/x"}, {}).verdict.status, net::Status::unknown);
  EXPECT_EQ(pages.client().fetch_bytes({.path = "/x"}, {}), "<html>sign in</html>");
}

TEST(JoinPages, puts_the_elements_of_all_pages_into_the_first) {
  const std::string first =
      R"({"job_id":9007199254740993,"settings":{"name":"n","tasks":[{"k":1.10}],"job_clusters":[]},"next_page_token":"t","has_more":true})";
  const std::string second =
      R"({"job_id":9007199254740993,"settings":{"tasks":[ {"k":2} , {"k":3}],"job_clusters":[{"c":1}]}})";
  EXPECT_EQ(
      join_pages({first, second}, {"settings.tasks", "settings.job_clusters", "settings.parameters"}),
      R"({"job_id":9007199254740993,"settings":{"name":"n","tasks":[{"k":1.10},{"k":2},{"k":3}],"job_clusters":[{"c":1}]}})");
}

TEST(JoinPages, leaves_a_single_page_as_it_came) {
  EXPECT_EQ(join_pages({" {\"a\" : 1} "}, {"a"}), " {\"a\" : 1} ");
}

TEST(Families, are_named_once) {
  std::vector<std::string> names;
  for (const net::Family& family : platform::databricks::families()) names.push_back(family.name);
  const std::size_t count = names.size();
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()) - names.begin(), static_cast<std::ptrdiff_t>(count));
}

}  // namespace
}  // namespace holdfast::test
