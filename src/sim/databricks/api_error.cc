#include "sim/databricks/api_error.h"

#include "base/json.h"
#include "sim/databricks/json.h"

namespace holdfast::sim::databricks {

ApiError invalid(std::string message) {
  return {400, "INVALID_PARAMETER_VALUE", std::move(message)};
}

ApiError malformed(std::string message) {
  return {400, "MALFORMED_REQUEST", std::move(message)};
}

ApiError missing(std::string message) {
  return {404, "RESOURCE_DOES_NOT_EXIST", std::move(message)};
}

ApiError missing_as_400(std::string message) {
  return invalid(std::move(message));
}

ApiError exists(std::string message) {
  return {400, "RESOURCE_ALREADY_EXISTS", std::move(message)};
}

ApiError denied(std::string message) {
  return {403, "PERMISSION_DENIED", std::move(message)};
}

ApiError bad_state(std::string message) {
  return {400, "INVALID_STATE", std::move(message)};
}

std::string error_body(const ApiError& error, Dialect dialect) {
  Json body = Json::object();
  if (dialect == Dialect::scim) {
    body["schemas"] = Json::array({"urn:ietf:params:scim:api:messages:2.0:Error"});
    body["detail"] = error.message();
    body["status"] = std::to_string(error.status());
    if (error.status() == 409) body["scimType"] = "uniqueness";
  } else if (dialect == Dialect::v12) {
    body["error"] = error.code() + ": " + error.message();
  } else {
    // The gateway in front of the platform writes the status as a number, the services behind it a name.
    const bool numeric = error.code().find_first_not_of("0123456789") == std::string::npos;
    if (numeric) {
      body["error_code"] = error.status();
    } else {
      body["error_code"] = error.code();
    }
    body["message"] = error.message();
    if (!error.reason().empty()) {
      body["details"] = Json::array({{{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                                      {"reason", error.reason()},
                                      {"domain", "databricks.com"}}});
    }
  }
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace holdfast::sim::databricks
