#include "repository/local_state.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "storage/memory/memory_backend.h"

namespace holdfast::repository {
namespace {

const Identity k_ours{base::Bytes(16, 'i'), base::Bytes(32, 'b'), base::Bytes(32, 'a')};

bool accepts(LocalState& state, std::string_view location, const Identity& identity) {
  try {
    state.check_pin(location, identity);
    return true;
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::refused);
    EXPECT_FALSE(error.hint().empty());
    return false;
  }
}

std::size_t objects_in(storage::Backend& backend) {
  std::size_t out = 0;
  backend.list("", [&](const storage::ObjectInfo&) { ++out; });
  return out;
}

TEST(LocalState, pins_what_it_meets_first_at_a_place) {
  const auto backend = storage::make_memory_backend();
  LocalState state(backend.get(), k_ours.id);
  Identity other_admin = k_ours;
  other_admin.admin_public[3] = 'x';
  EXPECT_TRUE(accepts(state, "here", k_ours));
  EXPECT_TRUE(accepts(state, "here", k_ours));
  EXPECT_FALSE(accepts(state, "here", other_admin)) << "the same id with another key is not the same repository";
  EXPECT_TRUE(accepts(state, "there", other_admin));
  state.replace_pin("here", other_admin);
  EXPECT_FALSE(accepts(state, "here", k_ours));
}

TEST(LocalState, remembers_the_highest_snapshot_of_each_writer) {
  const auto backend = storage::make_memory_backend();
  LocalState state(backend.get(), "r");
  state.note_seen({1, 5});
  state.note_seen({1, 4});
  state.note_seen({2, 9});
  state.note_seen({1, 6});
  EXPECT_EQ(state.highest_seen(), (std::map<std::uint32_t, std::uint64_t>{{1, 6}, {2, 9}}));
  EXPECT_EQ(objects_in(*backend), 2u) << "what was passed is dropped";
  EXPECT_TRUE(LocalState(backend.get(), "other").highest_seen().empty());
}

TEST(LocalState, a_crash_between_two_marks_leaves_the_higher_one) {
  const auto backend = storage::make_memory_backend();
  LocalState state(backend.get(), "r");
  for (const std::uint64_t sequence : {7, 6, 5}) backend->put("72/seen/" + SnapshotId{1, sequence}.name(), "1");
  EXPECT_EQ(state.highest_seen().at(1), 7u);
}

TEST(LocalState, remembers_when_a_pack_was_read_last) {
  const auto backend = storage::make_memory_backend();
  LocalState state(backend.get(), "r");
  const base::Bytes pack(16, 'p');
  const base::Instant at{std::chrono::seconds(100)};
  state.note_checked(pack, at);
  state.note_checked(pack, at + std::chrono::hours(1));
  const auto checked = state.checked_packs();
  ASSERT_EQ(checked.size(), 1u);
  EXPECT_EQ(checked.at(base::to_hex(pack)), at + std::chrono::hours(1));
  EXPECT_EQ(objects_in(*backend), 1u);
}

TEST(LocalState, passes_over_names_that_it_did_not_write) {
  const auto backend = storage::make_memory_backend();
  for (const char* name : {"72/seen/x", "72/seen/00000001-7", "72/checked/abc", "72/checked/0-", "72/other"})
    backend->put(name, "1");
  LocalState state(backend.get(), "r");
  EXPECT_TRUE(state.highest_seen().empty());
  EXPECT_TRUE(state.checked_packs().empty());
}

TEST(LocalState, without_a_place_remembers_nothing_and_refuses_nothing) {
  LocalState state(nullptr, "r");
  EXPECT_TRUE(accepts(state, "here", k_ours));
  EXPECT_TRUE(accepts(state, "here", {}));
  state.note_seen({1, 5});
  state.note_checked(base::Bytes(16, 'p'), base::Instant{});
  EXPECT_TRUE(state.highest_seen().empty());
  EXPECT_TRUE(state.checked_packs().empty());
}

}  // namespace
}  // namespace holdfast::repository
