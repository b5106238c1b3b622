#include "engine/whole_source.h"

#include <gtest/gtest.h>

#include "support/errors.h"

namespace holdfast::engine {
namespace {

TEST(WholeSource, is_asked_for_before_it_is_left) {
  repository::Snapshot snapshot;
  snapshot.connector = "primary";
  EXPECT_NO_THROW(require_whole(snapshot));
  EXPECT_EQ(lacks(snapshot), "");
  snapshot.outcomes = {"jobs: 503"};
  EXPECT_EQ(lacks(snapshot), "1 failure: jobs: 503");
  snapshot.outcomes.push_back("pools: 503");
  EXPECT_EQ(lacks(snapshot), "2 failures, the first: jobs: 503");
  try {
    require_whole(snapshot);
    FAIL() << "what is missing would be lost";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::refused);
    EXPECT_NE(error.message().find("not all of primary could be read"), std::string::npos) << error.message();
    EXPECT_NE(error.hint().find("--source-partial"), std::string::npos) << error.hint();
  }
}

}  // namespace
}  // namespace holdfast::engine
