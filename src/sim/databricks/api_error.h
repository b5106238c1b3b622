// What the API says when it refuses.  Handlers throw it; the router writes it in the form of the API that was asked.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::sim::databricks {

// The three forms of error bodies.
enum class Dialect {
  rest,  // {"error_code": …, "message": …}
  scim,  // {"schemas": […], "detail": …, "status": "404"}
  v12,   // {"error": "CODE: text"}
};

class ApiError : public std::exception {
public:
  ApiError(int status, std::string code, std::string message)
      : status_(status), code_(std::move(code)), message_(std::move(message)) {}

  int status() const noexcept { return status_; }
  const std::string& code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  // The reason of a google.rpc.ErrorInfo among the details; empty: none.
  const std::string& reason() const noexcept { return reason_; }
  const char* what() const noexcept override { return message_.c_str(); }

  ApiError&& with_reason(std::string reason) && {
    reason_ = std::move(reason);
    return std::move(*this);
  }

private:
  int status_ = 500;
  std::string code_;
  std::string message_;
  std::string reason_;
};

// The usual ones.
ApiError invalid(std::string message);         // 400 INVALID_PARAMETER_VALUE
ApiError malformed(std::string message);       // 400 MALFORMED_REQUEST
ApiError missing(std::string message);         // 404 RESOURCE_DOES_NOT_EXIST
ApiError missing_as_400(std::string message);  // 400 INVALID_PARAMETER_VALUE, as clusters/get, jobs/get and runs/get do
ApiError exists(std::string message);          // 400 RESOURCE_ALREADY_EXISTS
ApiError denied(std::string message);          // 403 PERMISSION_DENIED
ApiError bad_state(std::string message);       // 400 INVALID_STATE

std::string error_body(const ApiError& error, Dialect dialect);

}  // namespace holdfast::sim::databricks
