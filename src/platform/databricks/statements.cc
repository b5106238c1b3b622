#include "platform/databricks/statements.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "model/json_text.h"
#include "platform/databricks/placeholders.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;
using model::json_quoted;
using model::JsonText;

constexpr std::string_view k_statements = "/api/2.0/sql/statements";
// A warehouse that is stopped takes minutes to start.
constexpr base::Duration k_longest = std::chrono::minutes(10);
constexpr base::Duration k_pause = std::chrono::milliseconds(200);
constexpr base::Duration k_longest_pause = std::chrono::seconds(10);

// "[TABLE_OR_VIEW_NOT_FOUND] The table …": what went wrong, in the platform's own words for programs.
std::string condition_of(std::string_view message) {
  if (!message.starts_with('[')) return {};
  const std::size_t end = message.find_first_of("].");
  return end == std::string_view::npos ? std::string() : std::string(message.substr(1, end - 1));
}

[[noreturn]] void refuse(const std::string& message) {
  const std::string condition = condition_of(message);
  if (condition.ends_with("_ALREADY_EXISTS"))
    throw Refused(Error(ErrorKind::conflict, message), net::Status::already_exists);
  if (condition.ends_with("_NOT_FOUND") || condition.starts_with("NO_SUCH_") || condition == "UNRESOLVED_ROUTINE")
    throw NamesNothing(Error(ErrorKind::not_found, message), net::Status::not_found);
  throw Refused(Error(ErrorKind::refused, message), net::Status::invalid);
}

}  // namespace

std::optional<std::string> find_warehouse(const Client& client, const std::string& name_or_id,
                                          const std::stop_token& stop) {
  std::optional<std::string> by_id;
  std::vector<std::string> by_name;
  client.list(
      {.paging = Listing::Paging::page_token, .ask = {.path = "/api/2.0/sql/warehouses"}, .items = "warehouses"},
      [&](std::string_view element) {
        const JsonText one{std::string(element)};
        std::string id = scalar_at(one, "id");
        if (id == name_or_id) by_id = id;
        if (scalar_at(one, "name") == name_or_id) by_name.push_back(std::move(id));
      },
      stop);
  if (by_id) return by_id;
  if (by_name.empty()) return std::nullopt;
  if (by_name.size() > 1)
    throw Error(ErrorKind::config, fmt::format("{} SQL warehouses are called '{}'", by_name.size(), name_or_id),
                "Set sql_warehouse to the id of one of them.");
  return by_name.front();
}

std::string Statements::warehouse_id() {
  const std::lock_guard lock(mutex_);
  if (!id_.empty()) return id_;
  std::optional<std::string> found = find_warehouse(calls_.client(), warehouse_, calls_.stop());
  if (!found)
    throw Error(ErrorKind::config, fmt::format("there is no SQL warehouse '{}', which sql_warehouse names", warehouse_),
                "Name one that the workspace has in sql_warehouse.");
  id_ = *std::move(found);
  return id_;
}

// From here on the statement may take effect, whatever becomes of the answers.
std::string Statements::wait_for(std::string answer) const {
  const base::Duration until = clock_.elapsed() + k_longest;
  const std::string id = scalar_at(JsonText(answer), "statement_id");
  for (base::Duration pause = k_pause;; pause = std::min(pause * 2, k_longest_pause)) {
    const std::string state = scalar_at(JsonText(answer), "status.state");
    if (state != "PENDING" && state != "RUNNING") return answer;
    if (clock_.elapsed() >= until)
      throw LostAnswer(ErrorKind::unavailable, fmt::format("the statement {} did not end within 10 minutes", id));
    if (!clock_.sleep(pause, calls_.stop()))
      throw Error(ErrorKind::cancelled, fmt::format("the statement {} was not waited for", id));
    try {
      answer = calls_.get({.path = fmt::format("{}/{}", k_statements, net::encode_segment(id))});
    } catch (const Refused& refused) {
      if (is_signed_out(refused)) throw;
      throw LostAnswer(refused.kind(), refused.message(), refused.hint());
    }
  }
}

// Taken at once and asked for then: who waits within the call cannot be told to stop.
void Statements::run(const std::string& sql, const SqlPlace& place) {
  const std::string body =
      fmt::format(R"({{"warehouse_id":{},"catalog":{},"schema":{},"wait_timeout":"0s","statement":{}}})",
                  json_quoted(warehouse_id()), json_quoted(place.catalog), json_quoted(place.schema), json_quoted(sql));
  const JsonText end(wait_for(calls_.post(k_statements, body)));
  const std::string state = scalar_at(end, "status.state");
  if (state == "SUCCEEDED") return;
  const std::string message = scalar_at(end, "status.error.message");
  if (state == "FAILED") refuse(message.empty() ? "the statement failed" : message);
  throw LostAnswer(ErrorKind::unavailable, fmt::format("the statement ended as {}: {}", state, message));
}

}  // namespace holdfast::platform::databricks
