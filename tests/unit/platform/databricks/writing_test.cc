#include "platform/databricks/writing.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "platform/databricks/connector.h"
#include "support/errors.h"
#include "support/fake_connector.h"
#include "support/fakes.h"
#include "unit/platform/databricks/settings.h"

namespace holdfast::platform::databricks {
namespace {

constexpr const char* k_here = "http://127.0.0.1:8001";
constexpr const char* k_there = "https://adb-1.2.azuredatabricks.test";

// Somebody who answers, and counts how often that was asked.
struct Answering {
  Workspace workspace{};
  int asked = 0;

  WritingConsent consent(std::string host, std::optional<Writing> open) {
    return WritingConsent("secondary", std::move(host), open, [this](std::stop_token) {
      ++asked;
      return workspace;
    });
  }
};

Workspace labelled(std::string id) {
  Workspace out;
  out.workspace_id = std::move(id);
  out.stand_in = true;
  return out;
}

// A platform of resources whose author thought of no consent.
class Forgetful : public test::FakeConnector {
public:
  using FakeConnector::FakeConnector;
  const std::vector<model::Kind>& kinds() const override { return resource_kinds(); }
};

TEST(Writing, is_refused_by_a_platform_of_resources_that_does_not_say_when) {
  test::ManualClock clock{base::Instant{}};
  test::FakeConnector rows(clock);
  rows.require_writing({}, {});  // rows have rules of their own
  Forgetful resources(clock);
  EXPECT_EQ(test::error_of([&] { resources.require_writing({}, {}); }), base::ErrorKind::refused);
}

TEST(WritingConsent, is_opened_by_two_words_and_closed_without_one) {
  const auto read = [](const char* word) {
    return read_writing("secondary", test::WrittenSettings({{"writable", word}, {"profile", "there"}}));
  };
  EXPECT_EQ(read_writing("secondary", test::WrittenSettings(test::WrittenSettings::Values())), std::nullopt);
  EXPECT_EQ(read("resources"), Writing::resources);
  EXPECT_EQ(read("cutover"), Writing::cutover);
  for (const char* other : {"", "true", "Cutover", "resource"})
    EXPECT_EQ(test::error_of([&] { (void)read(other); }), base::ErrorKind::config) << other;
}

TEST(WritingConsent, is_given_for_a_workspace_that_the_same_section_names) {
  using Values = test::WrittenSettings::Values;
  const Values unnamed{{"writable", "resources"}};
  EXPECT_EQ(test::error_of([&] { (void)read_writing("secondary", test::WrittenSettings(unnamed)); }),
            base::ErrorKind::config)
      << "the environment would say which";
  const Values named{{"writable", "resources"}, {"host", k_there}};
  EXPECT_EQ(read_writing("secondary", test::WrittenSettings(named)), Writing::resources);
}

TEST(WritingConsent, asks_nobody_where_the_setting_decides) {
  Answering there;
  auto closed = there.consent(k_there, std::nullopt);
  auto filled = there.consent(k_there, Writing::resources);
  auto open = there.consent(k_here, Writing::cutover);
  for (const Writing what : {Writing::resources, Writing::cutover})
    EXPECT_EQ(test::error_of([&] { closed.require({.what = what}, {}); }), base::ErrorKind::refused);
  filled.require({.what = Writing::resources}, {});
  EXPECT_EQ(test::error_of([&] { filled.require({.what = Writing::cutover}, {}); }), base::ErrorKind::refused);
  open.require({.what = Writing::resources}, {});
  open.require({.what = Writing::cutover}, {});
  EXPECT_EQ(there.asked, 0);
}

TEST(WritingConsent, lets_a_stand_in_be_written_to_by_its_own_word_and_only_without_tls) {
  Answering there{.workspace = labelled("1")};
  auto here = there.consent(k_here, std::nullopt);
  here.require({.what = Writing::cutover}, {});
  here.require({.what = Writing::resources}, {});
  EXPECT_EQ(there.asked, 1) << "once is enough";
  auto by_tls = there.consent(k_there, std::nullopt);
  EXPECT_EQ(test::error_of([&] { by_tls.require({}, {}); }), base::ErrorKind::refused);
  there.workspace.stand_in = false;
  auto tunnel = there.consent(k_here, std::nullopt);
  EXPECT_EQ(test::error_of([&] { tunnel.require({}, {}); }), base::ErrorKind::refused);
}

TEST(WritingConsent, is_not_opened_by_silence) {
  WritingConsent consent("secondary", k_here, std::nullopt, [](std::stop_token) -> Workspace {
    throw base::Error(base::ErrorKind::unavailable, "nobody answers");
  });
  EXPECT_EQ(test::error_of([&] { consent.require({}, {}); }), base::ErrorKind::unavailable);
  EXPECT_EQ(test::error_of([&] { consent.require({}, {}); }), base::ErrorKind::unavailable) << "again";
}

TEST(WritingConsent, refuses_another_workspace_than_the_one_that_is_known) {
  Answering there{.workspace = labelled("7")};
  for (const char* host : {k_here, k_there}) {
    auto consent = there.consent(host, Writing::cutover);
    consent.require({.workspace = "7"}, {});
    consent.require({}, {});
    EXPECT_EQ(test::error_of([&] { consent.require({.workspace = "8"}, {}); }), base::ErrorKind::refused) << host;
  }
  there.workspace.workspace_id.clear();
  auto silent = there.consent(k_there, Writing::cutover);
  EXPECT_EQ(test::error_of([&] { silent.require({.workspace = "8"}, {}); }), base::ErrorKind::refused)
      << "a proxy may have taken it off";
  silent.require({}, {});
}

TEST(WritingConsent, is_told_for_each_level_and_for_stand_ins_without_tls) {
  const Workspace stand_in = labelled("1");
  const auto told = [](std::optional<Writing> open, const char* host, const Workspace* workspace) {
    const Diagnosis line = diagnose_writing(open, host, workspace);
    return line.text + " " + line.advice;
  };
  EXPECT_EQ(told(std::nullopt, k_here, &stand_in), "open for all verbs: a stand-in ");
  for (const std::string& closed : {told(std::nullopt, k_there, &stand_in), told(std::nullopt, k_here, nullptr)}) {
    EXPECT_EQ(closed.find("closed"), 0U) << closed;
    EXPECT_NE(closed.find("A failover would be refused"), std::string::npos) << closed;
  }
  EXPECT_NE(told(Writing::resources, k_there, nullptr).find("A failover would be refused"), std::string::npos);
  EXPECT_EQ(told(Writing::cutover, k_there, nullptr).find("open for all verbs, failover too"), 0U);
}

TEST(WritingConsent, says_what_to_add_where_and_what_to_read_before) {
  Answering there;
  auto consent = there.consent(k_there, Writing::resources);
  const base::Error refused =
      test::thrown_by([&] { consent.require({.what = Writing::cutover, .verb = "failover"}, {}); });
  EXPECT_EQ(refused.message(),
            "connector 'secondary' is not written to by failover: writable = \"resources\" does not permit to set what "
            "fires");
  EXPECT_NE(refused.hint().find("add `writable = \"cutover\"` to [connector.secondary]"), std::string::npos);
  EXPECT_NE(refused.hint().find("docs/platforms/databricks.md"), std::string::npos);
  EXPECT_NE(refused.hint().find("docs/design/0005-cutover.md"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::platform::databricks
