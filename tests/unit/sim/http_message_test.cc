#include "sim/http_message.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace holdfast::sim {
namespace {

int refusal_of(std::string_view head) {
  try {
    (void)body_framing(parse_request_head(head));
  } catch (const BadHttp& bad) {
    return bad.status;
  }
  return 0;
}

TEST(RequestHead, TakesPathQueryAndHeadersApart) {
  const auto request = parse_request_head("GET /a%2Fb/c%20d?x=1%262&y=a+b&z HTTP/1.1\r\nHost: h\r\nX-Y:  v \r\n");
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.raw_path, "/a%2Fb/c%20d");
  EXPECT_EQ(request.path, "/a/b/c d");
  EXPECT_EQ(*request.query_value("x"), "1&2");
  EXPECT_EQ(*request.query_value("y"), "a b");
  EXPECT_EQ(*request.query_value("z"), "");
  EXPECT_EQ(*request.header("x-y"), "v");
  EXPECT_EQ(request.header("missing"), nullptr);
}

TEST(RequestHead, TakesTheAbsoluteFormThatProxiesGet) {
  const auto request = parse_request_head("GET http://primary.databricks.test/api/2.0/x?path=%2F HTTP/1.1\r\n");
  EXPECT_EQ(request.path, "/api/2.0/x");
  EXPECT_EQ(*request.query_value("path"), "/");
  EXPECT_EQ(parse_request_head("GET http://primary.databricks.test HTTP/1.1\r\n").path, "/");
}

TEST(RequestHead, RefusesWhatIsNoRequest) {
  EXPECT_EQ(refusal_of("GET /\r\n"), 400);
  EXPECT_EQ(refusal_of("nonsense"), 400);
  EXPECT_EQ(refusal_of("GET * HTTP/1.1\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/2.0\r\n"), 505);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\n: no name\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nContent-Length: 1x\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n"), 501);
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 201; ++i) many += "a: b\r\n";
  EXPECT_EQ(refusal_of(many), 431);
}

TEST(PercentDecode, LeavesWhatIsNoEscape) {
  EXPECT_EQ(percent_decode("%41%4g%", PlusSign::literal), "A%4g%");
  EXPECT_EQ(percent_decode("a+b", PlusSign::literal), "a+b");
}

RC_GTEST_PROP(ChunkedBodies, ComeOutAsTheyWentInHoweverTheyArrive,
              (const std::string& body, unsigned chunk, unsigned piece)) {
  const std::size_t chunk_size = chunk % 50 + 1;
  std::string wire;
  for (std::size_t at = 0; at < body.size(); at += chunk_size) {
    const auto part = body.substr(at, chunk_size);
    char size[20];
    std::snprintf(size, sizeof size, "%zx;note\r\n", part.size());
    wire += size + part + "\r\n";
  }
  wire += "0\r\nTrailer: x\r\n\r\n";
  const auto whole = wire + "GET /next";
  ChunkedBody chunks(body.size());
  std::size_t at = 0;
  while (!chunks.finished()) at += chunks.feed(std::string_view(whole).substr(at, piece % 7 + 1));
  RC_ASSERT(chunks.take() == body);
  RC_ASSERT(at == wire.size());
}

TEST(ChunkedBodies, AreBounded) {
  ChunkedBody small(3);
  EXPECT_THROW(small.feed("4\r\nabcd\r\n"), BadHttp);
  ChunkedBody nonsense(3);
  EXPECT_THROW(nonsense.feed("x\r\n"), BadHttp);
  ChunkedBody longer(10);
  EXPECT_THROW(longer.feed("2\r\nabcd\r\n"), BadHttp);
}

TEST(Forms, GiveTheirParts) {
  const auto parts = parse_form("multipart/form-data; boundary=xyz",
                                "--xyz\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\n/a b\r\n"
                                "--xyz\r\nContent-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n"
                                "Content-Type: text/plain\r\n\r\nline\r\n\r\n--xy\r\n--xyz--\r\n");
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].name, "path");
  EXPECT_EQ((*parts)[0].content, "/a b");
  EXPECT_FALSE((*parts)[0].file_name);
  EXPECT_EQ((*parts)[1].content, "line\r\n\r\n--xy");
  EXPECT_EQ(*(*parts)[1].file_name, "content");
}

TEST(Forms, AreRefusedWhenTheyDoNotEnd) {
  EXPECT_FALSE(
      parse_form("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1"));
  EXPECT_FALSE(parse_form("multipart/form-data", "--x--"));
  EXPECT_FALSE(parse_form("application/json", "{}"));
}

}  // namespace
}  // namespace holdfast::sim
