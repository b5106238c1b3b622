#include "platform/databricks/errors.h"

#include <gtest/gtest.h>

namespace holdfast::test {
namespace {

using net::Status;
using platform::databricks::ErrorBody;
using platform::databricks::read_error_body;

net::Verdict verdict(int status, std::string body) {
  return platform::databricks::refine({.status = status, .headers = {}, .body = std::move(body)},
                                      net::classify(status));
}
Status meaning(int status, std::string body) {
  return verdict(status, std::move(body)).status;
}

TEST(ErrorBody, reads_the_five_forms_and_none) {
  const ErrorBody standard = read_error_body(
      R"({"error_code":"INVALID_STATE","message":"no\n way","details":[{"@type":"x"},{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"WHY","domain":"d"}]})");
  EXPECT_EQ(standard.form, ErrorBody::Form::standard);
  EXPECT_EQ(standard.code + "/" + standard.reason + "/" + standard.message, "INVALID_STATE/WHY/no way");
  EXPECT_EQ(read_error_body(R"({"error_code":404,"message":"m"})").code, "404");
  const ErrorBody command = read_error_body(R"({"error":"ContextNotFound"})");
  EXPECT_EQ(command.form, ErrorBody::Form::plain_error);
  EXPECT_EQ(command.message, "ContextNotFound");
  EXPECT_EQ(read_error_body(R"({"error":"invalid_client","error_description":"who?"})").message, "who?");
  const ErrorBody scim = read_error_body(
      R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"User 7 not found","status":"404"})");
  EXPECT_EQ(scim.form, ErrorBody::Form::scim);
  EXPECT_EQ(scim.code + "/" + scim.message, "404/User 7 not found");
  const ErrorBody text = read_error_body("PERMISSION_DENIED: not you");
  EXPECT_EQ(text.form, ErrorBody::Form::text);
  EXPECT_EQ(text.code + "/" + text.message, "PERMISSION_DENIED/not you");
  const ErrorBody html =
      read_error_body("<html><body><h2>HTTP ERROR 500</h2><pre> out of\tcheese </pre></body></html>");
  EXPECT_EQ(html.form, ErrorBody::Form::html);
  EXPECT_EQ(html.message, "out of cheese");
  EXPECT_EQ(read_error_body("").form, ErrorBody::Form::empty);
  EXPECT_EQ(read_error_body(" \r\n").form, ErrorBody::Form::empty);
}

TEST(ErrorBody, survives_what_is_none_of_them) {
  EXPECT_EQ(read_error_body("{\"error_code\":").form, ErrorBody::Form::text);
  EXPECT_EQ(read_error_body("[1]").form, ErrorBody::Form::text);
  EXPECT_EQ(read_error_body(R"({"error_code":{"a":1},"message":[1]})").message, "");
  EXPECT_EQ(read_error_body(R"({"message":"x","details":[1,{"reason":2}]})").reason, "");
  EXPECT_EQ(read_error_body("{\"message\":" + std::string(100, '[')).form, ErrorBody::Form::text);
  EXPECT_EQ(read_error_body("x: " + std::string(100'000, 'y')).message.size(), 500U);
}

TEST(ErrorMeaning, goes_by_the_code) {
  EXPECT_EQ(meaning(404, R"({"error_code":"RESOURCE_DOES_NOT_EXIST","message":"m"})"), Status::not_found);
  EXPECT_EQ(meaning(400, R"({"error_code":"RESOURCE_ALREADY_EXISTS","message":"m"})"), Status::already_exists);
  EXPECT_EQ(meaning(403, R"({"error_code":"PERMISSION_DENIED","message":"m"})"), Status::denied);
  EXPECT_EQ(meaning(404, R"({"error_code":"ENDPOINT_NOT_FOUND","message":"m"})"), Status::feature_absent);
  EXPECT_EQ(meaning(400, R"({"error_code":"PRINCIPAL_DOES_NOT_EXIST","message":"m"})"), Status::invalid);
  EXPECT_EQ(meaning(404, R"({"error_code":"SCHEMA_DOES_NOT_EXIST","message":"m"})"), Status::not_found);
  EXPECT_EQ(meaning(400, R"({"error_code":"QUOTA_EXCEEDED","message":"m"})"), Status::quota);
  EXPECT_EQ(meaning(400, R"({"error_code":"INVALID_STATE","message":"m"})"), Status::conflict);
  EXPECT_EQ(meaning(403, "PERMISSION_DENIED: m"), Status::denied);
  EXPECT_EQ(verdict(409, R"({"error_code":"RESOURCE_CONFLICT","message":"m"})").code, "RESOURCE_CONFLICT");
}

TEST(ErrorMeaning, of_a_404_is_absent_only_when_the_workspace_says_so) {
  EXPECT_EQ(meaning(404, ""), Status::unknown);
  EXPECT_EQ(meaning(404, "<html><pre>no route</pre></html>"), Status::unknown);
  EXPECT_EQ(meaning(404, R"({"error":"default backend"})"), Status::unknown);
  EXPECT_EQ(meaning(404, R"({"schemas":["e"],"detail":"User 7 not found","status":"404"})"), Status::not_found);
  EXPECT_EQ(meaning(404, R"({"schemas":["e"],"detail":"User 7 not found","status":404})"), Status::not_found);
}

TEST(ErrorMeaning, of_a_tier_that_lacks_a_feature_is_not_a_failure) {
  EXPECT_EQ(meaning(500, R"({"error_code":"INTERNAL_ERROR","message":"FEATURE_DISABLED: ACLs are disabled"})"),
            Status::feature_absent);
  EXPECT_EQ(meaning(500, "FEATURE_DISABLED: table ACLs"), Status::feature_absent);
  EXPECT_EQ(meaning(500, R"({"error_code":"INTERNAL_ERROR","message":"oops"})"), Status::failed);
  EXPECT_EQ(meaning(501, R"({"error_code":"NOT_IMPLEMENTED","message":"m"})"), Status::feature_absent);
}

TEST(ErrorMeaning, of_a_missing_feature_needs_the_word_of_the_workspace) {
  EXPECT_EQ(meaning(501, ""), Status::failed);
  EXPECT_EQ(meaning(501, "<html><pre>not implemented</pre></html>"), Status::failed);
  EXPECT_EQ(meaning(500, "<html><pre>FEATURE_DISABLED: x</pre></html>"), Status::failed);
  EXPECT_EQ(meaning(500, R"({"error_code":"INTERNAL_ERROR","message":"cannot read /a/FEATURE_DISABLED/b"})"),
            Status::failed);
  EXPECT_EQ(meaning(403, R"({"error_code":"PERMISSION_DENIED","message":"no right to FEATURE_DISABLED"})"),
            Status::denied);
}

TEST(ErrorMeaning, of_an_export_that_is_too_large_is_one_for_all_its_shapes) {
  EXPECT_EQ(meaning(400, R"({"error_code":"MAX_NOTEBOOK_SIZE_EXCEEDED","message":"m"})"), Status::too_large);
  EXPECT_EQ(meaning(400, R"({"error_code":"MAX_READ_SIZE_EXCEEDED","message":"m"})"), Status::too_large);
  const auto by_text =
      verdict(400, R"({"error_code":"BAD_REQUEST","message":"content size exceeded the maximum of 10485760 bytes"})");
  EXPECT_EQ(by_text.status, Status::too_large);
  const auto by_reason =
      verdict(400, R"({"error_code":"BAD_REQUEST","message":"m","details":[{"reason":"MAX_READ_SIZE_EXCEEDED"}]})");
  EXPECT_EQ(by_reason.status, Status::too_large);
  EXPECT_EQ(by_reason.code, "MAX_READ_SIZE_EXCEEDED");
}

TEST(ErrorMeaning, of_being_too_fast_and_of_having_too_much_are_two_things) {
  EXPECT_EQ(meaning(429, R"({"error_code":"RESOURCE_EXHAUSTED","message":"m"})"), Status::throttled);
  EXPECT_EQ(meaning(429, R"({"error_code":"QUOTA_EXCEEDED","message":"m"})"), Status::throttled);
  EXPECT_EQ(meaning(400, R"({"error_code":"RESOURCE_EXHAUSTED","message":"m"})"), Status::quota);
  EXPECT_EQ(meaning(503, R"({"error_code":"TEMPORARILY_UNAVAILABLE","message":"m"})"), Status::unavailable);
  EXPECT_EQ(meaning(503, R"({"error_code":"RESOURCE_DOES_NOT_EXIST","message":"m"})"), Status::unavailable);
  EXPECT_EQ(meaning(400, R"({"error_code":"BAD_REQUEST","message":"RPC token bucket limit has been exceeded"})"),
            Status::unavailable);
}

TEST(ErrorMeaning, of_a_refused_token_is_not_a_missing_right) {
  EXPECT_EQ(meaning(403, R"({"error_code":"403","message":"Invalid access token."})"), Status::unauthenticated);
  EXPECT_EQ(meaning(401, ""), Status::unauthenticated);
  EXPECT_EQ(meaning(403, ""), Status::denied);
}

TEST(ErrorMeaning, of_one_resource_reads_the_400_that_stands_for_a_404) {
  using platform::databricks::of_one_resource;
  const auto gone = verdict(400, R"({"error_code":"INVALID_PARAMETER_VALUE","message":"Cluster 1 does not exist"})");
  EXPECT_EQ(gone.status, Status::invalid);
  EXPECT_EQ(of_one_resource(gone), Status::not_found);
  EXPECT_EQ(of_one_resource(verdict(400, R"({"error_code":"INVALID_PARAMETER_VALUE","message":"bad limit"})")),
            Status::invalid);
  EXPECT_EQ(of_one_resource(verdict(404, R"({"error_code":"RESOURCE_DOES_NOT_EXIST","message":"m"})")),
            Status::not_found);
  EXPECT_EQ(of_one_resource(verdict(404, "")), Status::unknown);
}

}  // namespace
}  // namespace holdfast::test
