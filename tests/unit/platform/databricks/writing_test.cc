#include "platform/databricks/writing.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/errors.h"
#include "unit/platform/databricks/settings.h"

namespace holdfast::platform::databricks {
namespace {

constexpr const char* k_here = "http://127.0.0.1:8001";
constexpr const char* k_there = "https://adb-1.2.azuredatabricks.test";

// Somebody who answers, and counts how often that was asked.
struct Answering {
  Workspace workspace{};
  int asked = 0;

  WritingGate gate(std::string host, std::optional<Writing> open) {
    return WritingGate("secondary", std::move(host), open, [this](std::stop_token) {
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

TEST(WritingGate, is_opened_by_two_words_and_closed_without_one) {
  const auto read = [](const char* word) {
    return read_writing("secondary", test::WrittenSettings(test::WrittenSettings::Values{{"writable", word}}));
  };
  EXPECT_EQ(read_writing("secondary", test::WrittenSettings(test::WrittenSettings::Values())), std::nullopt);
  EXPECT_EQ(read("resources"), Writing::resources);
  EXPECT_EQ(read("cutover"), Writing::cutover);
  for (const char* other : {"", "true", "Cutover", "resource"})
    EXPECT_EQ(test::error_of([&] { (void)read(other); }), base::ErrorKind::config) << other;
}

TEST(WritingGate, asks_nobody_where_the_setting_decides) {
  Answering there;
  auto closed = there.gate(k_there, std::nullopt);
  auto filled = there.gate(k_there, Writing::resources);
  auto open = there.gate(k_here, Writing::cutover);
  for (const Writing what : {Writing::resources, Writing::cutover})
    EXPECT_EQ(test::error_of([&] { closed.require({.what = what}, {}); }), base::ErrorKind::refused);
  filled.require({.what = Writing::resources}, {});
  EXPECT_EQ(test::error_of([&] { filled.require({.what = Writing::cutover}, {}); }), base::ErrorKind::refused);
  open.require({.what = Writing::resources}, {});
  open.require({.what = Writing::cutover}, {});
  EXPECT_EQ(there.asked, 0);
}

TEST(WritingGate, lets_a_stand_in_be_written_to_by_its_own_word_and_only_without_tls) {
  Answering there{.workspace = labelled("1")};
  auto here = there.gate(k_here, std::nullopt);
  here.require({.what = Writing::cutover}, {});
  here.require({.what = Writing::resources}, {});
  EXPECT_EQ(there.asked, 1) << "once is enough";
  auto by_tls = there.gate(k_there, std::nullopt);
  EXPECT_EQ(test::error_of([&] { by_tls.require({}, {}); }), base::ErrorKind::refused);
  there.workspace.stand_in = false;
  auto tunnel = there.gate(k_here, std::nullopt);
  EXPECT_EQ(test::error_of([&] { tunnel.require({}, {}); }), base::ErrorKind::refused);
}

TEST(WritingGate, is_not_opened_by_silence) {
  WritingGate gate("secondary", k_here, std::nullopt, [](std::stop_token) -> Workspace {
    throw base::Error(base::ErrorKind::unavailable, "nobody answers");
  });
  EXPECT_EQ(test::error_of([&] { gate.require({}, {}); }), base::ErrorKind::unavailable);
  EXPECT_EQ(test::error_of([&] { gate.require({}, {}); }), base::ErrorKind::unavailable) << "again";
}

TEST(WritingGate, refuses_another_workspace_than_the_one_that_is_known) {
  Answering there{.workspace = labelled("7")};
  for (const char* host : {k_here, k_there}) {
    auto gate = there.gate(host, Writing::cutover);
    gate.require({.workspace = "7"}, {});
    gate.require({}, {});
    EXPECT_EQ(test::error_of([&] { gate.require({.workspace = "8"}, {}); }), base::ErrorKind::refused) << host;
  }
  there.workspace.workspace_id.clear();
  there.gate(k_there, Writing::cutover).require({.workspace = "8"}, {});  // nobody says
}

TEST(WritingGate, is_told_for_each_level_and_for_stand_ins_without_tls) {
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

TEST(WritingGate, says_what_to_add_where_and_what_to_read_before) {
  Answering there;
  auto gate = there.gate(k_there, Writing::resources);
  const base::Error refused =
      test::thrown_by([&] { gate.require({.what = Writing::cutover, .verb = "failover"}, {}); });
  EXPECT_EQ(refused.message(),
            "connector 'secondary' is not written to by failover: writable = \"resources\" does not permit to set what "
            "fires");
  EXPECT_NE(refused.hint().find("add `writable = \"cutover\"` to [connector.secondary]"), std::string::npos);
  EXPECT_NE(refused.hint().find("docs/platforms/databricks.md"), std::string::npos);
  EXPECT_NE(refused.hint().find("docs/design/0005-cutover.md"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::platform::databricks
