#include "storage/decorators/fault_backend.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"
#include "storage/memory/memory_backend.h"

namespace holdfast::storage {
namespace {

class FaultBackendTest : public testing::Test {
protected:
  std::unique_ptr<Backend> inner = make_memory_backend();
  CallCounts counts;
};

[[noreturn]] void break_off() {
  throw base::Error(base::ErrorKind::unavailable, "broken on purpose");
}

using FaultBackend = FaultBackendTest;

TEST_F(FaultBackend, counts_calls_and_bytes) {
  const auto backend = make_fault_backend(*inner, {}, &counts);
  backend->put("a", "12345");
  backend->put("a", "123");
  backend->get("a", {.offset = 1, .length = 2});
  backend->get_all("a");
  backend->stat("a");
  backend->list("", [](const ObjectInfo&) {});
  backend->remove("a");
  EXPECT_EQ(counts.puts, 2u);
  EXPECT_EQ(counts.bytes_written, 5u);
  EXPECT_EQ(counts.gets, 2u);
  EXPECT_EQ(counts.bytes_read, 7u);
  EXPECT_EQ(counts.stats, 1u);
  EXPECT_EQ(counts.lists, 1u);
  EXPECT_EQ(counts.removes, 1u);
}

TEST_F(FaultBackend, breaks_a_call_before_anything_happened) {
  const auto backend =
      make_fault_backend(*inner, {.before = [](Call, const std::string&) { break_off(); }, .after = {}}, &counts);
  EXPECT_THROW(backend->put("a", "x"), base::Error);
  EXPECT_EQ(inner->stat("a"), std::nullopt);
  EXPECT_EQ(counts.puts, 1u);
  EXPECT_EQ(counts.bytes_written, 0u);
}

TEST_F(FaultBackend, loses_the_answer_of_a_call_that_happened) {
  const auto backend =
      make_fault_backend(*inner, {.before = {}, .after = [](Call, const std::string&) { break_off(); }}, nullptr);
  EXPECT_THROW(backend->put("a", "x"), base::Error);
  EXPECT_EQ(inner->get_all("a"), "x");
  EXPECT_THROW(backend->get_all("a"), base::Error);
  EXPECT_THROW(backend->remove("a"), base::Error);
  EXPECT_EQ(inner->stat("a"), std::nullopt);
}

TEST_F(FaultBackend, tells_the_plan_which_call_and_which_name) {
  std::vector<std::pair<Call, std::string>> seen;
  const auto note = [&](Call call, const std::string& name) { seen.emplace_back(call, name); };
  const auto backend = make_fault_backend(*inner, {.before = note, .after = note}, nullptr);
  backend->put("a", "x");
  backend->list("p/", [](const ObjectInfo&) {});
  EXPECT_THROW(backend->get_all("gone"), base::Error);
  using Seen = decltype(seen);
  EXPECT_EQ(seen,
            (Seen{{Call::put, "a"}, {Call::put, "a"}, {Call::list, "p/"}, {Call::list, "p/"}, {Call::get, "gone"}}));
}

TEST_F(FaultBackend, stands_in_for_the_inner_one) {
  const auto backend = make_fault_backend(*inner, {}, nullptr);
  EXPECT_EQ(backend->properties().location, inner->properties().location);
  EXPECT_EQ(backend->properties().conditional_create, inner->properties().conditional_create);
}

}  // namespace
}  // namespace holdfast::storage
