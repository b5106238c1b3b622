#include "repository/records.h"

#include "repository/compressor.h"
#include "repository/local_state.h"
#include "repository_fixture.h"

namespace holdfast::repository {
namespace {

TEST(Records, of_sessions_round_trip) {
  const SessionRecord record{SnapshotId{3, 4}, "host", "program", test::k_start};
  EXPECT_EQ(decode_session(encode_session(record), "x"), record);
  const SessionRecord first{std::nullopt, "", "", {}};
  EXPECT_EQ(decode_session(encode_session(first), "x"), first);
  EXPECT_THROW(decode_session(encode_session(record) + "x", "x"), base::Error);
}

TEST(Records, of_forgetting_say_what_their_name_says) {
  ForgetRecord record{{{1, 2}, 3, Mark::forget}, "old", "host", test::k_start};
  const base::Bytes payload = encode_forget(record);
  EXPECT_EQ(decode_forget(payload, record.name).reason, "old");
  EXPECT_THROW(decode_forget(payload, {{1, 2}, 4, Mark::forget}), base::Error);
  EXPECT_THROW(decode_forget(payload, {{1, 2}, 3, Mark::undelete}), base::Error);
  EXPECT_THROW(decode_forget(payload, {{1, 3}, 3, Mark::forget}), base::Error);
}

TEST(Records, of_snapshots_refuse_every_truncation) {
  Compressor compressor;
  Snapshot snapshot;
  snapshot.connector = "catalog";
  snapshot.outcomes = {"one thing failed"};
  snapshot.index_runs = {RunName{{1, 2}, 0}.name()};
  const base::Bytes payload = encode_snapshot(snapshot, compressor);
  const Snapshot read = decode_snapshot(payload, compressor, "x");
  EXPECT_EQ(read.outcomes, snapshot.outcomes);
  EXPECT_EQ(read.index_runs, snapshot.index_runs);
  EXPECT_TRUE(read.partial());
  for (std::size_t size = 0; size < payload.size(); ++size)
    EXPECT_THROW(decode_snapshot(payload.substr(0, size), compressor, "x"), base::Error) << size;
}

TEST(Compressor, gives_back_what_it_took_and_grows_by_a_byte_at_most) {
  Compressor compressor;
  test::SeededRandom random(6);
  for (const base::Bytes& plain : {base::Bytes(), base::Bytes("a"), base::Bytes(100'000, 'a'), random.bytes(5000)}) {
    const base::Bytes compressed = compressor.compress(plain);
    EXPECT_LE(compressed.size(), plain.size() + 1);
    EXPECT_EQ(compressor.decompress(compressed, plain.size(), "x"), plain);
    EXPECT_THROW(compressor.decompress(compressed, plain.size() + 1, "x"), base::Error);
  }
  EXPECT_LT(compressor.compress(base::Bytes(100'000, 'a')).size(), 100u);
  EXPECT_THROW(compressor.decompress("\x02xyz", 3, "x"), base::Error);
  EXPECT_THROW(compressor.decompress("", 0, "x"), base::Error);
}

TEST(LocalState, remembers_the_highest_number_of_each_writer) {
  const auto backend = storage::make_memory_backend();
  LocalState state(backend.get(), std::string(16, 'r'));
  state.note_seen({1, 5});
  state.note_seen({1, 3});
  state.note_seen({2, 1});
  state.note_seen({1, 9});
  EXPECT_EQ(state.highest_seen(), (std::map<std::uint32_t, std::uint64_t>{{1, 9}, {2, 1}}));
  EXPECT_EQ(test::objects_of(*backend).size(), 2u) << "older marks go";
  EXPECT_TRUE(LocalState(backend.get(), std::string(16, 'q')).highest_seen().empty());
  LocalState forgetful(nullptr, std::string(16, 'r'));
  forgetful.note_seen({1, 1});
  EXPECT_TRUE(forgetful.highest_seen().empty());
}

}  // namespace
}  // namespace holdfast::repository
