// What every backend promises (storage/backend.h), asked of every one of them, decorators included.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <set>
#include <thread>
#include <vector>

#include "base/error.h"
#include "storage/backend.h"
#include "storage/decorators/fault_backend.h"
#include "storage/local/local_backend.h"
#include "storage/memory/memory_backend.h"
#include "support/fakes.h"
#include "support/power_cut.h"

namespace holdfast::storage {
namespace {

using base::Bytes;

// A backend and all that it stands on; members go in the reverse order.
struct Stack {
  std::unique_ptr<test::TempFolder> temp;
  std::unique_ptr<test::PowerCutDisk> disk;
  std::unique_ptr<CallCounts> counts;
  std::vector<std::unique_ptr<Backend>> layers;
  Backend& top() { return *layers.back(); }
};

Stack memory() {
  Stack stack;
  stack.layers.push_back(make_memory_backend());
  return stack;
}

Stack local() {
  Stack stack;
  stack.temp = std::make_unique<test::TempFolder>();
  // Deeper than what exists, so that the first put has to make folders.
  stack.layers.push_back(open_local_backend(stack.temp->path() + "/not/there/yet"));
  return stack;
}

Stack local_on_a_simulated_disk() {
  Stack stack;
  stack.disk = std::make_unique<test::PowerCutDisk>();
  stack.layers.push_back(open_local_backend(test::PowerCutDisk::folder(), stack.disk->file_system()));
  return stack;
}

Stack behind_faults(Stack stack) {
  stack.counts = std::make_unique<CallCounts>();
  stack.layers.push_back(make_fault_backend(stack.top(), {}, stack.counts.get()));
  return stack;
}

struct Kind {
  const char* name;
  Stack (*make)();
};

class BackendContract : public testing::TestWithParam<Kind> {
protected:
  std::set<std::string> names(std::string_view prefix) {
    std::set<std::string> out;
    backend.list(prefix, [&](const ObjectInfo& object) { EXPECT_TRUE(out.insert(object.name).second) << object.name; });
    return out;
  }

  template <class Call>
  void expect_error(base::ErrorKind kind, Call&& call) {
    try {
      call();
      ADD_FAILURE() << "nothing was thrown";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.message();
    }
  }

  Stack stack = GetParam().make();
  Backend& backend = stack.top();
};

TEST_P(BackendContract, gives_back_what_was_put) {
  Bytes every_byte;
  for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
  EXPECT_TRUE(backend.put("config", every_byte));
  EXPECT_EQ(backend.get_all("config"), every_byte);
  EXPECT_TRUE(backend.put("deep/er/still/name", "x"));
  EXPECT_EQ(backend.get_all("deep/er/still/name"), "x");
  EXPECT_TRUE(backend.put("empty", ""));
  EXPECT_EQ(backend.get_all("empty"), "");
}

TEST_P(BackendContract, creates_and_never_overwrites) {
  EXPECT_TRUE(backend.put("a/b", "first"));
  EXPECT_FALSE(backend.put("a/b", "second, and longer"));
  EXPECT_FALSE(backend.put("a/b", "first"));
  EXPECT_EQ(backend.get_all("a/b"), "first");
  EXPECT_EQ(names(""), (std::set<std::string>{"a/b"}));
}

TEST_P(BackendContract, lets_exactly_one_of_eight_racers_create) {
  ASSERT_TRUE(backend.properties().conditional_create);
  for (int round = 0; round < 20; ++round) {
    const std::string name = "race/" + std::to_string(round);
    std::atomic<int> winners = 0;
    std::atomic<int> winner = -1;
    std::latch start(8);
    {
      std::vector<std::jthread> racers;
      for (int i = 0; i < 8; ++i)
        racers.emplace_back([&, i] {
          start.arrive_and_wait();
          if (!backend.put(name, std::string(1000, static_cast<char>('a' + i)))) return;
          ++winners;
          winner = i;
        });
    }
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(backend.get_all(name), std::string(1000, static_cast<char>('a' + winner)));
  }
}

TEST_P(BackendContract, reads_ranges_and_fewer_bytes_beyond_the_end) {
  backend.put("r", "0123456789");
  EXPECT_EQ(backend.get("r", {.offset = 0, .length = 3}), "012");
  EXPECT_EQ(backend.get("r", {.offset = 3, .length = 4}), "3456");
  EXPECT_EQ(backend.get("r", {.offset = 7, .length = std::nullopt}), "789");
  EXPECT_EQ(backend.get("r", {.offset = 8, .length = 100}), "89");
  EXPECT_EQ(backend.get("r", {.offset = 10, .length = 1}), "");
  EXPECT_EQ(backend.get("r", {.offset = 11, .length = std::nullopt}), "");
  EXPECT_EQ(backend.get("r", {.offset = 3, .length = 0}), "");
  EXPECT_EQ(backend.get("r", {.offset = UINT64_MAX, .length = UINT64_MAX}), "");
  EXPECT_EQ(backend.get("r", {.offset = 1, .length = UINT64_MAX}), "123456789");
}

TEST_P(BackendContract, says_absent_as_a_value_where_that_is_expected) {
  EXPECT_EQ(backend.stat("a/b"), std::nullopt);
  EXPECT_FALSE(backend.remove("a/b"));
  expect_error(base::ErrorKind::not_found, [&] { backend.get_all("a/b"); });
  EXPECT_EQ(names(""), std::set<std::string>());
  EXPECT_EQ(names("a/"), std::set<std::string>());
  backend.put("a/b", "x");
  // Neither the folder above an object nor a name below one is an object.
  EXPECT_EQ(backend.stat("a"), std::nullopt);
  EXPECT_EQ(backend.stat("a/b/c"), std::nullopt);
  expect_error(base::ErrorKind::not_found, [&] { backend.get_all("a"); });
  expect_error(base::ErrorKind::not_found, [&] { backend.get_all("a/b/c"); });
  EXPECT_FALSE(backend.remove("a"));
  EXPECT_FALSE(backend.remove("a/b/c"));
  EXPECT_EQ(backend.get_all("a/b"), "x");
}

TEST_P(BackendContract, names_the_missing_object) {
  try {
    backend.get_all("packs/7f3c");
    FAIL() << "nothing was thrown";
  } catch (const base::Error& error) {
    EXPECT_NE(error.message().find("packs/7f3c"), std::string::npos) << error.message();
  }
}

TEST_P(BackendContract, knows_sizes) {
  backend.put("a", "12345");
  const auto info = backend.stat("a");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->name, "a");
  EXPECT_EQ(info->size, 5u);
  backend.list("", [](const ObjectInfo& object) { EXPECT_EQ(object.size, 5u); });
}

TEST_P(BackendContract, lists_by_prefix_which_need_not_end_at_a_slash) {
  for (const char* name :
       {"config", "packs/aa1", "packs/aa2", "packs/ab1", "packs-old/aa9", "snapshots/aa1", "packs/deep/aa"})
    backend.put(name, "x");
  using Names = std::set<std::string>;
  EXPECT_EQ(names("").size(), 7u);
  EXPECT_EQ(names("packs/"), (Names{"packs/aa1", "packs/aa2", "packs/ab1", "packs/deep/aa"}));
  EXPECT_EQ(names("packs/aa"), (Names{"packs/aa1", "packs/aa2"}));
  EXPECT_EQ(names("packs/aa1"), (Names{"packs/aa1"}));
  EXPECT_EQ(names("packs/d"), (Names{"packs/deep/aa"}));
  EXPECT_EQ(names("packs"), (Names{"packs/aa1", "packs/aa2", "packs/ab1", "packs/deep/aa", "packs-old/aa9"}));
  EXPECT_EQ(names("p").size(), 5u);
  EXPECT_EQ(names("config/"), Names{});
  EXPECT_EQ(names("nothing/here"), Names{});
  EXPECT_EQ(names("snapshots/aa11"), Names{});
}

TEST_P(BackendContract, removes_and_lets_the_name_be_used_again) {
  backend.put("a/b", "first");
  EXPECT_TRUE(backend.remove("a/b"));
  EXPECT_FALSE(backend.remove("a/b"));
  EXPECT_EQ(backend.stat("a/b"), std::nullopt);
  EXPECT_EQ(names(""), std::set<std::string>());
  EXPECT_TRUE(backend.put("a/b", "second"));
  EXPECT_EQ(backend.get_all("a/b"), "second");
}

TEST_P(BackendContract, refuses_names_that_could_mean_something_else) {
  const std::vector<std::string> bad = {
      "",         "/a",   "a/",   "a//b", ".",   "..",   "../a", "a/../b",
      "a/..",     "a/.b", ".a",   "A",    "a b", "a\\b", "a\nb", std::string("a\0b", 3),
      "\xc3\xa4", "~1-1", "a/~b", "a:b",  "a*",  "a%2e", "a\x7f"};
  for (const std::string& name : bad) {
    expect_error(base::ErrorKind::usage, [&] { backend.put(name, "x"); });
    expect_error(base::ErrorKind::usage, [&] { backend.get_all(name); });
    expect_error(base::ErrorKind::usage, [&] { backend.stat(name); });
    expect_error(base::ErrorKind::usage, [&] { backend.remove(name); });
  }
  for (const char* prefix : {"..", "../", "a/../", "/", "A", "a//", "~"})
    expect_error(base::ErrorKind::usage, [&] { backend.list(prefix, [](const ObjectInfo&) {}); });
  EXPECT_EQ(names(""), std::set<std::string>());
}

TEST_P(BackendContract, takes_names_of_all_allowed_characters) {
  const std::string name = "abcdefghijklmnopqrstuvwxyz/0123456789/a..b._-x";
  EXPECT_TRUE(backend.put(name, "x"));
  EXPECT_EQ(names("abcdefghijklmnopqrstuvwxyz/0"), (std::set<std::string>{name}));
}

TEST_P(BackendContract, holds_large_objects) {
  test::SeededRandom random(1);
  const Bytes large = random.bytes(9'000'001);
  EXPECT_TRUE(backend.put("packs/large", large));
  EXPECT_EQ(backend.stat("packs/large")->size, large.size());
  EXPECT_TRUE(backend.get_all("packs/large") == large);
  EXPECT_TRUE(backend.get("packs/large", {.offset = 8'999'990, .length = 100}) == large.substr(8'999'990));
}

TEST_P(BackendContract, may_be_called_by_its_own_visitor) {
  for (const char* name : {"a/1", "a/2", "a/3"}) backend.put(name, name);
  std::set<std::string> removed;
  backend.list("a/", [&](const ObjectInfo& object) {
    EXPECT_EQ(backend.get_all(object.name), object.name);
    EXPECT_TRUE(backend.remove(object.name));
    removed.insert(object.name);
  });
  EXPECT_EQ(removed.size(), 3u);
  EXPECT_EQ(names(""), std::set<std::string>());
}

TEST_P(BackendContract, passes_on_what_a_visitor_throws) {
  backend.put("a", "x");
  EXPECT_THROW(backend.list("", [](const ObjectInfo&) { throw base::Error(base::ErrorKind::cancelled, "stop"); }),
               base::Error);
}

TEST_P(BackendContract, serves_many_threads_at_once) {
  constexpr int k_threads = 4;
  constexpr int k_each = 25;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < k_threads; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < k_each; ++i) {
          const std::string name = "folder" + std::to_string(i % 5) + "/" + std::to_string(t) + "-" + std::to_string(i);
          EXPECT_TRUE(backend.put(name, name));
          EXPECT_EQ(backend.get_all(name), name);
          backend.list("folder" + std::to_string(i % 5) + "/",
                       [](const ObjectInfo& object) { EXPECT_GT(object.size, 0u); });
          if (i % 2 == 0) {
            EXPECT_TRUE(backend.remove(name));
          }
        }
      });
  }
  EXPECT_EQ(names("").size(), static_cast<std::size_t>(k_threads * (k_each / 2)));
}

TEST_P(BackendContract, says_where_it_is) {
  EXPECT_FALSE(backend.properties().location.empty());
}

constexpr Kind k_kinds[] = {{"memory", memory},
                            {"local", local},
                            {"local_on_a_simulated_disk", local_on_a_simulated_disk},
                            {"faults_before_memory", [] { return behind_faults(memory()); }},
                            {"faults_before_local", [] { return behind_faults(local()); }}};

INSTANTIATE_TEST_SUITE_P(Every, BackendContract, testing::ValuesIn(k_kinds),
                         [](const testing::TestParamInfo<Kind>& made) { return std::string(made.param.name); });

}  // namespace
}  // namespace holdfast::storage
