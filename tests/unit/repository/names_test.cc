#include "repository/names.h"

#include <gtest/gtest.h>

namespace holdfast::repository {
namespace {

TEST(Names, of_snapshots_round_trip_and_sort_by_number) {
  const SnapshotId id{0x1f, 0x2a};
  EXPECT_EQ(id.name(), "0000001f-000000000000002a");
  EXPECT_EQ(SnapshotId::parse(id.name()), id);
  EXPECT_EQ(id.short_id().size(), 8u);
  EXPECT_NE(id.short_id(), (SnapshotId{0x1f, 0x2b}.short_id()));
  for (const std::string_view text :
       {"", "0000001f", "0000001F-000000000000002a", "0000001f_000000000000002a", "0000001f-00000000000002a",
        "0000001f-000000000000002a0", "0000001g-000000000000002a"})
    EXPECT_FALSE(SnapshotId::parse(text)) << text;
}

TEST(Names, of_packs_runs_and_records_round_trip) {
  const base::Bytes pack(16, '\xab');
  EXPECT_EQ(pack_name(pack), "packs/ab/abababababababababababababababab");
  EXPECT_EQ(parse_pack_name(pack_name(pack)), pack);
  EXPECT_FALSE(parse_pack_name("packs/ac/abababababababababababababababab"));
  const RunName run{{1, 2}, 3};
  EXPECT_EQ(run.name(), "index/00000001-0000000000000002-00000003");
  EXPECT_EQ(RunName::parse(run.name()), run);
  const ForgetName forget{{1, 2}, 10, Mark::undelete};
  EXPECT_EQ(forget.name(), "forgets/00000001-0000000000000002-0000000a-undelete");
  const auto parsed = ForgetName::parse(forget.name());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->name(), forget.name());
  EXPECT_FALSE(ForgetName::parse("forgets/00000001-0000000000000002-0000000a-remember"));
}

TEST(Names, others_are_no_objects) {
  for (const std::string_view name :
       {"", "configs", "keys/", "keys/0123456789abcdeg", "sessions/1-2", "packs/ab", "lock"})
    EXPECT_FALSE(is_object_name(name)) << name;
  for (const std::string_view name : {"config", "keys/0123456789abcdef", "writers/00000002"})
    EXPECT_TRUE(is_object_name(name)) << name;
}

}  // namespace
}  // namespace holdfast::repository
