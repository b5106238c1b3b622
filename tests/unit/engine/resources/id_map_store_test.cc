#include "engine/resources/id_map_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>

#include "storage/memory/memory_backend.h"
#include "support/errors.h"

namespace holdfast::engine {
namespace {

class IdMapStoring : public testing::Test {
protected:
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
};

TEST_F(IdMapStoring, remembers_what_was_learnt) {
  IdMapStore(*state_, "Primary/ä", "b").learn({{"jobs", "1", "2", "n", "n", model::Learnt::created}});
  IdMapStore again(*state_, "Primary/ä", "b");
  ASSERT_TRUE(again.by_source("jobs", "1"));
  EXPECT_EQ(again.by_target("jobs", "2")->source_id, "1");
  EXPECT_FALSE(IdMapStore(*state_, "b", "Primary/ä").by_source("jobs", "1"));
}

TEST_F(IdMapStoring, lets_a_later_record_take_the_place_of_an_earlier_one) {
  {
    IdMapStore store(*state_, "Primary/ä", "b");
    store.learn({{"jobs", "1", "2", "", "", model::Learnt::created}});
    store.learn({{"jobs", "1", "3", "", "", model::Learnt::created}});
    store.learn({{"jobs", "9", "3", "", "", model::Learnt::imported}});
  }
  IdMapStore again(*state_, "Primary/ä", "b");
  EXPECT_FALSE(again.by_source("jobs", "1"));
  EXPECT_EQ(again.by_source("jobs", "9")->target_id, "3");
  EXPECT_EQ(again.snapshot().size(), 1U);
}

TEST_F(IdMapStoring, learns_from_several_threads_at_once) {
  {
    IdMapStore store(*state_, "Primary/ä", "b");
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&store, thread] {
        for (int i = 0; i < 50; ++i) {
          const std::string id = fmt::format("{}-{}", thread, i);
          store.learn({{"jobs", id, "t" + id, "", "", model::Learnt::created}});
        }
      });
  }
  EXPECT_EQ(IdMapStore(*state_, "Primary/ä", "b").snapshot().size(), 200U);
}

// It could never be read again.
TEST_F(IdMapStoring, learns_nothing_without_an_id) {
  IdMapStore store(*state_, "a", "b");
  EXPECT_EQ(test::error_of([&] {
              store.learn({{"jobs", "1", "", "n", "n", model::Learnt::created}});
            }),
            base::ErrorKind::internal);
  EXPECT_EQ(test::error_of([&] {
              store.learn({{"jobs", "", "2", "n", "n", model::Learnt::created}});
            }),
            base::ErrorKind::internal);
  EXPECT_EQ(IdMapStore(*state_, "a", "b").snapshot().size(), 0U);
}

TEST_F(IdMapStoring, names_a_record_that_cannot_be_read) {
  IdMapStore(*state_, "a", "b").learn({{"jobs", "1", "2", "", "", model::Learnt::created}});
  state_->put("idmap/61-62/0000000001", "{");
  EXPECT_EQ(test::error_of([&] { IdMapStore store(*state_, "a", "b"); }), base::ErrorKind::corruption);
}

// 1 was made anew as 7, and that as 9.
TEST_F(IdMapStoring, leads_from_what_was_made_anew_on_the_source_wherever_a_snapshot_begins) {
  IdMapStore(*state_, "a", "b").learn({{"jobs", "9", "20", "", "", model::Learnt::created}});
  IdMapStore(*state_, "a", "a").learn({{"jobs", "1", "7", "", "", model::Learnt::created}});
  IdMapStore(*state_, "a", "a").learn({{"jobs", "7", "9", "", "", model::Learnt::created}});
  const auto leads = [&](const std::string& target, const std::string& from, const std::set<std::string>& snapshot) {
    const auto has = [&](const std::string& kind, const std::string& id) {
      return kind == "jobs" && snapshot.contains(id);
    };
    const model::IdMap ids =
        ids_as_called(IdMapStore(*state_, "a", target).snapshot(), IdMapStore(*state_, "a", "a").snapshot(), has);
    const model::IdEntry* entry = ids.by_source("jobs", from);
    return entry ? entry->target_id : std::string();
  };
  for (const char* id : {"1", "7", "9"}) EXPECT_EQ(leads("b", id, {id}), "20") << id;
  for (const char* id : {"1", "7"}) EXPECT_EQ(leads("a", id, {id}), "9") << id;
  EXPECT_EQ(leads("b", "9", {"1", "9"}), "20") << "the snapshot has both";
  EXPECT_EQ(leads("b", "1", {"1", "9"}), "");
  IdMapStore(*state_, "a", "b").learn({{"jobs", "1", "20", "", "", model::Learnt::created}});
  for (const char* id : {"1", "7", "9"}) EXPECT_EQ(leads("b", id, {id}), "20") << id << ", by the first of its ids";
  const model::IdMap anew = IdMapStore(*state_, "a", "a").snapshot();
  for (const char* id : {"1", "7", "9"})
    EXPECT_EQ(ids_ever(anew, "jobs", id), (std::set<std::string>{"1", "7", "9"})) << id;
  EXPECT_EQ(ids_ever(anew, "pools", "1"), std::set<std::string>{"1"});
}

}  // namespace
}  // namespace holdfast::engine
