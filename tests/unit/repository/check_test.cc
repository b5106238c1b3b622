#include "repository/names.h"
#include "repository/repository.h"
#include "repository_fixture.h"
#include "storage/decorators/fault_backend.h"

namespace holdfast::repository {
namespace {

using test::RepositoryWorld;

TEST(Check, finds_nothing_in_a_sound_repository_and_reads_no_more_than_its_level_needs) {
  RepositoryWorld world;
  const Snapshot first = world.backup(*world.open(), test::some_rows(200));
  world.backup(*world.open(), test::some_rows(220), first);
  storage::CallCounts counts;
  const auto counted = storage::make_fault_backend(*world.backend, {}, &counts);
  const auto repository = world.open(*counted);
  const std::uint64_t opened = counts.gets;
  const CheckReport listing = repository->check({CheckLevel::listing, 1.0, {}, {}});
  EXPECT_TRUE(listing.findings.empty());
  EXPECT_EQ(counts.gets, opened);
  EXPECT_EQ(listing.objects, test::objects_of(*world.backend).size());
  const CheckReport structure = repository->check({CheckLevel::structure, 1.0, {}, {}});
  EXPECT_TRUE(structure.findings.empty());
  EXPECT_EQ(structure.packs_read, 0u);
  const CheckReport data = repository->check({CheckLevel::data, 1.0, {}, {}});
  EXPECT_TRUE(data.findings.empty());
  EXPECT_EQ(data.packs_read, repository->stats().packs);
  EXPECT_TRUE(data.warnings.empty());
}

TEST(Check, reads_first_what_was_read_longest_ago) {
  RepositoryWorld world;
  world.backup(*world.open(), test::some_rows(1500));
  const auto repository = world.open();
  const std::uint64_t packs = repository->stats().packs;
  ASSERT_GE(packs, 3u);
  const double share = 1.0 / static_cast<double>(packs);
  for (std::uint64_t i = 0; i < packs; ++i) {
    world.clock.advance(std::chrono::hours(1));
    EXPECT_EQ(world.open()->check({CheckLevel::data, share * 0.99, {}, {}}).packs_read, 1u);
  }
  std::size_t remembered = 0;
  world.state->list(
      "", [&](const storage::ObjectInfo& info) { remembered += info.name.find("/checked/") != std::string::npos; });
  EXPECT_EQ(remembered, packs) << "after as many rounds, each pack was read once";
}

TEST(Check, warns_of_sessions_that_did_not_end_and_of_foreign_objects) {
  RepositoryWorld world;
  world.backup(*world.open(), test::some_rows(10));
  { const auto dropped = world.open()->begin_session(std::nullopt); }
  world.backend->put("notes.txt", "mine");
  const CheckReport report = world.open()->check({});
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.warnings.size(), 2u);
}

TEST(Check, tells_of_all_sessions_that_did_not_end_in_one_line_with_the_oldest) {
  RepositoryWorld world;
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) {
    world.clock.advance(std::chrono::hours(1));
    names.push_back(world.open()->begin_session(std::nullopt)->id().name());
  }
  const CheckReport report = world.open()->check({});
  EXPECT_TRUE(report.findings.empty());
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_NE(report.warnings[0].find("3 sessions"), std::string::npos) << report.warnings[0];
  EXPECT_NE(report.warnings[0].find(names[0]), std::string::npos) << report.warnings[0];
  ASSERT_EQ(report.unfinished.size(), 3u);
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(report.unfinished[i].name, names[i]);
    EXPECT_EQ(report.unfinished[i].host, "test-host");
    EXPECT_EQ(report.unfinished[i].started, test::k_start + std::chrono::hours(i + 1));
  }
}

TEST(Check, stops_when_it_is_asked_to) {
  RepositoryWorld world;
  world.backup(*world.open(), test::some_rows(10));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(test::error_of([&] {
              world.open()->check({CheckLevel::data, 1.0, stop.get_token(), {}});
            }),
            base::ErrorKind::cancelled);
}

TEST(Check, names_a_lost_pack_and_what_is_lost_with_it) {
  RepositoryWorld world;
  const Snapshot first = world.backup(*world.open(), test::some_rows(60));
  std::string pack;
  for (const auto& [name, bytes] : test::objects_of(*world.backend))
    if (parse_pack_name(name)) pack = name;
  world.backend->remove(pack);
  const CheckReport report = world.open()->check({});
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].object, pack);
  EXPECT_EQ(report.findings[0].snapshots, std::vector<std::string>{first.id.short_id()});
  EXPECT_FALSE(report.findings[0].keys.empty());
}

}  // namespace
}  // namespace holdfast::repository
