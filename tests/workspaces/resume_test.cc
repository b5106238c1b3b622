// A backup of a workspace that ends early, wherever and however, and the next one, which goes on from there: it holds
// what one would hold that was never disturbed, and reads nothing twice but what was under way.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <new>

#include "base/error.h"
#include "base/json.h"
#include "engine/kept_rows.h"
#include "engine/previous_rows.h"
#include "sim/databricks/seeds.h"
#include "storage/memory/memory_backend.h"
#include "support/errors.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

using engine::BackupOptions;
using engine::BackupResult;
using Strike = PowerSwitch::Strike;

constexpr std::uint64_t k_notebooks = 90;
constexpr std::uint64_t k_seed = 31;
constexpr const char* k_export = "GET /api/2.0/workspace/export";
// Calls that may be on their way, or have come back a moment ago, when a run of two readers ends.
constexpr std::uint64_t k_under_way = 48;

// A second goes by whenever anybody looks: what is kept is on disk at once.
class Ticking : public base::Clock {
public:
  explicit Ticking(ManualClock& clock) : clock_(clock) {}
  base::Instant now() const override { return clock_.now(); }
  base::Duration elapsed() const override { return std::chrono::seconds(++ticks_); }
  bool sleep(base::Duration duration, std::stop_token stop) const override {
    return clock_.sleep(duration, std::move(stop));
  }

private:
  ManualClock& clock_;
  mutable std::atomic<std::int64_t> ticks_{0};
};

// Takes no word of what is kept.
class Deaf : public RecordedEvents {
public:
  void note(std::string_view text) override {
    if (text.find("kept on this host") != std::string_view::npos) throw std::bad_alloc();
    RecordedEvents::note(text);
  }
};

using Content = std::map<std::string, RowMap>;

// A repository, and the hosts that back up into it.
struct Place {
  EngineWorld world;
  PowerSwitch power;
  std::unique_ptr<storage::Backend> state = storage::make_memory_backend();
  std::unique_ptr<storage::Backend> other_state = storage::make_memory_backend();  // of another host

  Content content(const repository::Snapshot& snapshot) {
    const auto repository = world.open(*world.backend);
    Content out;
    for (const repository::Tree& tree : snapshot.trees)
      for (repository::TreeCursor row(repository->blocks(), tree); row.valid(); row.next())
        out[tree.name].emplace(base::Bytes(row.current().key), base::to_row(row.current()));
    return out;
  }
  std::size_t kept_objects() {
    std::size_t count = 0;
    state->list("kept/", [&](const storage::ObjectInfo&) { ++count; });
    return count;
  }
};

class ResumeTest : public testing::Test {
protected:
  ResumeTest() : workspace_(clock_, k_seed) {
    sim::databricks::seed_workspace(workspace_.stand_in,
                                    fmt::format("notebooks={},permissions=20,groups=2,members=4,jobs=3", k_notebooks));
  }

  struct How {
    BackupOptions options = EngineWorld::small();
    SwitchedHttp::Witness witness{};
    std::stop_token stop{};
    bool on_other_host = false;
    base::Events* events = nullptr;  // nullptr: the place's
  };
  BackupResult back_up(Place& place, How how) {
    SwitchedBackend stored(*place.world.backend, place.power);
    SwitchedBackend state(how.on_other_host ? *place.other_state : *place.state, place.power);
    const auto repository = place.world.open(stored);
    const auto connector = workspace_.connect(place.power, std::move(how.witness));
    how.options.state = &state;
    workspace_.stand_in.log().clear();
    return engine::backup(*repository, *connector, "primary", how.options,
                          how.events ? *how.events : place.world.events, ticking_, std::move(how.stop));
  }
  BackupResult back_up(Place& place) { return back_up(place, {}); }
  // Those that were answered.
  std::uint64_t exports() {
    const auto log = workspace_.stand_in.log().last();
    return static_cast<std::uint64_t>(std::count_if(
        log.begin(), log.end(), [](const auto& one) { return one.route == k_export && one.status == 200; }));
  }
  // Ends a run at this event as kill -9 does.  False where it came to its end before.
  bool kill(Place& place, Strike strike, std::uint64_t at, BackupOptions options = EngineWorld::small()) {
    place.power.arm(strike, at);
    bool killed = false;
    try {
      (void)back_up(place, {.options = std::move(options)});
    } catch (const PowerCut&) {
      killed = true;
    } catch (const base::Error&) {
      killed = true;  // it had nothing yet that it could have tried to store
    }
    place.power.arm(Strike::never, 0);
    return killed;
  }
  // Events of a run that nobody disturbs.
  std::uint64_t events_of_one() {
    Place place;
    place.power.arm(Strike::never, 0);
    (void)back_up(place);
    return place.power.count();
  }
  std::string told_to_go_on(Place& place) {
    for (const std::string& note : place.world.events.notes())
      if (note.starts_with("goes on: ")) return note;
    return "";
  }
  void write(const std::string& path, const std::string& text) {
    sim::databricks::Seed(workspace_.stand_in)
        .post("/api/2.0/workspace/import",
              {{"path", path}, {"format", "SOURCE"}, {"language", "SQL"}, {"overwrite", true}, {"content", text}});
  }

  ManualClock clock_{base::Instant{std::chrono::seconds(1'795'100'000)}};
  Ticking ticking_{clock_};
  StoodWorkspace workspace_;
};

TEST_F(ResumeTest, holds_the_same_wherever_the_run_before_was_killed) {
  Place undisturbed;
  const Content expected = undisturbed.content(back_up(undisturbed).snapshot);
  const std::uint64_t whole = exports();
  ASSERT_GE(whole, k_notebooks);
  EXPECT_EQ(undisturbed.kept_objects(), 0U) << "the snapshot has it";
  const std::uint64_t events = events_of_one();
  std::uint64_t kills = 0;
  std::uint64_t most = 0;
  std::uint64_t fewest_again = whole;
  for (std::uint64_t at = 1; at <= events; at += stride(13)) {
    SCOPED_TRACE(at);
    Place place;
    if (!kill(place, at % 2 == 0 ? Strike::after : Strike::before, at)) continue;
    ++kills;
    const std::uint64_t before = exports();
    const BackupResult result = back_up(place);
    ASSERT_FALSE(result.snapshot.partial());
    ASSERT_EQ(place.content(result.snapshot), expected);
    ASSERT_LE(before + exports(), whole + k_under_way);
    ASSERT_EQ(place.kept_objects(), 0U);
    most = std::max(most, before + exports());
    fewest_again = std::min(fewest_again, exports());
  }
  fmt::print("a backup of {} events was killed {} times: {} exports undisturbed, at most {} in both runs\n", events,
             kills, whole, most);
  EXPECT_GT(kills * stride(13), events / 2) << "most places were struck";
  EXPECT_LE(fewest_again, k_under_way);
}

TEST_F(ResumeTest, goes_on_a_second_time) {
  Place undisturbed;
  const Content expected = undisturbed.content(back_up(undisturbed).snapshot);
  const std::uint64_t whole = exports();
  const std::uint64_t events = events_of_one();
  Place place;
  ASSERT_TRUE(kill(place, Strike::after, events / 2));
  std::uint64_t sum = exports();
  ASSERT_TRUE(kill(place, Strike::after, events / 3));
  sum += exports();
  const BackupResult result = back_up(place);
  EXPECT_EQ(place.content(result.snapshot), expected);
  EXPECT_LE(sum + exports(), whole + 2 * k_under_way);
  EXPECT_NE(told_to_go_on(place), "");
}

TEST_F(ResumeTest, goes_on_after_it_was_stopped_and_says_so_both_times) {
  Place undisturbed;
  const Content expected = undisturbed.content(back_up(undisturbed).snapshot);
  const std::uint64_t whole = exports();
  Place place;
  std::stop_source stop;
  std::atomic<std::uint64_t> seen{0};
  const auto at_half = [&](const net::Request& request) {
    if (request.url.path == "/api/2.0/workspace/export" && ++seen == k_notebooks / 2) stop.request_stop();
  };
  EXPECT_EQ(error_of([&] { (void)back_up(place, {.witness = at_half, .stop = stop.get_token()}); }),
            base::ErrorKind::cancelled);
  const std::uint64_t before = exports();
  const auto notes = place.world.events.notes();
  EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](const std::string& note) {
    return note.find(" resources that were read are kept on this host") != std::string::npos;
  }));
  const auto repository = place.world.open(*place.world.backend);
  EXPECT_FALSE(repository->latest().has_value());
  const auto report = repository->check({repository::CheckLevel::data, 1.0, {}, {}});
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.unfinished.size(), 1U);
  const BackupResult result = back_up(place);
  EXPECT_EQ(place.content(result.snapshot), expected);
  EXPECT_LE(before + exports(), whole + k_under_way);
  EXPECT_NE(told_to_go_on(place).find(" resources were read before"), std::string::npos);
}

TEST_F(ResumeTest, tells_why_it_ended_also_where_it_cannot_say_what_is_kept) {
  Place place;
  std::stop_source stop;
  std::atomic<std::uint64_t> seen{0};
  const auto at_half = [&](const net::Request& request) {
    if (request.url.path == "/api/2.0/workspace/export" && ++seen == k_notebooks / 2) stop.request_stop();
  };
  Deaf deaf;
  EXPECT_EQ(error_of([&] { (void)back_up(place, {.witness = at_half, .stop = stop.get_token(), .events = &deaf}); }),
            base::ErrorKind::cancelled);
  EXPECT_GT(place.kept_objects(), 0U);
}

TEST_F(ResumeTest, says_nothing_of_kept_resources_where_a_snapshot_has_them) {
  Place place;
  Deaf deaf;
  EXPECT_FALSE(back_up(place, {.events = &deaf}).snapshot.partial());
}

// What was read upon a snapshot that is forgotten since serves nobody: the next one has another parent.
TEST_F(ResumeTest, begins_anew_where_the_snapshot_that_it_went_by_was_forgotten) {
  Place place;
  const BackupResult oldest = back_up(place);
  clock_.advance(std::chrono::minutes(5));
  write("/Shared/in the first", "U0VMRUNUIDQy");
  const BackupResult first = back_up(place);
  clock_.advance(std::chrono::hours(1));
  for (int i = 0; i < 80; ++i) write(fmt::format("/Shared/new {:02}", i), "U0VMRUNUIDQy");
  std::stop_source stop;
  std::atomic<std::uint64_t> seen{0};
  const auto at_half = [&](const net::Request& request) {
    if (request.url.path == "/api/2.0/workspace/export" && ++seen == 70) stop.request_stop();
  };
  EXPECT_EQ(error_of([&] { (void)back_up(place, {.witness = at_half, .stop = stop.get_token()}); }),
            base::ErrorKind::cancelled);
  EXPECT_GT(place.kept_objects(), 0U);
  place.world.open(*place.world.backend)->forget(first.snapshot.id, "a test");
  const BackupResult result = back_up(place);
  EXPECT_EQ(told_to_go_on(place), "");
  EXPECT_EQ(result.snapshot.parent, oldest.snapshot.id);
  EXPECT_GE(exports(), 31U) << "all that the oldest has not";
  EXPECT_EQ(place.kept_objects(), 0U);
  Place fresh;
  EXPECT_EQ(place.content(result.snapshot), fresh.content(back_up(fresh).snapshot));
}

TEST_F(ResumeTest, reads_again_what_changed_meanwhile_and_forgets_what_went) {
  Place place;
  ASSERT_TRUE(kill(place, Strike::after, events_of_one() * 9 / 10));
  std::vector<std::string> paths;
  {
    Place other;
    const Content all = other.content(back_up(other).snapshot);
    for (const auto& [key, row] : all.at("notebooks")) {
      const auto body = nlohmann::json::parse(row.columns.at(0).value());
      paths.push_back(body.at("path"));
    }
  }
  ASSERT_GE(paths.size(), 4U);
  clock_.advance(std::chrono::minutes(5));
  write(paths[0], "U0VMRUNUIDQy");  // SELECT 42
  workspace_.stand_in.call("POST", "/api/2.0/workspace/delete", {{"path", paths[1]}});
  // Another one of the same path is another one, though nobody could tell by the time alone.
  workspace_.stand_in.call("POST", "/api/2.0/workspace/delete", {{"path", paths[2]}});
  write(paths[2], "U0VMRUNUIDQz");
  Place fresh;
  const Content now = fresh.content(back_up(fresh).snapshot);
  EXPECT_EQ(place.content(back_up(place).snapshot), now);
  EXPECT_NE(told_to_go_on(place), "");
  EXPECT_EQ(now.at("notebooks").size(), paths.size() - 1);
}

TEST_F(ResumeTest, reads_everything_again_after_a_day_or_when_told_to) {
  Place old;
  ASSERT_TRUE(kill(old, Strike::after, events_of_one() * 9 / 10));
  clock_.advance(engine::k_kept_for);
  (void)back_up(old);
  EXPECT_GE(exports(), k_notebooks);
  EXPECT_EQ(told_to_go_on(old), "");
  Place told;
  ASSERT_TRUE(kill(told, Strike::after, events_of_one() * 9 / 10));
  How anew;
  anew.options.anew = true;
  (void)back_up(told, anew);
  EXPECT_GE(exports(), k_notebooks);
}

TEST_F(ResumeTest, leaves_what_it_had_when_another_host_has_backed_all_of_it_up) {
  Place place;
  ASSERT_TRUE(kill(place, Strike::after, events_of_one() * 9 / 10));
  clock_.advance(std::chrono::minutes(5));
  How elsewhere;
  elsewhere.on_other_host = true;
  const BackupResult theirs = back_up(place, elsewhere);
  const BackupResult ours = back_up(place);
  EXPECT_EQ(told_to_go_on(place), "");
  EXPECT_EQ(exports(), 0U) << "their snapshot shows that nothing changed";
  EXPECT_EQ(place.content(ours.snapshot), place.content(theirs.snapshot));
  EXPECT_EQ(place.kept_objects(), 0U);
}

TEST_F(ResumeTest, a_sweep_takes_over_only_what_a_sweep_has_read_and_is_as_old_as_that) {
  Place place;
  (void)back_up(place);
  clock_.advance(std::chrono::hours(2));
  BackupOptions sweep = EngineWorld::small();
  sweep.sweep = platform::Sweep::everything;
  const base::Instant begun = clock_.now();
  ASSERT_TRUE(kill(place, Strike::after, events_of_one() * 9 / 10, sweep));
  clock_.advance(std::chrono::hours(3));
  const base::Instant again = clock_.now();
  const BackupResult swept = back_up(place, {.options = sweep});
  EXPECT_NE(told_to_go_on(place), "");
  EXPECT_LE(exports(), k_under_way);
  EXPECT_GE(engine::last_sweep(swept.snapshot), begun);
  EXPECT_LT(engine::last_sweep(swept.snapshot), again);
}

TEST_F(ResumeTest, what_came_in_behind_the_place_where_a_range_broke_off_is_not_asked_for_again) {
  Place undisturbed;
  const Content expected = undisturbed.content(back_up(undisturbed).snapshot);
  const std::uint64_t whole = exports();
  Place place;
  workspace_.stand_in.faults().add(fmt::format("GET /api/2.0/workspace/export#{}-: token-expired", k_notebooks / 2));
  const BackupResult first = back_up(place);
  const std::uint64_t before = exports();
  EXPECT_TRUE(first.snapshot.partial());
  ASSERT_TRUE(first.ended_by.has_value());
  workspace_.stand_in.faults().clear();
  clock_.advance(std::chrono::minutes(5));
  const BackupResult second = back_up(place);
  EXPECT_FALSE(second.snapshot.partial());
  EXPECT_EQ(place.content(second.snapshot), expected);
  EXPECT_LE(before + exports(), whole + k_under_way);
  EXPECT_EQ(place.kept_objects(), 0U);
}

TEST_F(ResumeTest, another_workspace_under_the_same_name_gets_nothing_of_it) {
  Place place;
  ASSERT_TRUE(kill(place, Strike::after, events_of_one() * 9 / 10));
  StoodWorkspace other(clock_, k_seed + 1);
  sim::databricks::seed_workspace(other.stand_in, "notebooks=5");
  const auto connector = other.connect();
  BackupOptions options = EngineWorld::small();
  options.state = place.state.get();
  const auto repository = place.world.open(*place.world.backend);
  (void)engine::backup(*repository, *connector, "primary", options, place.world.events, ticking_, {});
  EXPECT_EQ(told_to_go_on(place), "");
  EXPECT_EQ(other.stand_in.log().counts_by_route()[k_export], 5U);
}

}  // namespace
}  // namespace holdfast::test
