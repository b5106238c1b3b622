#include "platform/databricks/definition_writer.h"

#include <fmt/format.h>

#include <set>
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

// Whoever creates it owns it.  That nobody else takes it does not undo it: it is there, and found by its name.  Returns
// what is left to do by hand.
std::string give_new(const DefinitionTarget& to, const std::string& id, const std::string& owner,
                     const JsonText& made) {
  if (owner.empty() || owner == scalar_at(made, "owner")) return {};
  try {
    give_to(to, id, owner);
    return {};
  } catch (const Refused& refused) {
    if (is_signed_out(refused)) throw;
    return fmt::format("Give {} to {}, its owner: it was created, and that was refused ({}).", id, owner,
                       refused.message());
  }
}

struct Left {
  std::string task{};  // empty: nothing is left to do by hand
  ByHand::Way way = ByHand::Way::instead;

  void add(const std::string& more) { task += (task.empty() || more.empty() ? "" : "\n") + more; }
};

void leave_by_hand(const Left& left) {
  if (!left.task.empty()) throw ByHand(left.task, left.way);
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
  const JsonText there(made);
  const std::string id = scalar_at(there, "full_name");
  leave_by_hand({give_new(to, id, scalar_at(body, "owner"), there)});
  return id;
}

struct Script {
  std::string sql;    // for the warehouse
  std::string shown;  // for people
};

// What it names may be for somebody else to bring: data of managed tables, say.
void run_by_hand_where_lacking(const DefinitionTarget& to, const Script& script, const std::string& body) {
  const std::optional<SqlPlace> place = place_of(body);
  if (!place)
    throw ByHand(fmt::format("Run this yourself: in which catalog and schema its text was written is not told.\n{}",
                             script.shown));
  try {
    to.statements.run(script.sql, *place);
  } catch (const NamesNothing& refused) {
    throw ByHand(fmt::format("Run this where all that it names is there, or restore again then ({}).\n{}",
                             refused.message(), script.shown));
  }
}

// What a view reads and calls, as its catalog says; nullopt where it does not.
std::optional<std::set<std::string>> read_by(const JsonText& view) {
  static const model::JsonPath k_tables_read("view_dependencies.dependencies[*].table.table_full_name");
  static const model::JsonPath k_called("view_dependencies.dependencies[*].function.function_full_name");
  if (view.member(JsonText::k_root, "view_dependencies") == JsonText::k_none) return std::nullopt;
  std::set<std::string> out;
  for (const model::JsonPath* path : {&k_tables_read, &k_called})
    path->visit(view, [&](JsonText::Id id) { out.insert(view.string(id)); });
  return out;
}

// A text that is taken as it is may mean something else where it is run.  No run compares what a view reads: who looks
// at it has to say that it is done.
void look_at_sources(const std::string& name, const JsonText& wanted, const JsonText& there, Left& left) {
  const auto meant = read_by(wanted);
  const auto read = read_by(there);
  if (!meant || !read || *meant == *read) return;
  left.way = ByHand::Way::beside;
  left.add(fmt::format("Look at the view {}: it reads {}, and should read {}.", name,
                       read->empty() ? "nothing" : fmt::format("{}", fmt::join(*read, ", ")),
                       meant->empty() ? "nothing" : fmt::format("{}", fmt::join(*meant, ", "))));
}

std::string create_table(const DefinitionTarget& to, const std::string& name, const JsonText& body) {
  const std::string text = body.print();
  const std::optional<std::string> sql = creation_sql(text);
  if (!sql) throw ByHand(fmt::format("Create {} yourself.\n{}", name, creation_script(text)));
  run_by_hand_where_lacking(to, {*sql, creation_script(text)}, text);
  const JsonText made(to.calls.get({.path = path_of(to, name)}));
  Left left{give_new(to, name, scalar_at(body, "owner"), made)};
  look_at_sources(name, body, made, left);
  leave_by_hand(left);
  return name;
}

// What the platform adds to properties is its own.
bool lacks_properties(const JsonText& there, const JsonText& wanted, JsonText::Id properties) {
  const JsonText::Id same = there.member(JsonText::k_root, "properties");
  for (JsonText::Id one = wanted.first(properties); one != JsonText::k_none; one = wanted.next(one)) {
    if (wanted.name(one).starts_with("view.")) continue;
    const JsonText::Id other = same == JsonText::k_none ? same : there.member(same, wanted.name(one));
    if (other == JsonText::k_none || wanted.string(one) != there.string(other)) return true;
  }
  return false;
}

// What people set, and have taken away again.
bool has_own_properties(const JsonText& there) {
  const JsonText::Id properties = there.member(JsonText::k_root, "properties");
  if (properties == JsonText::k_none) return false;
  for (JsonText::Id one = there.first(properties); one != JsonText::k_none; one = there.next(one))
    if (!there.name(one).starts_with("view.") && !there.name(one).starts_with("delta.")) return true;
  return false;
}

// Members in which the two differ, of those that the wanted one has or somebody has taken away.
std::vector<std::string> other_members(const JsonText& wanted, const JsonText& there) {
  static const std::set<std::string> k_by_text{"view_definition", "columns", "view_dependencies"};
  const bool view = scalar_at(wanted, "table_type") == "VIEW";
  std::vector<std::string> out;
  for (JsonText::Id id = wanted.first(JsonText::k_root); id != JsonText::k_none; id = wanted.next(id)) {
    const std::string name(wanted.name(id));
    if (name == "owner" || (view && k_by_text.contains(name))) continue;
    const bool differs =
        name == "properties" ? lacks_properties(there, wanted, id) : raw_at(wanted, name) != raw_at(there, name);
    if (differs) out.push_back(name);
  }
  const auto lacks = [&](std::string_view name) { return wanted.member(JsonText::k_root, name) == JsonText::k_none; };
  if (lacks("comment") && !scalar_at(there, "comment").empty()) out.emplace_back("comment");
  if (lacks("properties") && has_own_properties(there)) out.emplace_back("properties");
  return out;
}

void update_table(const DefinitionTarget& to, const std::string& id, const JsonText& wanted) {
  const JsonText there(to.calls.get({.path = path_of(to, id)}));
  const bool view = scalar_at(wanted, "table_type") == "VIEW";
  Left left;
  if (view && scalar_at(wanted, "view_definition") != scalar_at(there, "view_definition")) {
    const std::string text = wanted.print();
    const Script script{view_change_sql(text), view_change_script(text)};
    if (!to.statements.there())
      throw ByHand(fmt::format("Change the view {} on a SQL warehouse.\n{}", id, script.shown));
    run_by_hand_where_lacking(to, script, text);
    look_at_sources(id, wanted, JsonText(to.calls.get({.path = path_of(to, id)})), left);
  }
  const std::string owner = scalar_at(wanted, "owner");
  if (!owner.empty() && owner != scalar_at(there, "owner")) give_to(to, id, owner);
  const std::vector<std::string> others = other_members(wanted, there);
  if (!others.empty())
    left.add(fmt::format("Change {} of {} in SQL to what the snapshot has: no call that Holdfast makes does.",
                         fmt::join(others, ", "), id));
  leave_by_hand(left);
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
  to.calls.remove({.method = net::Method::remove, .path = path_of(to, id), .sent = {}}, {.id = id, .name = id});
}

}  // namespace holdfast::platform::databricks
