#include "platform/databricks/definition_writer.h"

#include <fmt/format.h>

#include <vector>

#include "model/json_text.h"
#include "model/resource_text.h"
#include "platform/databricks/definition_sql.h"
#include "platform/databricks/placeholders.h"

namespace holdfast::platform::databricks {

namespace {

using model::JsonText;

constexpr std::string_view k_functions = "functions";
constexpr std::string_view k_tables = "tables";

std::string path_of(const DefinitionTarget& to, const std::string& id) {
  return fmt::format("/api/2.1/unity-catalog/{}/{}", to.kind, net::encode_segment(id));
}

std::string raw_at(const JsonText& json, std::string_view name) {
  const JsonText::Id id = json.member(JsonText::k_root, name);
  return id == JsonText::k_none ? std::string() : model::plain_text(std::string(json.raw(id)));
}

void give_to(const DefinitionTarget& to, const std::string& id, const std::string& owner) {
  to.calls.send(to.calls.request(net::Method::patch, path_of(to, id),
                                 fmt::format(R"({{"owner":{}}})", model::json_quoted(owner))),
                k_other, net::Repeat::safe);
}

// Whoever creates it owns it.  That nobody else takes it does not undo it: it is there, and found by its name.
void give_new(const DefinitionTarget& to, const std::string& id, const std::string& owner, const std::string& made) {
  if (owner.empty() || owner == scalar_at(JsonText(made), "owner")) return;
  try {
    give_to(to, id, owner);
  } catch (const Refused& refused) {
    if (is_signed_out(refused)) throw;
    throw ByHand(fmt::format("Give {} to {}, its owner: it was created, and that was refused ({}).", id, owner,
                             refused.message()));
  }
}

// The owner is set afterwards.
std::string without_owner(const JsonText& body) {
  JsonText out(body.print());
  if (const JsonText::Id owner = out.member(JsonText::k_root, "owner"); owner != JsonText::k_none) out.remove(owner);
  return out.print();
}

std::string create_function(const DefinitionTarget& to, const JsonText& body) {
  const std::string made =
      to.calls.post("/api/2.1/unity-catalog/functions", fmt::format(R"({{"function_info":{}}})", without_owner(body)));
  const std::string id = scalar_at(JsonText(made), "full_name");
  give_new(to, id, scalar_at(body, "owner"), made);
  return id;
}

Statements::Place place_of(const JsonText& body) {
  return {scalar_at(body, "catalog_name"), scalar_at(body, "schema_name")};
}

// What it names may be for somebody else to bring: data of managed tables, say.
void run_by_hand_where_lacking(const DefinitionTarget& to, const std::string& sql, const JsonText& body) {
  try {
    to.statements.run(sql, place_of(body));
  } catch (const NamesNothing& refused) {
    throw ByHand(fmt::format("Run this where all that it names is there, or restore again then ({}).\n{};",
                             refused.message(), sql));
  }
}

std::string create_table(const DefinitionTarget& to, const std::string& name, const JsonText& body) {
  const std::string text = body.print();
  const std::optional<std::string> sql = creation_sql(text);
  if (!sql) throw ByHand(fmt::format("Create {} yourself.\n{}", name, creation_script(text)));
  run_by_hand_where_lacking(to, *sql, body);
  const std::string made = to.calls.get({.path = path_of(to, name)});
  give_new(to, name, scalar_at(body, "owner"), made);
  return name;
}

// Members in which the two differ, of those that the wanted one has.
std::vector<std::string> other_members(const JsonText& wanted, const JsonText& there) {
  const bool view = scalar_at(wanted, "table_type") == "VIEW";
  std::vector<std::string> out;
  for (JsonText::Id id = wanted.first(JsonText::k_root); id != JsonText::k_none; id = wanted.next(id)) {
    const std::string name(wanted.name(id));
    if (name == "owner" || (view && (name == "view_definition" || name == "columns"))) continue;
    // What the platform adds to properties is its own.
    const JsonText::Id same = there.member(JsonText::k_root, name);
    bool differs = raw_at(wanted, name) != raw_at(there, name);
    if (differs && name == "properties" && same != JsonText::k_none) {
      differs = false;
      for (JsonText::Id one = wanted.first(id); one != JsonText::k_none; one = wanted.next(one)) {
        const JsonText::Id other = there.member(same, wanted.name(one));
        differs = differs || other == JsonText::k_none || wanted.string(one) != there.string(other);
      }
    }
    if (differs) out.push_back(name);
  }
  return out;
}

void update_table(const DefinitionTarget& to, const std::string& id, const JsonText& wanted) {
  const JsonText there(to.calls.get({.path = path_of(to, id)}));
  const bool view = scalar_at(wanted, "table_type") == "VIEW";
  if (view && scalar_at(wanted, "view_definition") != scalar_at(there, "view_definition")) {
    const std::string sql = view_change_sql(wanted.print());
    if (!to.statements.there()) throw ByHand(fmt::format("Change the view {} on a SQL warehouse.\n{};", id, sql));
    run_by_hand_where_lacking(to, sql, wanted);
  }
  const std::string owner = scalar_at(wanted, "owner");
  if (!owner.empty() && owner != scalar_at(there, "owner")) give_to(to, id, owner);
  const std::vector<std::string> others = other_members(wanted, there);
  if (!others.empty())
    throw ByHand(fmt::format("Change {} of {} in SQL to what the snapshot has: no call that Holdfast makes does.",
                             fmt::join(others, ", "), id));
}

}  // namespace

bool is_written_as_definition(std::string_view kind) noexcept {
  return kind == k_functions || kind == k_tables;
}

std::string create_definition(const DefinitionTarget& to, const ResourceWriter::Content& content) {
  const JsonText body(content.body);
  return to.kind == k_functions ? create_function(to, body) : create_table(to, content.name, body);
}

void update_definition(const DefinitionTarget& to, const std::string& id, const ResourceWriter::Content& content) {
  const JsonText body(content.body);
  if (to.kind == k_tables) return update_table(to, id, body);
  // All else of a function is made with it.
  if (const std::string owner = scalar_at(body, "owner"); !owner.empty()) give_to(to, id, owner);
}

void remove_definition(const DefinitionTarget& to, const std::string& id) {
  if (to.kind == k_tables) {
    const net::Answer answer = to.calls.client().get({.path = path_of(to, id)}, {});
    if (answer.verdict.status == net::Status::not_found) return;
    if (!answer.ok()) throw Refused(net::to_error(answer), answer.verdict.status);
    const std::string type = scalar_at(JsonText(answer.response.body), "table_type");
    if (type != "VIEW" && type != "EXTERNAL")
      throw ByHand(fmt::format("Drop the table {} yourself, if it shall go: it is {}, and its data would go with it.",
                               id, type));
  }
  to.calls.remove({.method = net::Method::remove, .path = path_of(to, id), .sent = {}}, {.id = id, .name = id});
}

}  // namespace holdfast::platform::databricks
