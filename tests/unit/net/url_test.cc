#include "net/url.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "support/errors.h"

namespace holdfast::net {
namespace {

using base::ErrorKind;
using test::error_of;

std::string message_of(std::string_view text) {
  try {
    parse_url(text);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(Url, IsReadInParts) {
  const Url url = parse_url("HTTPS://Adb-12.7.AzureDatabricks.NET:8443/api/2.0/clusters?o=12&x=#frag");
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "adb-12.7.azuredatabricks.net");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.path, "/api/2.0/clusters");
  EXPECT_EQ(url.query, "o=12&x=");
  EXPECT_EQ(to_string(url), "https://adb-12.7.azuredatabricks.net:8443/api/2.0/clusters?o=12&x=");
}

TEST(Url, HasTheSchemesOwnPortWhenNoneIsGiven) {
  EXPECT_EQ(parse_url("https://a.test").port, 443);
  EXPECT_EQ(parse_url("http://a.test").port, 80);
  EXPECT_EQ(to_string(parse_url("http://a.test:80")), "http://a.test/");
  EXPECT_EQ(to_string(parse_url("http://a.test:443")), "http://a.test:443/");
}

TEST(Url, TakesAnIpv6Address) {
  const Url url = parse_url("http://[::1]:8080/x");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 8080);
  EXPECT_EQ(to_string(url), "http://[::1]:8080/x");
}

TEST(Url, EncodesWhatMayNotStandInPathAndQuery) {
  EXPECT_EQ(to_string(parse_url("http://a.test/B\xC3\xBC ro?q=a b\"")), "http://a.test/B%C3%BC%20ro?q=a%20b%22");
  EXPECT_EQ(to_string(parse_url("http://a.test/100%25")), "http://a.test/100%25");
}

TEST(Url, RefusesWhatIsNoneAndSaysWhy) {
  EXPECT_EQ(message_of("a.test/x"), "the URL 'a.test/x' has no scheme");
  EXPECT_EQ(message_of("ftp://a.test"), "the URL 'ftp://a.test' is neither https nor http");
  EXPECT_EQ(message_of("https:///x"), "the URL 'https:///x' has no host");
  EXPECT_EQ(message_of("https://a.test:0"),
            "the URL 'https://a.test:0' has a port that is not a number from 1 to 65535");
  EXPECT_EQ(message_of("https://a.test:65536"),
            "the URL 'https://a.test:65536' has a port that is not a number from 1 to 65535");
  EXPECT_EQ(message_of("https://a.test:"), "the URL 'https://a.test:' has a port that is not a number from 1 to 65535");
  EXPECT_EQ(message_of("https://a.test/%zz"),
            "the URL 'https://a.test/%zz' has a % that is not followed by two hexadecimal digits");
  EXPECT_EQ(message_of("https://a.test/%4"),
            "the URL 'https://a.test/%4' has a % that is not followed by two hexadecimal digits");
  EXPECT_EQ(message_of("https://[1234]/"), "the URL 'https://[1234]/' has no IPv6 address between its brackets");
  EXPECT_EQ(message_of("https://[::1/"), "the URL 'https://[::1/' has no ] after its IPv6 address");
  EXPECT_EQ(message_of("https://a.test/\n"), "the URL holds a control character");
  for (const char* text : {"", "https://", "https://a b.test", "https://a.test:x", "https://[::1]x"})
    EXPECT_EQ(error_of([&] { parse_url(text); }), ErrorKind::config) << text;
}

TEST(Url, NeverRepeatsAPasswordInItsMessages) {
  EXPECT_EQ(message_of("https://user:hunter2@a.test/"), "the URL holds a user name or a password");
  EXPECT_EQ(message_of("ftp://user:hunter2@a.test/").find("hunter2"), std::string::npos);
}

TEST(Url, EncodesSegmentsPathsAndPairs) {
  EXPECT_EQ(encode_segment("a/b c~\xF0\x9F\x98\x80%"), "a%2Fb%20c~%F0%9F%98%80%25");
  EXPECT_EQ(encode_path("/Users/anna@a.test/x y"), "/Users/anna%40a.test/x%20y");
  EXPECT_EQ(encode_pairs({{"path", "/a&b"}, {"n", ""}}), "path=%2Fa%26b&n=");
  EXPECT_EQ(encode_pairs({}), "");
}

TEST(Url, AppendsAPathWithOneSlashBetween) {
  const Url base = parse_url("https://a.test/api/?drop=1");
  EXPECT_EQ(to_string(at(base, "/2.0/jobs", {{"id", "7"}})), "https://a.test/api/2.0/jobs?id=7");
  EXPECT_EQ(to_string(at(base, "x")), "https://a.test/api/x");
  EXPECT_EQ(to_string(at(parse_url("https://a.test"), "/x")), "https://a.test/x");
}

TEST(Url, ResolvesLocations) {
  const Url base = parse_url("https://a.test:8443/x/y?q=1");
  EXPECT_EQ(to_string(resolve(base, "https://b.test/z")), "https://b.test/z");
  EXPECT_EQ(to_string(resolve(base, "//b.test/z")), "https://b.test/z");
  EXPECT_EQ(to_string(resolve(base, "/z?p=2#f")), "https://a.test:8443/z?p=2");
  EXPECT_EQ(to_string(resolve(base, "z")), "https://a.test:8443/x/z");
  EXPECT_EQ(to_string(resolve(base, "../z/./w")), "https://a.test:8443/z/w");
  EXPECT_EQ(to_string(resolve(base, "../../../..")), "https://a.test:8443/");
  EXPECT_EQ(to_string(resolve(base, "?p=2")), "https://a.test:8443/x/y?p=2");
  EXPECT_EQ(to_string(resolve(base, "")), "https://a.test:8443/x/y?q=1");
  EXPECT_EQ(error_of([&] { resolve(base, "javascript:alert(1)"); }), ErrorKind::config);
}

TEST(Url, TellsOriginsApart) {
  const Url url = parse_url("https://a.test/x");
  EXPECT_TRUE(same_origin(url, parse_url("https://A.test:443/y?z")));
  EXPECT_FALSE(same_origin(url, parse_url("http://a.test/x")));
  EXPECT_FALSE(same_origin(url, parse_url("https://a.test:444/x")));
  EXPECT_FALSE(same_origin(url, parse_url("https://b.a.test/x")));
}

RC_GTEST_PROP(Url, AnyNameSurvivesInAPathAndAQuery, (const std::string& name)) {
  const Url url = at(parse_url("https://a.test"), "/" + encode_segment(name), {{"n", name}});
  const Url again = parse_url(to_string(url));
  RC_ASSERT(again == url);
  RC_ASSERT(again.path.find('/', 1) == std::string::npos);
}

}  // namespace
}  // namespace holdfast::net
