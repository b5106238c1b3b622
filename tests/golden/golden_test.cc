// Repositories of each published format are read as they were written, for ever.
#include "golden/golden.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "storage/local/local_backend.h"
#include "support/fakes.h"

namespace holdfast::golden {
namespace {

using namespace repository;

class Golden : public ::testing::Test {
protected:
  std::unique_ptr<Repository> open(const std::string& name) {
    const char* source = std::getenv("HOLDFAST_SOURCE_DIR");
    if (source == nullptr) throw std::runtime_error("HOLDFAST_SOURCE_DIR is not set");
    backend_ = storage::open_local_backend(std::string(source) + "/tests/golden/format-1/" + name);
    const Environment environment{&base::system_clock(), &random_, nullptr, "test-host", "test"};
    return Repository::open(*backend_, environment, KeyMaterial{base::Secret(std::string(k_passphrase))});
  }
  static Rows read(Repository& repository, const Snapshot& snapshot) {
    Rows out;
    for (TreeCursor cursor(repository.blocks(), snapshot.trees.at(0)); cursor.valid(); cursor.next()) {
      const base::Row row = base::to_row(cursor.current());
      out[row.key] = row.columns;
    }
    return out;
  }
  test::SeededRandom random_{7};
  std::unique_ptr<storage::Backend> backend_;
};

void expect_sound(Repository& repository) {
  const CheckReport report = repository.check({CheckLevel::data, 1.0, {}, {}});
  for (const Finding& finding : report.findings) ADD_FAILURE() << finding.object << ": " << finding.problem;
  EXPECT_TRUE(repository.warnings().empty());
}

TEST_F(Golden, format_1_is_read_as_it_was_written) {
  const auto repository = open("read-write");
  const auto snapshots = repository->snapshots();
  ASSERT_EQ(snapshots.size(), 3u);
  EXPECT_EQ(read(*repository, snapshots[0]), first_rows());
  EXPECT_EQ(read(*repository, snapshots[1]), second_rows());
  EXPECT_EQ(read(*repository, snapshots[2]), first_rows());
  EXPECT_TRUE(snapshots[2].forgotten);
  EXPECT_EQ(repository->latest("catalog")->id, snapshots[1].id);
  EXPECT_EQ(snapshots[0].attributes, R"({"made":"for the tests of format 1"})");
  EXPECT_EQ(snapshots[1].parent, snapshots[0].id);
  for (const Snapshot& snapshot : snapshots)
    EXPECT_EQ(snapshot.trees[0].content, content_of(repository->boundary_key(), read(*repository, snapshot)));
  expect_sound(*repository);
}

TEST_F(Golden, format_1_written_with_public_halves_alone_is_read_tombstones_included) {
  const auto repository = open("write-only");
  const auto snapshots = repository->snapshots();
  ASSERT_EQ(snapshots.size(), 2u);
  EXPECT_NE(snapshots[1].id.writer, snapshots[0].id.writer);
  EXPECT_FALSE(snapshots[1].trees.at(0).delta->hashed_erases.empty());
  EXPECT_EQ(read(*repository, snapshots[0]), first_rows());
  EXPECT_EQ(read(*repository, snapshots[1]), second_rows());
  EXPECT_EQ(snapshots[1].trees[0].content, content_of(repository->boundary_key(), second_rows()));
  expect_sound(*repository);
}

}  // namespace
}  // namespace holdfast::golden
