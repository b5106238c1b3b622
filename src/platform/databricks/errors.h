// What a Databricks answer that is not 2xx says.  Five forms of body are met:
//   {"error_code": text or number, "message": text, "details": [{"@type": …ErrorInfo, "reason": text}, …]}   most
//   {"error": text} and {"error": code, "error_description": text}             commands (API 1.2), OAuth
//   {"schemas": […:Error], "detail": text, "status": text or number, "scimType": text}                       SCIM
//   CODE: text                                                                 plain
//   <html>…<pre>text</pre>…                                                    gateways
// and no body at all.  A 404 counts as "there is no such thing" only when the workspace itself says so: one that comes
// from a gateway says nothing about a resource, and must not read as deleted.
#pragma once

#include <string>
#include <string_view>

#include "net/api.h"

namespace holdfast::platform::databricks {

struct ErrorBody {
  enum class Form { standard, plain_error, scim, text, html, empty } form = Form::empty;
  std::string code;     // "RESOURCE_DOES_NOT_EXIST", "404"; empty when there is none
  std::string reason;   // of an ErrorInfo among the details
  std::string message;  // printable, at most 500 bytes
};
ErrorBody read_error_body(base::ByteView body);

// The net::Refine of this platform.
net::Verdict refine(const net::Response& response, net::Status by_http);

// Getting one cluster, job or run that is gone is answered with 400 INVALID_PARAMETER_VALUE and a sentence.  For
// callers that asked for one resource by its id and nothing else; other verdicts pass.
net::Status of_one_resource(const net::Verdict& verdict);

}  // namespace holdfast::platform::databricks
