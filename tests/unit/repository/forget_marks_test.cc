#include "repository/forget_marks.h"

#include "repository_fixture.h"
#include "storage/decorators/fault_backend.h"

namespace holdfast::repository {
namespace {

using test::RepositoryWorld;

struct MarksWorld : RepositoryWorld {
  Config config = decode_config(backend->get_all(k_config_name));
  KeyRing ring = open_ring(config, test::fresh_repository().master.secret);
  Keychain keys{*backend, config, open_ring(config, test::fresh_repository().master.secret)};
  Warnings warnings;
  SnapshotId id = open()->begin_session(std::nullopt)->id();
  Signer signer{id.writer, ring.writer_secret};

  ForgetMarks marks(storage::Backend& from) { return {from, keys, warnings}; }
  void set(Mark mark) { marks(*backend).set(id, mark, signer, environment(), "a reason"); }
  std::optional<Mark> now() {
    const auto all = marks(*backend).read();
    const auto found = all.find(id);
    return found == all.end() ? std::nullopt : std::optional(found->second);
  }
  std::size_t records() { return marks(*backend).names_of(id).size(); }
};

TEST(ForgetMarks, count_by_the_highest_number) {
  MarksWorld world;
  EXPECT_FALSE(world.now());
  for (const Mark mark : {Mark::forget, Mark::undelete, Mark::forget}) {
    world.set(mark);
    EXPECT_EQ(world.now(), mark);
  }
  const auto names = world.marks(*world.backend).names_of(world.id);
  ASSERT_EQ(names.size(), 3u);
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(names[i].number, i + 1);
}

TEST(ForgetMarks, that_are_there_already_are_not_written_again) {
  MarksWorld world;
  world.set(Mark::undelete);
  EXPECT_EQ(world.records(), 0u) << "what was never forgotten needs no mark";
  world.set(Mark::forget);
  world.set(Mark::forget);
  EXPECT_EQ(world.records(), 1u);
}

TEST(ForgetMarks, keep_who_when_and_why) {
  MarksWorld world;
  world.set(Mark::forget);
  const ForgetRecord record = world.marks(*world.backend).open({world.id, 1, Mark::forget});
  EXPECT_EQ(record.reason, "a reason");
  EXPECT_EQ(record.host, "test-host");
  EXPECT_EQ(record.at, world.clock.now());
}

TEST(ForgetMarks, that_are_damaged_leave_the_one_before_in_force_and_are_told) {
  MarksWorld world;
  world.set(Mark::forget);
  world.set(Mark::undelete);
  const std::string last = ForgetName{world.id, 2, Mark::undelete}.name();
  base::Bytes damaged = world.backend->get_all(last);
  damaged[100] ^= 1;
  test::replace(*world.backend, last, damaged);
  EXPECT_EQ(world.now(), Mark::forget);
  ASSERT_EQ(world.warnings.lines().size(), 1u);
  EXPECT_NE(world.warnings.lines()[0].find(last), std::string::npos);
  world.set(Mark::undelete);
  EXPECT_EQ(world.now(), Mark::undelete) << "the next one has a number above the damaged one";
}

// The number of a record is part of what is signed: an old mark cannot be brought back under a higher one.
TEST(ForgetMarks, under_another_name_do_not_count) {
  MarksWorld world;
  world.set(Mark::forget);
  world.set(Mark::undelete);
  const base::Bytes old = world.backend->get_all(ForgetName{world.id, 1, Mark::forget}.name());
  world.backend->put(ForgetName{world.id, 3, Mark::forget}.name(), old);
  EXPECT_EQ(world.now(), Mark::undelete);
}

TEST(ForgetMarks, of_a_host_that_may_only_write_count_for_its_own_snapshots) {
  MarksWorld world;
  const WriterSecrets host = decode_writer_key(world.open()->make_writer("host").text);
  const SnapshotId own{host.signer.writer, 1};
  ForgetMarks marks = world.marks(*world.backend);
  marks.set(own, Mark::forget, host.signer, world.environment(), "mine");
  marks.set({own.writer, 2}, Mark::forget, host.signer, world.environment(), "mine too");
  EXPECT_EQ(marks.read().size(), 2u);
  marks.set(world.id, Mark::forget, host.signer, world.environment(), "not mine");
  EXPECT_EQ(world.records(), 1u);
  EXPECT_FALSE(world.now());
}

TEST(ForgetMarks, are_read_once) {
  MarksWorld world;
  world.set(Mark::forget);
  storage::CallCounts counts;
  const auto counted = storage::make_fault_backend(*world.backend, {}, &counts);
  ForgetMarks marks = world.marks(*counted);
  marks.read();
  marks.read();
  EXPECT_EQ(counts.gets, 1u);
  EXPECT_EQ(counts.lists, 2u);
}

}  // namespace
}  // namespace holdfast::repository
