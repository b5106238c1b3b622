#include "platform/databricks/group_assignments.h"

#include <fmt/format.h>

#include <vector>

#include "base/error.h"
#include "model/json_text.h"
#include "platform/databricks/placeholders.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;
using model::JsonText;
using net::Status;

[[noreturn]] void by_hand(const std::string& name, const std::string& reason) {
  throw ByHand(
      fmt::format("Assign the account's group {} to the target workspace in the account console: {}.", name, reason));
}

bool is_for_others(Status status) {
  return status == Status::denied || status == Status::feature_absent || status == Status::not_found;
}

template <typename Call>
void or_by_hand(const std::string& name, const Call& call) {
  try {
    call();
  } catch (const Refused& refused) {
    if (is_for_others(refused.status())) by_hand(name, refused.message());
    throw;
  }
}

std::vector<std::string> ids_of(const Calls& calls, const std::string& name) {
  std::string quoted;
  for (const char c : name) quoted += c == '"' || c == '\\' ? fmt::format("\\{}", c) : std::string(1, c);
  const net::Answer answer = calls.client().get({.family = k_scim,
                                                 .path = "/api/2.0/account/scim/v2/Groups",
                                                 .query = {{"filter", fmt::format("displayName eq \"{}\"", quoted)}}},
                                                calls.stop());
  if (is_for_others(answer.verdict.status)) by_hand(name, answer.verdict.message);
  if (!answer.ok()) throw Refused(net::to_error(answer), answer.verdict.status);
  const JsonText json(answer.response.body);
  const JsonText::Id found = json.member(JsonText::k_root, "Resources");
  std::vector<std::string> out;
  if (found == JsonText::k_none) return out;
  for (JsonText::Id id = json.first(found); id != JsonText::k_none; id = json.next(id)) {
    const JsonText group{std::string(json.raw(id))};
    if (scalar_at(group, "displayName") == name) out.push_back(scalar_at(group, "id"));
  }
  return out;
}

}  // namespace

std::string assign_group(const Calls& calls, const std::string& name, const std::string& body) {
  const std::vector<std::string> ids = ids_of(calls, name);
  if (ids.empty()) by_hand(name, "the account of the target does not have it yet");
  if (ids.size() != 1)
    throw Error(ErrorKind::conflict, fmt::format("the account has {} groups that are called '{}'", ids.size(), name),
                "Assign the one that is meant in the account console.");
  const JsonText wanted(body);
  const JsonText::Id permissions = wanted.member(JsonText::k_root, "permissions");
  const std::string sent =
      fmt::format(R"({{"permissions":{}}})",
                  permissions == JsonText::k_none ? std::string(R"(["USER"])") : std::string(wanted.raw(permissions)));
  const std::string path = "/api/2.0/preview/permissionassignments/principals/" + net::encode_segment(ids.front());
  or_by_hand(name, [&] { calls.send(calls.request(net::Method::put, path, sent), k_other); });
  return ids.front();
}

void change_assignment(const Calls& calls, const WriteCall& call, const WriteValues& values) {
  // All permissions are sent: twice is once.
  or_by_hand(values.name, [&] { calls.send(call, values, net::Repeat::safe); });
}

}  // namespace holdfast::platform::databricks
