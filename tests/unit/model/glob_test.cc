#include "model/glob.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace holdfast::model {
namespace {

TEST(GlobMatch, knows_stars_and_question_marks) {
  EXPECT_TRUE(glob_match("*finance*", "urn:li:dataset:(urn:li:dataPlatform:snowflake,finance.orders,PROD)"));
  EXPECT_TRUE(glob_match("a?c*", "abc"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("*ab*ab", "abxabab"));
  EXPECT_FALSE(glob_match("a?c", "ac"));
  EXPECT_FALSE(glob_match("", "a"));
}

TEST(PathMatch, stops_at_slashes_unless_told_otherwise) {
  EXPECT_TRUE(path_match("/notebooks/Users/anna@example.test/**", "/notebooks/Users/anna@example.test/a/b c"));
  EXPECT_FALSE(path_match("/notebooks/Users/anna@example.test/**", "/notebooks/Users/anna@example.test"));
  EXPECT_FALSE(path_match("/notebooks/Users/anna@example.test/**", "/notebooks/Users/anna@example.test2/a"));
  EXPECT_TRUE(path_match("/jobs/nightly*", "/jobs/nightly-load"));
  EXPECT_FALSE(path_match("/jobs/nightly*", "/jobs/nightly/load"));
  EXPECT_FALSE(path_match("/jobs/a?b", "/jobs/a/b"));
  EXPECT_TRUE(path_match("/*/Users/*/etl", "/notebooks/Users/anna/etl"));
}

TEST(PathMatch, takes_two_stars_between_slashes_for_any_number_of_folders) {
  for (const char* path : {"/a/b", "/a/x/b", "/a/x/y/b"}) EXPECT_TRUE(path_match("/a/**/b", path)) << path;
  for (const char* path : {"/ab", "/a/xb", "/a/x/b/c"}) EXPECT_FALSE(path_match("/a/**/b", path)) << path;
  EXPECT_TRUE(path_match("/a/**/b/*.py", "/a/b/x/b/y.py")) << "the first b is not the one that is meant";
  EXPECT_TRUE(path_match("/a**z", "/a/b/z"));
}

TEST(PathMatch, takes_a_byte_behind_a_backslash_as_it_is) {
  EXPECT_TRUE(path_match(R"(/a/\*\?\\)", R"(/a/*?\)"));
  EXPECT_FALSE(path_match(R"(/a/\*)", "/a/b"));
  EXPECT_TRUE(path_match("/a\\", "/a\\")) << "at the end it stands for itself";
}

// The meaning, written down without any thought of cost.
bool matches_slowly(std::string_view pattern, std::string_view text, bool behind_slash = false) {
  if (pattern.empty()) return text.empty();
  if (pattern.starts_with("**")) {
    std::string_view rest = pattern;
    while (rest.starts_with('*')) rest.remove_prefix(1);
    const bool folders = behind_slash && rest.starts_with('/');
    if (folders) rest.remove_prefix(1);
    for (std::size_t i = 0; i <= text.size(); ++i) {
      const bool here = !folders || i == 0 || text[i - 1] == '/';
      if (here && matches_slowly(rest, text.substr(i), folders)) return true;
    }
    return false;
  }
  if (pattern.front() == '*') {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (matches_slowly(pattern.substr(1), text.substr(i))) return true;
      if (i < text.size() && text[i] == '/') return false;
    }
    return false;
  }
  if (text.empty()) return false;
  const bool escaped = pattern.front() == '\\' && pattern.size() > 1;
  const char wanted = pattern[escaped ? 1 : 0];
  const bool fits = !escaped && wanted == '?' ? text.front() != '/' : wanted == text.front();
  return fits && matches_slowly(pattern.substr(escaped ? 2 : 1), text.substr(1), wanted == '/');
}

RC_GTEST_PROP(PathMatch, means_what_is_written_down, ()) {
  const auto pattern =
      *rc::gen::resize(9, rc::gen::container<std::string>(rc::gen::element<char>('*', '*', '/', 'a', 'b', '?', '\\')));
  const auto text = *rc::gen::resize(9, rc::gen::container<std::string>(rc::gen::element<char>('/', 'a', 'b', '*')));
  RC_ASSERT(path_match(pattern, text) == matches_slowly(pattern, text));
}

RC_GTEST_PROP(PathPrefix, begins_every_match, ()) {
  const auto pattern =
      *rc::gen::resize(6, rc::gen::container<std::string>(rc::gen::element<char>('*', '/', 'a', '?', '\\')));
  const auto text = *rc::gen::resize(6, rc::gen::container<std::string>(rc::gen::element<char>('/', 'a', '*')));
  if (path_match(pattern, text)) RC_ASSERT(text.starts_with(path_prefix(pattern)));
}

}  // namespace
}  // namespace holdfast::model
