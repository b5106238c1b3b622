#include "platform/databricks/write_calls.h"

#include <fmt/format.h>

#include <initializer_list>

#include "model/json_path.h"
#include "model/json_text.h"
#include "model/resource_text.h"
#include "platform/databricks/column_writer.h"
#include "platform/databricks/errors.h"
#include "platform/databricks/placeholders.h"

namespace holdfast::platform::databricks {

namespace {

using model::JsonText;
using net::Status;

std::string member_of(const JsonText& body, std::string_view name) {
  const JsonText::Id id = body.member(JsonText::k_root, name);
  return id == JsonText::k_none ? "null" : std::string(body.raw(id));
}

// The members of these names, as they are.
std::string changed_of(const JsonText& body, const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names)
    if (body.member(JsonText::k_root, name) != JsonText::k_none)
      out += fmt::format("{}{}:{}", out.empty() ? "" : ",", model::json_quoted(name), member_of(body, name));
  return fmt::format("{{{}}}", out);
}

// What an update can change of it.
JsonText changeable(const model::Kind& kind, std::string text) {
  JsonText out(std::move(text));
  for (const auto* fields : {&kind.server_fields, &kind.create_only})
    for (const std::string& field : *fields)
      model::JsonPath(field).visit(out, [&](JsonText::Id id) { out.remove(id); });
  return JsonText(out.print());
}

// Members at the top that `one` has, and `other` has not or has otherwise.
std::vector<std::string> members_beside(const JsonText& one, const JsonText& other) {
  std::vector<std::string> out;
  for (JsonText::Id id = one.first(JsonText::k_root); id != JsonText::k_none; id = one.next(id)) {
    const std::string name(one.name(id));
    const JsonText::Id same = other.member(JsonText::k_root, name);
    const auto text = [](const JsonText& json, JsonText::Id at) {
      return model::plain_text(std::string(json.raw(at)));
    };
    if (same == JsonText::k_none || text(one, id) != text(other, same)) out.push_back(name);
  }
  return out;
}

std::string differing_of(const WriteValues& values) {
  return fmt::format("{}", fmt::join(values.members, ","));
}

// A brace in a template that is no placeholder stands for itself.
std::string sent_body(const WriteCall& call, const WriteValues& values) {
  if (call.sent.empty()) return {};
  JsonText body(values.body);
  if (!call.with_id.empty()) body.add_member(JsonText::k_root, call.with_id, model::json_quoted(values.id));
  std::string out;
  std::string_view rest = call.sent;
  const auto take = [&](std::string_view mark, const auto& value) {
    if (!rest.starts_with(mark)) return false;
    out += value();
    rest.remove_prefix(mark.size());
    return true;
  };
  while (!rest.empty()) {
    constexpr std::string_view k_member = "{member:";
    if (rest.starts_with(k_member)) {
      const std::size_t end = rest.find('}');
      out += member_of(body, rest.substr(k_member.size(), end - k_member.size()));
      rest.remove_prefix(end + 1);
      continue;
    }
    if (take("{body}", [&] { return body.print(); }) || take("{id}", [&] { return model::json_quoted(values.id); }) ||
        take("{number}", [&] { return values.id; }) ||
        take("{name}", [&] { return model::json_quoted(values.name); }) ||
        take("{differing}", [&] { return differing_of(values); }) ||
        take("{permissions}", [&] { return flat_permissions(body.print()); }) ||
        take("{changed}", [&] { return changed_of(body, values.members); }))
      continue;
    out += rest.front();
    rest.remove_prefix(1);
  }
  return out;
}

std::string replaced(std::string text, std::string_view mark, const std::string& value) {
  const std::size_t at = text.find(mark);
  return at == std::string::npos ? text : text.replace(at, mark.size(), value);
}

std::string query_value(const std::string& text, const WriteValues& values) {
  constexpr std::string_view k_member = "{member:";
  if (text.starts_with(k_member))
    return scalar_at(JsonText(values.body), text.substr(k_member.size(), text.size() - k_member.size() - 1));
  return replaced(replaced(text, "{differing}", differing_of(values)), "{id}", values.id);
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

LostAnswer lost_answer(const std::string& request, std::string_view problem) {
  return LostAnswer(base::ErrorKind::unavailable, fmt::format("{}: the answer tells nothing: {}", request, problem),
                    "Something between here and the workspace may have answered in its place; look at the proxy.");
}

// A page of what lies between, or an answer that was cut, says nothing of what became of the call.  Where nothing has
// to be told nothing may be answered.
void require_words_of_the_api(const net::Answer& answer) {
  if (is_blank(answer.response.body)) return;
  try {
    const JsonText json(answer.response.body);
  } catch (const base::Error& problem) {
    throw lost_answer(answer.request, problem.message());
  }
}

bool may_have_happened(const net::Answer& answer) {
  const Status status = answer.verdict.status;
  if (status == Status::lost || status == Status::failed || status == Status::unavailable || status == Status::unknown)
    return true;
  // Its name may be taken by the attempt before it.
  return status == Status::already_exists && answer.echo_possible;
}

}  // namespace

std::string created_id(const KindWrites& writes, const std::string& name, const std::string& answer) {
  const JsonText json(is_blank(answer) ? std::string("{}") : answer);
  if (!writes.created_id.empty()) {
    std::string out = scalar_at(json, writes.created_id);
    if (out.empty()) throw lost_answer(writes.create.path, fmt::format("it has no {}", writes.created_id));
    return out;
  }
  // Objects of the catalog are known by the names of all that they lie in.
  std::string full = scalar_at(json, "full_name");
  return full.empty() ? name : full;
}

net::Request Calls::request(net::Method method, std::string_view path, std::string body) const {
  net::Request out;
  out.method = method;
  out.url = net::at(client_.host(), path);
  out.headers.push_back({"Accept", "application/json"});
  if (!body.empty()) out.headers.push_back({"Content-Type", "application/json"});
  out.body = std::move(body);
  return out;
}

std::string Calls::send(net::Request request, std::string_view family, net::Repeat repeat) const {
  const net::Answer answer = client_.call({.family = family, .request = std::move(request), .repeat = repeat}, stop_);
  if (answer.ok()) {
    require_words_of_the_api(answer);
    return answer.response.body;
  }
  const base::Error error = net::to_error(answer);
  // What says which state it is for is refused for good where that is past, in whatever words: tried again it would be
  // sent for the newer one, over what somebody changed.
  if (repeat == net::Repeat::unsafe && answer.response.status == 409)
    throw Refused(base::Error(base::ErrorKind::conflict, error.message(), error.hint()), Status::conflict);
  if (may_have_happened(answer)) throw LostAnswer(error.kind(), error.message(), error.hint());
  if (answer.verdict.status == Status::already_exists)
    throw Refused(base::Error(base::ErrorKind::conflict, error.message(), error.hint()), Status::already_exists);
  throw Refused(error, of_one_resource(answer.verdict));
}

std::string Calls::send(const WriteCall& call, const WriteValues& values, net::Repeat repeat) const {
  std::string path = replaced(call.path, "{id}", net::encode_segment(values.id));
  path = replaced(std::move(path), "{name}", net::encode_segment(values.name));
  net::Request out = request(call.method, path, sent_body(call, values));
  net::Pairs query;
  for (const auto& [name, value] : call.query) query.emplace_back(name, query_value(value, values));
  out.url.query = net::encode_pairs(query);
  return send(std::move(out), call.family, repeat);
}

// Also what the table of kinds leaves out goes back, and only what differs is taken from the body.
void Calls::send_back(const KindWrites& writes, const WriteValues& values) const {
  const KindWrites::SentBack& how = writes.sent_back;
  const JsonText there(get({.path = replaced(writes.update.path, "{id}", net::encode_segment(values.id))}));
  JsonText whole(member_of(there, how.definition));
  const JsonText body(values.body);
  for (const std::string& name : values.members) {
    const std::string value = member_of(body, name);
    const JsonText::Id old = whole.member(JsonText::k_root, name);
    if (old == JsonText::k_none)
      whole.add_member(JsonText::k_root, name, value);
    else
      whole.replace(old, value);
  }
  whole.add_member(JsonText::k_root, how.expected, member_of(there, how.modified));
  // Tried again by itself it would be refused for its own first attempt.
  send(writes.update, {.id = values.id, .name = values.name, .body = whole.print()}, net::Repeat::unsafe);
}

void Calls::send_masked(const KindWrites& writes, const model::Kind& kind, WriteValues values) const {
  const JsonText there =
      changeable(kind, get({.path = replaced(writes.update.path, "{id}", net::encode_segment(values.id))}));
  const JsonText wanted = changeable(kind, std::move(values.body));
  values.members = members_beside(wanted, there);
  for (std::string& name : members_beside(there, wanted))
    if (wanted.member(JsonText::k_root, name) == JsonText::k_none) values.members.push_back(std::move(name));
  if (values.members.empty()) return;
  values.body = wanted.print();
  send(writes.update, values, net::Repeat::safe);
}

std::string Calls::post(std::string_view path, std::string body, std::string_view family) const {
  return send(request(net::Method::post, path, std::move(body)), family);
}

void Calls::remove(const WriteCall& call, const WriteValues& values) const {
  try {
    send(call, values, net::Repeat::safe);
  } catch (const Refused& refused) {
    if (refused.status() != Status::not_found) throw;
  }
}

}  // namespace holdfast::platform::databricks
