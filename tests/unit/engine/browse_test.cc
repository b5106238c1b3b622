#include "engine/browse.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "support/engine_world.h"

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
    for (const ListEntry& entry : list(*world.repository, snapshot, path)) {
      EXPECT_GT(entry.bytes, 0U);
      out[entry.name] = entry.rows;
    }
    return out;
  }
  Error error_of(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return Error(ErrorKind::internal, "");
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

TEST_F(Browse, names_the_collections_there_are) {
  const Error error = error_of([&] { list(*world.repository, snapshot, "aspects"); });
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
  const Error object = error_of([&] { show(*world.repository, snapshot, "aspect/urn:li:tag:finanze/tagProperties"); });
  EXPECT_EQ(object.kind(), ErrorKind::not_found);
  EXPECT_NE(object.hint().find("urn:li:tag:finance"), std::string::npos) << object.hint();
  const Error aspect =
      error_of([&] { show(*world.repository, snapshot, std::string("aspect/") + k_dataset + "/state"); });
  EXPECT_NE(aspect.hint().find("ownership, status"), std::string::npos) << aspect.hint();
  const Error listing = error_of([&] { list(*world.repository, snapshot, "aspect/urn:li:tag:funny"); });
  EXPECT_NE(listing.hint().find("urn:li:tag:fun"), std::string::npos) << listing.hint();
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

}  // namespace
}  // namespace holdfast::engine
