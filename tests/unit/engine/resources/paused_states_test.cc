#include "engine/resources/paused_states.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/ascii.h"
#include "support/fake_workspace.h"

namespace holdfast::engine {
namespace {

using Texts = std::vector<std::string>;
using model::Resource;

constexpr const char* k_on = "\"UNPAUSED\"";

PausedState state(const std::string& item, const std::string& value, const std::string& id = "7") {
  return {.kind = "boards",
          .id = id,
          .path = "boards/" + id,
          .column = "schedules",
          .field = "schedules[*].pause_status",
          .item = item,
          .value = value};
}
PausedStates states(const Texts& items) {
  PausedStates out;
  for (const std::string& one : items) {
    const std::size_t at = one.find('=');
    out.push_back(state(one.substr(0, at), at == std::string::npos ? "on" : one.substr(at + 1)));
  }
  return out;
}
Texts texts(const PausedStates& all) {
  Texts out;
  for (const PausedState& one : all) out.push_back(one.item + (one.value == "on" ? "" : "=" + one.value));
  return out;
}

TEST(PausedBeside, are_those_that_nobody_recorded) {
  struct Case {
    const char* what;
    Texts known, now, recorded, beside;
  };
  const std::vector<Case> cases{
      {"all of it was recorded", {}, {"a", "b"}, {"a", "b"}, {}},
      {"one was made since", {}, {"a", "b"}, {"a"}, {"b"}},
      {"it was recorded otherwise", {}, {"a=5"}, {"a=2"}, {"a=5"}},
      {"it was known, and nothing fires", {"a"}, {}, {}, {"a"}},
      {"it was known, and fires again", {"a"}, {"a"}, {}, {"a"}},
      {"it was known, and fires otherwise by now", {"a=5", "b"}, {"a=7"}, {"a=2"}, {"a=7", "b"}},
      {"it was known, and fires as it was recorded", {"a=5"}, {"a=2"}, {"a=2"}, {"a=2"}},
      {"two are alike, and one was recorded", {}, {"a", "a"}, {"a"}, {"a"}},
      {"two are alike, and none was recorded", {}, {"a", "a"}, {}, {"a", "a"}},
      {"three are alike, and one was recorded", {}, {"a", "a", "a"}, {"a"}, {"a", "a"}},
      {"of two that are known one fires again", {"a", "a"}, {"a"}, {}, {"a", "a"}},
      {"one is known, one recorded, and both fire again", {"a"}, {"a", "a"}, {"a"}, {"a"}},
      {"one is known, and another one like it was made", {"a"}, {"a", "a"}, {}, {"a", "a"}},
  };
  for (const Case& one : cases)
    EXPECT_EQ(texts(paused_beside(states(one.known), states(one.now), states(one.recorded))), one.beside) << one.what;
}

TEST(PausedBeside, tell_one_place_from_another) {
  const PausedState here = state("a", "on");
  std::vector<PausedState> others(5, here);
  others[0].kind = "jobs";
  others[1].id = "8";
  others[2].column = "body";
  others[3].field = "min_idle";
  others[4].item = "b";
  for (const PausedState& other : others) {
    EXPECT_EQ(paused_beside({}, {here}, {other}), PausedStates{here}) << other.kind << other.id << other.column;
    EXPECT_EQ(paused_beside({other}, {here}, {}), (PausedStates{other, here})) << other.kind << other.id;
  }
  PausedState renamed = here;
  renamed.path = "boards/other";
  EXPECT_EQ(paused_beside({}, {here}, {renamed}), PausedStates{}) << "a path is for people only";
}

TEST(PausedBeside, are_taken_out_by_resource) {
  const PausedStates all{state("a", "on", "7"), state("b", "on", "8"), state("c", "on", "7")};
  EXPECT_EQ(texts(paused_of(all, "boards", "7")), (Texts{"a", "c"}));
  EXPECT_EQ(texts(paused_of(all, "jobs", "7")), Texts{});
}

// A board with schedules, in a workspace where somebody works: "daily" fires every day; in capitals it is paused.
class Board : public testing::Test {
protected:
  static std::string schedules(const Texts& all) {
    Texts out;
    for (const std::string& one : all) {
      const bool paused = one == upper(one);
      out.push_back(fmt::format(R"({{"id":"{}","cron":"{}","pause_status":"{}"}})", out.size(),
                                paused ? base::lower(one) : one, paused ? "PAUSED" : "UNPAUSED"));
    }
    return fmt::format(R"({{"schedules":[{}]}})", fmt::join(out, ","));
  }
  static std::string upper(std::string text) {
    for (char& one : text) one = static_cast<char>(one >= 'a' && one <= 'z' ? one - 'a' + 'A' : one);
    return text;
  }
  // The workspace with the board as it is then; without it: absent.
  std::vector<Resource> with(const std::optional<Texts>& all) {
    if (id_.empty()) id_ = workspace_.put("boards", "sales", R"({"name":"sales"})", {{"schedules", schedules({})}});
    workspace_.rewrite_column("boards", id_, "schedules", schedules(all.value_or(Texts())));
    std::vector<Resource> out = workspace_.capture();
    if (!all) std::erase_if(out, [&](const Resource& one) { return one.id == id_; });
    return out;
  }
  // What fires there, and what is paused in capitals.
  static Texts read(const base::Row& row) {
    Texts out;
    std::string text = row.columns.at(1).value();
    for (std::size_t at = text.find(R"("cron":")"); at != std::string::npos; at = text.find(R"("cron":")", at + 1)) {
      const std::string cron = text.substr(at + 8, text.find('"', at + 8) - at - 8);
      const bool fires = text.substr(at, text.find('}', at) - at).find(k_on) != std::string::npos;
      out.push_back(fires ? cron : upper(cron));
    }
    return out;
  }

  const model::KindSet& kinds_ = test::workspace_kind_set();
  test::ManualClock clock_{*base::parse_instant("2026-11-21T20:00:00Z")};
  test::FakeWorkspace workspace_{clock_, 1'000};
  std::string id_;
};

TEST_F(Board, fires_by_what_is_not_paused_and_not_by_what_guards) {
  workspace_.put("jobs", "on",
                 R"({"name":"on","schedule":{"cron":"x"},"triggers":[{"at":"a","pause_status":"PAUSED"},{"at":"b"}]})");
  workspace_.put("jobs", "off", R"({"name":"off"})");
  workspace_.put("pools", "warm", R"({"name":"warm","min_idle":2})");
  workspace_.put("pools", "cold", R"({"name":"cold"})");
  const auto told = [](const PausedStates& all) {
    Texts out;
    for (const PausedState& one : all)
      out.push_back(fmt::format("{} {} {}{}", one.kind, one.field, one.value, one.item.empty() ? "" : " of several"));
    return out;
  };
  const std::vector<Resource> all = with(Texts{"daily", "HOURLY"});
  const Texts pools{"pools min_idle 2"};
  Texts expected{"jobs settings.schedule.pause_status \"UNPAUSED\"",
                 "jobs settings.triggers[*].pause_status \"UNPAUSED\" of several",
                 "boards schedules[*].pause_status \"UNPAUSED\" of several"};
  Texts with_pools = expected;
  with_pools.push_back(pools.front());
  Texts found = told(firing_in(all, kinds_));
  std::sort(found.begin(), found.end());
  std::sort(with_pools.begin(), with_pools.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(found, with_pools);
  std::vector<model::Kind> guarded = test::workspace_kinds();
  for (model::Kind& kind : guarded)
    if (kind.collection.name == "pools") kind.firing.front().guards = true;
  found = told(firing_in(all, model::KindSet(guarded)));
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, expected);
}

TEST_F(Board, is_given_back_what_it_has_and_told_what_it_lacks) {
  const PausedStates paused = firing_in(with(Texts{"daily", "daily", "hourly"}), kinds_);
  ASSERT_EQ(paused.size(), 3U);
  struct Case {
    Texts before, after;
    std::size_t rest;
  };
  for (const Case& one : std::vector<Case>{{{"DAILY", "DAILY", "HOURLY"}, {"daily", "daily", "hourly"}, 0},
                                           {{"HOURLY", "WEEKLY", "DAILY"}, {"hourly", "WEEKLY", "daily"}, 1},
                                           {{"DAILY", "DAILY", "DAILY"}, {"daily", "daily", "DAILY"}, 1},
                                           {{"WEEKLY", "monthly"}, {"WEEKLY", "monthly"}, 3},
                                           {{}, {}, 3}}) {
    Resource row = with(one.before).front();
    EXPECT_EQ(put_back(paused, kinds_.at(row.kind), row.row).size(), one.rest);
    EXPECT_EQ(read(row.row), one.after);
  }
}

// What a fence paused stands beside what its snapshot shows, wherever a row of it is found.
TEST_F(Board, is_made_whole_from_what_was_recorded_and_what_is_there) {
  struct Case {
    const char* what;
    std::optional<Texts> recorded, paused, newest, whole;
    bool absent;
  };
  const std::vector<Case> cases{
      {"recorded as it is", Texts{"DAILY"}, Texts{"daily"}, std::nullopt, Texts{"daily"}, false},
      {"a schedule was added", Texts{"daily"}, Texts{"hourly"}, Texts{"DAILY", "HOURLY"}, Texts{"daily", "hourly"},
       false},
      {"what was paused on purpose stays so", Texts{"DAILY"}, Texts{"hourly"}, Texts{"DAILY", "HOURLY"},
       Texts{"DAILY", "hourly"}, false},
      {"two that are alike were added", Texts{"daily"}, Texts{"hourly", "hourly"}, Texts{"HOURLY", "DAILY", "HOURLY"},
       Texts{"hourly", "daily", "hourly"}, false},
      {"it was made since", std::nullopt, Texts{"daily"}, Texts{"DAILY", "WEEKLY"}, Texts{"daily", "WEEKLY"}, false},
      {"one was removed again", Texts{"daily"}, Texts{"hourly", "weekly"}, Texts{"DAILY", "HOURLY"},
       Texts{"daily", "hourly"}, true},
      {"it is nowhere any more", std::nullopt, Texts{"daily", "hourly"}, std::nullopt, std::nullopt, true},
      {"it is recorded, and gone since", Texts{"daily"}, Texts{"hourly"}, std::nullopt, Texts{"daily"}, true},
  };
  for (const Case& one : cases) {
    RowsBeside beside{.paused = firing_in(with(one.paused), kinds_)};
    std::vector<Resource> wanted = with(one.recorded);
    const std::vector<Resource> others = with(one.newest);
    bool asked = false;
    stand_beside(beside, kinds_, wanted, [&]() -> const std::vector<Resource>& {
      asked = true;
      return others;
    });
    EXPECT_EQ(asked, one.recorded != Texts{"DAILY"} || one.newest) << one.what;
    EXPECT_EQ(beside.absent, one.absent ? Texts{"boards/sales"} : Texts{}) << one.what;
    ASSERT_EQ(wanted.size(), one.whole ? 1U : 0U) << one.what;
    ASSERT_EQ(beside.rows.size(), wanted.size()) << one.what;
    if (!one.whole) continue;
    EXPECT_EQ(read(wanted.front().row), *one.whole) << one.what;
    EXPECT_EQ(beside.rows.begin()->second, wanted.front().row) << one.what;
    EXPECT_EQ(beside.rows.begin()->first, std::pair(std::string("boards"), wanted.front().row.key)) << one.what;
  }
}

TEST_F(Board, of_a_kind_that_nobody_knows_is_left_out) {
  PausedState odd = state("a", k_on);
  odd.kind = "odd";
  RowsBeside beside{.paused = {odd}};
  std::vector<Resource> wanted;
  stand_beside(beside, kinds_, wanted, [&]() -> const std::vector<Resource>& { return wanted; });
  EXPECT_TRUE(beside.rows.empty());
  EXPECT_TRUE(wanted.empty());
}

}  // namespace
}  // namespace holdfast::engine
