#include "base/secret.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <ostream>
#include <type_traits>

namespace {

constexpr std::string_view k_marker = "the-marker-that-must-not-survive-in-freed-memory";

// Memory that is given back while the marker is still in it.  This program's own operator delete looks.
std::size_t leaks = 0;
thread_local bool watching = false;

void look_and_free(void* memory) noexcept {
  if (watching && memory != nullptr &&
      ::memmem(memory, ::malloc_usable_size(memory), k_marker.data(), k_marker.size()) != nullptr)
    ++leaks;
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

void operator delete(void* memory) noexcept {
  look_and_free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  look_and_free(memory);
}

namespace holdfast::base {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!Streamable<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, Secret>);

// Counts the blocks that were freed with the marker in them during `work`.
template <class Work>
std::size_t leaks_of(Work&& work) {
  leaks = 0;
  watching = true;
  work();
  watching = false;
  return leaks;
}

TEST(Secret, is_watched_by_a_test_that_sees_a_leak) {
  EXPECT_EQ(leaks_of([] { std::string plain(k_marker); }), 1u);
}

TEST(Secret, leaves_nothing_in_freed_memory) {
  EXPECT_EQ(leaks_of([] { Secret secret{std::string(k_marker)}; }), 0u);
  EXPECT_EQ(leaks_of([] {
              Secret a{std::string(k_marker)};
              Secret b = a;
              Secret c = std::move(a);
              a = b;
              b = Secret(std::string(200, 'x'));
              c = std::move(a);
            }),
            0u);
}

// The bytes of the object itself after its end, for secrets that are short enough to live inside it.
template <class Use>
std::string remains_of(Use&& use) {
  alignas(Secret) char place[sizeof(Secret)];
  auto* secret = new (place) Secret(std::string("short!secret"));
  use(*secret);
  secret->~Secret();
  std::string out;
  for (const volatile char& c : place) out.push_back(c);
  return out;
}

TEST(Secret, leaves_nothing_of_a_short_one_in_the_object) {
  EXPECT_EQ(remains_of([](Secret&) {}).find("secret"), std::string::npos);
  EXPECT_EQ(remains_of([](Secret& secret) { const Secret moved = std::move(secret); }).find("secret"),
            std::string::npos);
}

TEST(Secret, copies_and_moves_like_a_value) {
  Secret a(std::string("one"));
  const Secret b = a;
  EXPECT_EQ(b.reveal(), "one");
  const Secret c = std::move(a);
  EXPECT_EQ(c.reveal(), "one");
  EXPECT_TRUE(a.empty());
  a = c;
  a = *&a;
  EXPECT_EQ(a.reveal(), "one");
  EXPECT_TRUE(Secret().empty());
}

}  // namespace
}  // namespace holdfast::base
