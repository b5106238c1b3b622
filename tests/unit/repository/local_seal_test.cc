// What a host keeps beside a repository, sealed.
#include <gtest/gtest.h>

#include "base/error.h"
#include "repository_fixture.h"
#include "support/errors.h"

namespace holdfast::repository {
namespace {

using test::RepositoryWorld;

TEST(LocalSeal, opens_under_its_own_name_in_its_own_repository_and_nowhere_else) {
  RepositoryWorld world;
  const auto repository = world.open();
  const base::Bytes plain = "a row of somebody's " + std::string(5000, 'x');
  const base::Bytes sealed = repository->seal_local("kept/a", plain);
  EXPECT_EQ(repository->open_local("kept/a", sealed), plain);
  EXPECT_LT(sealed.size(), plain.size()) << "it is compressed";
  EXPECT_EQ(sealed.find("somebody"), base::Bytes::npos);
  EXPECT_NE(repository->seal_local("kept/a", plain), sealed) << "no key seals twice";
  EXPECT_EQ(test::error_of([&] { (void)repository->open_local("kept/b", sealed); }), base::ErrorKind::corruption);
  EXPECT_EQ(repository->open_local("kept/a", repository->seal_local("kept/a", "")), "");
  const auto again = world.open(*world.backend);
  EXPECT_EQ(again->open_local("kept/a", sealed), plain) << "another process";
}

TEST(LocalSeal, refuses_what_was_cut_or_changed_anywhere) {
  RepositoryWorld world;
  const auto repository = world.open();
  const base::Bytes sealed = repository->seal_local("kept/a", "something");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    base::Bytes changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    ASSERT_EQ(test::error_of([&] { (void)repository->open_local("kept/a", changed); }), base::ErrorKind::corruption)
        << i;
    ASSERT_EQ(test::error_of([&] { (void)repository->open_local("kept/a", sealed.substr(0, i)); }),
              base::ErrorKind::corruption)
        << i;
  }
}

}  // namespace
}  // namespace holdfast::repository
