#include "storage/memory/memory_backend.h"

#include <gtest/gtest.h>

namespace holdfast::storage {
namespace {

TEST(MemoryBackend, shares_nothing_with_another_one) {
  const auto a = make_memory_backend();
  const auto b = make_memory_backend();
  EXPECT_TRUE(a->put("config", "x"));
  EXPECT_EQ(b->stat("config"), std::nullopt);
  EXPECT_TRUE(b->put("config", "y"));
  EXPECT_EQ(a->get_all("config"), "x");
}

TEST(MemoryBackend, lists_what_was_there_when_it_was_asked) {
  const auto backend = make_memory_backend();
  backend->put("a", "x");
  int seen = 0;
  backend->list("", [&](const ObjectInfo&) {
    ++seen;
    backend->put("b" + std::to_string(seen), "x");
  });
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace holdfast::storage
