#include "engine/browse.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "base/error.h"
#include "support/engine_world.h"
#include "support/errors.h"

namespace holdfast::engine {
namespace {

using base::Error;
using base::ErrorKind;
using repository::Snapshot;
using test::EngineWorld;

constexpr const char* k_dataset = "urn:li:dataset:(urn:li:dataPlatform:kafka,a/b,PROD)";

class Browse : public testing::Test {
protected:
  Browse() {
    world.connector.put(test::aspect_row(k_dataset, "ownership", "{}"));
    world.connector.put(test::aspect_row(k_dataset, "status", "{}"));
    world.connector.put(test::aspect_row(k_dataset, "status", R"({"removed":true})", 1));
    world.connector.put(test::aspect_row("urn:li:tag:finance", "tagProperties", "{}"));
    world.connector.put(test::aspect_row("urn:li:tag:fun", "tagProperties", "{}"));
    snapshot = world.backup().snapshot;
  }
  std::map<std::string, std::uint64_t> listed(std::string_view path) {
    std::map<std::string, std::uint64_t> out;
    list(*world.repository, snapshot, path, [&](const ListEntry& entry) {
      EXPECT_GT(entry.bytes, 0U);
      EXPECT_TRUE(out.emplace(entry.name, entry.rows).second) << entry.name << " comes twice";
    });
    return out;
  }
  using Names = std::map<std::string, std::uint64_t>;
  EngineWorld world;
  Snapshot snapshot;
};

TEST_F(Browse, lists_collections_types_objects_aspects_and_versions) {
  EXPECT_EQ(listed(""), (Names{{"aspect", 5}}));
  EXPECT_EQ(listed("aspect"), (Names{{"dataset", 3}, {"tag", 2}}));
  EXPECT_EQ(listed("aspect/tag"), (Names{{"urn:li:tag:finance", 1}, {"urn:li:tag:fun", 1}}));
  EXPECT_EQ(listed("aspect/urn:li:dataset"), (Names{{k_dataset, 3}}));
  EXPECT_EQ(listed(std::string("aspect/") + k_dataset), (Names{{"ownership", 1}, {"status", 2}}));
  EXPECT_EQ(listed(std::string("aspect/") + k_dataset + "/status"), (Names{{"0", 1}, {"1", 1}}));
}

TEST_F(Browse, lists_a_row_as_itself) {
  EXPECT_EQ(listed(std::string("aspect/") + k_dataset + "/status/1"), (Names{{"1", 1}}));
}

TEST_F(Browse, finds_its_way_through_slashes_in_urns_and_aspects) {
  for (const char* urn : {"urn:li:tag:a/", "urn:li:tag:a/b", "/", "urn:li:tag:50%2F"})
    world.connector.put(test::aspect_row(urn, "c/d", "{}"));
  snapshot = world.backup().snapshot;
  for (const std::string urn : {"urn:li:tag:a/", "urn:li:tag:a/b", "urn:li:tag:50%2F"}) {
    EXPECT_EQ(listed("aspect/" + urn), (Names{{"c%2Fd", 1}})) << urn;
    EXPECT_EQ(listed("aspect/" + urn + "/c%2Fd"), (Names{{"0", 1}})) << urn;
    EXPECT_EQ(show(*world.repository, snapshot, "aspect/" + urn + "/c%2Fd"), test::aspect_row(urn, "c/d", "{}"));
  }
  std::uint64_t rows = 0;
  find(*world.repository, snapshot, model::Selection(), [&](const std::string& path, std::uint64_t) {
    ++rows;
    EXPECT_NO_THROW(show(*world.repository, snapshot, path)) << path;
  });
  EXPECT_EQ(rows, 9U);
}

TEST_F(Browse, names_the_collections_there_are) {
  const Error error = test::thrown_by([&] { listed("aspects"); });
  EXPECT_EQ(error.kind(), ErrorKind::not_found);
  EXPECT_NE(error.hint().find("aspect"), std::string::npos);
}

TEST_F(Browse, shows_one_row) {
  const std::string path = std::string("aspect/") + k_dataset + "/status";
  EXPECT_EQ(show(*world.repository, snapshot, path), test::aspect_row(k_dataset, "status", "{}"));
  EXPECT_EQ(show(*world.repository, snapshot, path + "/1"),
            test::aspect_row(k_dataset, "status", R"({"removed":true})", 1));
}

TEST_F(Browse, suggests_near_names_for_what_is_not_there) {
  const Error object =
      test::thrown_by([&] { show(*world.repository, snapshot, "aspect/urn:li:tag:finanze/tagProperties"); });
  EXPECT_EQ(object.kind(), ErrorKind::not_found);
  EXPECT_EQ(object.hint(), "Near names are: \"urn:li:tag:finance\".");
  const Error aspect =
      test::thrown_by([&] { show(*world.repository, snapshot, std::string("aspect/") + k_dataset + "/state"); });
  EXPECT_NE(aspect.hint().find("ownership, status"), std::string::npos) << aspect.hint();
  const Error listing = test::thrown_by([&] { listed("aspect/urn:li:tag:funny"); });
  EXPECT_NE(listing.hint().find("urn:li:tag:fun"), std::string::npos) << listing.hint();
}

TEST_F(Browse, suggests_no_name_that_is_not_near) {
  world.connector.put(test::aspect_row("", "tagProperties", "{}"));
  world.connector.put(test::aspect_row("17", "tagProperties", "{}"));
  snapshot = world.backup().snapshot;
  const Error error =
      test::thrown_by([&] { show(*world.repository, snapshot, "aspect/urn:li:tag:quarterly/tagProperties"); });
  EXPECT_EQ(error.hint(), fmt::format("See \"holdfast ls {} aspect\" for those there are.", snapshot.id.short_id()));
}

TEST_F(Browse, finds_by_glob_with_paths_that_show_understands) {
  std::vector<std::string> paths;
  find(*world.repository, snapshot, model::Selection({"urn:li:*"}), [&](const std::string& path, std::uint64_t bytes) {
    EXPECT_GT(bytes, 0U);
    paths.push_back(path);
  });
  ASSERT_EQ(paths.size(), 5U);
  for (const std::string& path : paths) EXPECT_NO_THROW(show(*world.repository, snapshot, path)) << path;
  paths.clear();
  find(*world.repository, snapshot, model::Selection({"type:tag,*fun"}),
       [&](const std::string& path, std::uint64_t) { paths.push_back(path); });
  EXPECT_EQ(paths, (std::vector<std::string>{"aspect/urn:li:tag:fun/tagProperties/0"}));
}

TEST_F(Browse, ends_soon_after_a_stop_request) {
  std::stop_source stop;
  stop.request_stop();
  const model::Selection all;
  const auto nothing = [](const auto&...) {};
  const auto kind_of = [&](const std::function<void()>& work) { return test::thrown_by(work).kind(); };
  EXPECT_EQ(kind_of([&] { list(*world.repository, snapshot, "aspect", nothing, stop.get_token()); }),
            ErrorKind::cancelled);
  EXPECT_EQ(kind_of([&] { find(*world.repository, snapshot, all, nothing, stop.get_token()); }), ErrorKind::cancelled);
  EXPECT_EQ(kind_of([&] { find_in_all(*world.repository, {snapshot}, all, nothing, stop.get_token()); }),
            ErrorKind::cancelled);
}

TEST_F(Browse, finds_in_all_snapshots_the_same_however_few_paths_fit_into_memory) {
  std::vector<Snapshot> snapshots{snapshot};
  world.connector.erase(test::aspect_key("urn:li:tag:fun", "tagProperties"));
  world.connector.put(test::aspect_row("urn:li:tag:new", "tagProperties", "{}"));
  snapshots.push_back(world.backup().snapshot);
  world.connector.put(test::aspect_row("urn:li:tag:fun", "tagProperties", "{}"));
  snapshots.push_back(world.backup().snapshot);
  using Line = std::tuple<std::string, std::size_t, std::size_t, std::uint64_t>;
  const auto found = [&](const char* pattern, std::size_t keys_max) {
    std::vector<Line> out;
    find_in_all(
        *world.repository, snapshots, model::Selection({pattern}),
        [&](const Sighting& one) { out.emplace_back(one.path, one.first, one.last, one.snapshots); }, {}, keys_max);
    return out;
  };
  const std::vector<Line> tags{{"aspect/urn:li:tag:finance/tagProperties/0", 0, 2, 3},
                               {"aspect/urn:li:tag:fun/tagProperties/0", 0, 2, 2},
                               {"aspect/urn:li:tag:new/tagProperties/0", 1, 2, 2}};
  const std::vector<Line> all = found("*", 1000);
  EXPECT_EQ(all.size(), 6U);
  for (const std::size_t keys_max : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{1000}}) {
    EXPECT_EQ(found("type:tag", keys_max), tags) << keys_max;
    EXPECT_EQ(found("*", keys_max), all) << keys_max;
  }
  EXPECT_TRUE(found("urn:li:nothing", 1).empty());
}

}  // namespace
}  // namespace holdfast::engine
