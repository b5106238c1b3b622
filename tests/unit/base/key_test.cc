#include "base/key.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "base/error.h"

namespace holdfast::base {
namespace {

// Few characters, the dangerous ones among them, so that common prefixes and zeros are frequent.
rc::Gen<std::string> text() {
  return rc::gen::container<std::string>(rc::gen::element<char>('\0', '\1', 'a', 'b', '\xfe', '\xff'));
}

rc::Gen<std::int64_t> number() {
  return rc::gen::oneOf(
      rc::gen::arbitrary<std::int64_t>(), rc::gen::inRange<std::int64_t>(-3, 4),
      rc::gen::element(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()));
}

using Parts = std::tuple<std::string, std::string, std::int64_t>;

rc::Gen<Parts> parts() {
  return rc::gen::tuple(text(), text(), number());
}

Bytes encode(const Parts& parts) {
  Bytes key;
  append_text(key, std::get<0>(parts));
  append_text(key, std::get<1>(parts));
  append_int(key, std::get<2>(parts));
  return key;
}

RC_GTEST_PROP(Key, orders_as_its_parts_do, ()) {
  const Parts a = *parts();
  const Parts b = *parts();
  RC_ASSERT((encode(a) < encode(b)) == (a < b));
  RC_ASSERT((encode(a) == encode(b)) == (a == b));
}

RC_GTEST_PROP(KeyReader, reads_the_parts_again, ()) {
  const Parts a = *parts();
  const Bytes key = encode(a);
  KeyReader reader(key);
  RC_ASSERT(reader.text() == std::get<0>(a));
  RC_ASSERT(reader.text() == std::get<1>(a));
  RC_ASSERT(reader.integer() == std::get<2>(a));
  RC_ASSERT(reader.at_end());
}

RC_GTEST_PROP(KeyReader, refuses_every_truncation, ()) {
  const Bytes key = encode(*parts());
  const auto size = *rc::gen::inRange<std::size_t>(0, key.size());
  KeyReader reader(ByteView(key).substr(0, size));
  RC_ASSERT_THROWS_AS((reader.text(), reader.text(), reader.integer()), Error);
}

RC_GTEST_PROP(AfterPrefix, lies_right_behind_every_key_with_the_prefix, ()) {
  const std::string prefix = *text();
  const std::string rest = *text();
  const std::string other = *text();
  const Bytes after = after_prefix(prefix);
  if (after.empty()) RC_SUCCEED("nothing lies behind");
  RC_ASSERT(prefix + rest < after);
  // The smallest such key: whatever is greater than all of them and has not the prefix is not before it.
  if (other > prefix && !other.starts_with(prefix)) RC_ASSERT(other >= after);
}

TEST(Key, escapes_a_zero_and_flips_the_sign) {
  Bytes key;
  append_text(key, ByteView("a\0b", 3));
  EXPECT_EQ(to_hex(key), "6100ff620000");
  key.clear();
  append_int(key, -1);
  EXPECT_EQ(to_hex(key), "7fffffffffffffff");
}

TEST(KeyReader, refuses_an_unknown_escape) {
  KeyReader reader(ByteView("a\0\1", 3));
  EXPECT_THROW(reader.text(), Error);
}

TEST(AfterPrefix, is_empty_when_there_is_none) {
  EXPECT_EQ(after_prefix(""), "");
  EXPECT_EQ(after_prefix("\xff\xff"), "");
  EXPECT_EQ(after_prefix("a\xff"), "b");
}

TEST(KeyRange, of_one_key_holds_no_other) {
  Bytes key;
  append_text(key, "jobs");
  const KeyRange range = range_of_key(key);
  EXPECT_TRUE(range.contains(key));
  EXPECT_FALSE(range.contains(key.substr(0, key.size() - 1)));
  EXPECT_FALSE(range.contains(after_key(key)));
  EXPECT_EQ(after_key(key).substr(0, key.size()), key);
}

RC_GTEST_PROP(KeyRange, of_a_prefix_holds_what_begins_with_it, ()) {
  const std::string beginning = *text();
  const std::string name =
      *rc::gen::oneOf(text(), rc::gen::map(text(), [&](std::string rest) { return beginning + rest; }));
  Bytes prefix;
  append_open_text(prefix, beginning);
  Bytes key;
  append_text(key, name);
  RC_ASSERT(range_of_prefix(prefix).contains(key) == name.starts_with(beginning));
}

}  // namespace
}  // namespace holdfast::base
