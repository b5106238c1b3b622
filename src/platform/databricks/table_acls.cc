#include "platform/databricks/table_acls.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/error.h"
#include "base/json.h"
#include "platform/databricks/sql_names.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;
using Effect = TableAcl::Effect;

struct Type {
  std::string_view name;
  std::size_t parts;
};
constexpr std::array k_types{Type{"CATALOG", 0},  Type{"ANY FILE", 0}, Type{"ANONYMOUS FUNCTION", 0},
                             Type{"DATABASE", 1}, Type{"TABLE", 2},    Type{"VIEW", 2},
                             Type{"FUNCTION", 2}};

bool is_plain(std::string_view part) {
  return !part.empty() &&
         std::all_of(part.begin(), part.end(), [](char c) { return c == '_' || base::is_letter_or_digit(c); });
}

// Takes a part off `text`; nullopt where there is none.
std::optional<std::string> take_part(std::string_view& text) {
  if (!text.starts_with('`')) {
    const std::string out(text.substr(0, text.find('.')));
    text.remove_prefix(out.size());
    return is_plain(out) ? std::optional(out) : std::nullopt;
  }
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '`') {
      out += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '`') {
      out += text[i++];
    } else {
      text.remove_prefix(i + 1);
      return out;
    }
  }
  return std::nullopt;
}

// Of the name of an action nothing but words goes into a statement.
bool is_action(std::string_view action) {
  return !action.empty() && std::all_of(action.begin(), action.end(),
                                        [](char c) { return c == ' ' || c == '_' || (c >= 'A' && c <= 'Z'); });
}

constexpr std::string_view k_denied = "DENIED_";
constexpr std::size_t k_columns = 3;  // of SHOW GRANTS: principal, action, type; and a key, which is not looked at

// What the table, or the database, has by what it lies in.
bool is_inherited(const HiveObject& object, const std::string& type) {
  if (object.parts.empty()) return false;
  if (type.starts_with("CATALOG")) return true;
  return object.parts.size() > 1 && (type == "DATABASE" || type == "SCHEMA");
}

std::string joined_parts(const HiveObject& object, std::string (*shown)(std::string_view)) {
  std::string out = object.type;
  for (std::size_t i = 0; i < object.parts.size(); ++i) out += (i == 0 ? " " : ".") + shown(object.parts[i]);
  return out;
}

std::string verb_of(Effect effect) {
  return effect == Effect::deny ? "DENY" : "GRANT";
}

bool is_true(const std::string& text) {
  return text == "true" || text == "True";
}

// Names that a list of a database has, in the column `at`.
std::set<std::string> names_in(const SparkAnswer& answer, std::size_t at) {
  std::set<std::string> out;
  for (const std::vector<std::string>& row : answer.rows)
    if (row.size() > at && !(row.size() > 2 && is_true(row[2]))) out.insert(row[at]);
  return out;
}

// Functions are told with their catalog and database in front.
std::string own_name(const std::string& full) {
  return full.substr(full.rfind('.') + 1);
}

// What is odd goes into no statement, and into no snapshot.
void check_permission(const std::string& object, const std::string& principal, const std::string& action) {
  if (!is_action(action))
    throw Error(ErrorKind::unsupported, fmt::format("'{}' on '{}' is no action that statements take", action, object));
  if (principal.empty()) throw Error(ErrorKind::unsupported, fmt::format("'{}' on '{}' is nobody's", action, object));
}

Error no_acl(const std::string& what) {
  return {ErrorKind::unsupported, fmt::format("permissions in the hive metastore cannot be read: {}", what)};
}

}  // namespace

std::string HiveObject::name() const {
  return joined_parts(*this,
                      [](std::string_view part) { return is_plain(part) ? std::string(part) : in_backticks(part); });
}

std::string HiveObject::sql() const {
  return joined_parts(*this, in_backticks);
}

std::optional<HiveObject> parse_hive_object(std::string_view name) {
  for (const Type& type : k_types) {
    if (!name.starts_with(type.name)) continue;
    std::string_view rest = name.substr(type.name.size());
    HiveObject out{.type = std::string(type.name), .parts = {}};
    while (out.parts.size() != type.parts) {
      if (!rest.starts_with(out.parts.empty() ? ' ' : '.')) return std::nullopt;
      rest.remove_prefix(1);
      std::optional<std::string> part = take_part(rest);
      if (!part) return std::nullopt;
      out.parts.push_back(*std::move(part));
    }
    return rest.empty() ? std::optional(std::move(out)) : std::nullopt;
  }
  return std::nullopt;
}

std::string table_acl_body(const TableAcl& acl) {
  nlohmann::ordered_json out{{"name", acl.object.name()}};
  if (!acl.owner.empty()) out["owner"] = acl.owner;
  auto list = nlohmann::ordered_json::array();
  for (const auto& [what, effects] : acl.permissions)
    for (const Effect effect : effects)
      list.push_back({{"principal", what.first}, {"action", what.second}, {"effect", verb_of(effect)}});
  out["permissions"] = std::move(list);
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

TableAcl parse_table_acl(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  const auto text = [](const nlohmann::json& object, const char* name) {
    const auto at = object.is_object() ? object.find(name) : object.end();
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  const std::string name = text(json, "name");
  std::optional<HiveObject> object = parse_hive_object(name);
  if (!object) throw no_acl(fmt::format("'{}' is no name of an object there", name));
  TableAcl out{.object = *std::move(object), .owner = text(json, "owner"), .permissions = {}};
  const auto list = json.find("permissions");
  if (list == json.end() || !list->is_array()) return out;
  for (const nlohmann::json& one : *list) {
    const std::string action = text(one, "action");
    const std::string principal = text(one, "principal");
    check_permission(name, principal, action);
    out.permissions[{principal, action}].insert(text(one, "effect") == "DENY" ? Effect::deny : Effect::grant);
  }
  return out;
}

bool has_all_of(const TableAcl& whole, const TableAcl& part) {
  if (!part.owner.empty() && !whole.owner.empty() && part.owner != whole.owner) return false;
  return std::all_of(part.permissions.begin(), part.permissions.end(), [&](const auto& one) {
    const auto kept = whole.permissions.find(one.first);
    return kept != whole.permissions.end() &&
           std::includes(kept->second.begin(), kept->second.end(), one.second.begin(), one.second.end());
  });
}

TableAcl table_acl_of(HiveObject object, const SparkAnswer& answer) {
  TableAcl out{.object = std::move(object), .owner = {}, .permissions = {}};
  for (const std::vector<std::string>& row : answer.rows) {
    if (row.size() < k_columns)
      throw Error(ErrorKind::unavailable,
                  fmt::format("what the cluster tells of {} is no list of grants", out.object.name()));
    if (is_inherited(out.object, row[2])) continue;
    const bool denied = row[1].starts_with(k_denied);
    const std::string action = denied ? row[1].substr(k_denied.size()) : row[1];
    if (action == "OWN") {
      out.owner = row[0];
    } else {
      check_permission(out.object.name(), row[0], action);
      out.permissions[{row[0], action}].insert(denied ? Effect::deny : Effect::grant);
    }
  }
  return out;
}

namespace {

constexpr std::string_view k_all = "ALL PRIVILEGES";

using Permission = std::pair<std::string, std::string>;  // principal and action

std::set<Effect> effects_of(const TableAcl& acl, const Permission& one) {
  const auto found = acl.permissions.find(one);
  return found == acl.permissions.end() ? std::set<Effect>() : found->second;
}

bool denies_something(const TableAcl& acl, const std::string& principal) {
  return std::any_of(acl.permissions.begin(), acl.permissions.end(), [&](const auto& one) {
    return one.first.first == principal && one.second.contains(Effect::deny);
  });
}

// First what denies, then what takes grants away; only then what takes denials away, and at last what grants.
struct AclSteps {
  std::vector<std::string> deny, take_grants, deny_in_their_place, take_denials, grant, owner;
  std::vector<std::string> left;

  void add(const TableAcl& there, const TableAcl& wanted, const Permission& one) {
    const std::string on = wanted.object.sql();
    const std::string who = in_backticks(one.first);
    const auto give = [&](Effect effect, const std::string& action) {
      return fmt::format("{} {} ON {} TO {}", verb_of(effect), action, on, who);
    };
    const std::string revoke = fmt::format("REVOKE {} ON {} FROM {}", one.second, on, who);
    const std::set<Effect> old = effects_of(there, one);
    const std::set<Effect> shall = effects_of(wanted, one);
    const bool denied = old.contains(Effect::deny);
    const bool denies = shall.contains(Effect::deny);
    const bool revoked = (old.contains(Effect::grant) && !shall.contains(Effect::grant)) || (denied && !denies);
    // It takes what is granted and what is denied, and of all privileges perhaps more than these.
    if (revoked && ((denied && denies) || (one.second == k_all && denies_something(wanted, one.first)))) {
      left.push_back(revoke);
      for (const Effect effect : {Effect::deny, Effect::grant})
        for (const auto& [what, effects] : wanted.permissions)
          if (what.first == one.first && (what == one || one.second == k_all) && effects.contains(effect))
            left.push_back(give(effect, what.second));
      return;
    }
    if (revoked) (denied ? take_denials : take_grants).push_back(revoke);
    if (denies && !denied) (revoked ? deny_in_their_place : deny).push_back(give(Effect::deny, one.second));
    if (shall.contains(Effect::grant) && (revoked || !old.contains(Effect::grant)))
      grant.push_back(give(Effect::grant, one.second));
  }
};

}  // namespace

TableAclChanges table_acl_changes(const TableAcl& there, const TableAcl& wanted) {
  std::set<Permission> all;
  for (const TableAcl* acl : {&there, &wanted})
    for (const auto& one : acl->permissions) all.insert(one.first);
  AclSteps steps;
  for (const Permission& one : all) steps.add(there, wanted, one);
  // Last: whoever gives an object away may have no say in it any more.
  if (!wanted.owner.empty() && wanted.owner != there.owner)
    steps.owner.push_back(fmt::format("ALTER {} OWNER TO {}", wanted.object.sql(), in_backticks(wanted.owner)));
  TableAclChanges out{.statements = {}, .left = std::move(steps.left)};
  for (auto* group :
       {&steps.deny, &steps.take_grants, &steps.deny_in_their_place, &steps.take_denials, &steps.grant, &steps.owner})
    out.statements.insert(out.statements.end(), group->begin(), group->end());
  return out;
}

std::string table_acl_script(const std::string& body) {
  const TableAcl wanted = parse_table_acl(body);
  std::string out;
  for (const std::string& statement :
       table_acl_changes({.object = wanted.object, .owner = {}, .permissions = {}}, wanted).statements)
    out += statement + ";\n";
  return out;
}

namespace {

void lost_below(ClusterListing& out, const std::string& database, const std::vector<std::string>& types,
                const std::string& reason) {
  for (const std::string& type : types)
    out.unread.push_back({.name = HiveObject{type, {database}}.name() + ".",
                          .of = ClusterListing::Unread::Of::all_that_begin_so,
                          .reason = reason});
}

// Of one database: its tables, views and functions, as three lists told them.
void add_objects(const std::string& database, const std::vector<SparkAnswer>& told, std::vector<HiveObject>& objects,
                 ClusterListing& out) {
  const SparkAnswer& tables = told[0];
  const SparkAnswer& views = told[1];
  if (tables.error.empty() && views.error.empty()) {
    const std::set<std::string> seen = names_in(views, 1);
    for (const std::string& name : names_in(tables, 1))
      objects.push_back({seen.contains(name) ? "VIEW" : "TABLE", {database, name}});
  } else {
    lost_below(out, database, {"TABLE", "VIEW"}, tables.error.empty() ? views.error : tables.error);
  }
  if (!told[2].error.empty()) lost_below(out, database, {"FUNCTION"}, told[2].error);
  for (const std::string& name : names_in(told[2], 0)) objects.push_back({"FUNCTION", {database, own_name(name)}});
}

std::vector<HiveObject> list_objects(Cluster& cluster, ClusterListing& out, const std::stop_token& stop) {
  std::vector<HiveObject> objects;
  for (const Type& type : k_types)
    if (type.parts == 0) objects.push_back({std::string(type.name), {}});
  const SparkAnswer listed = run_statements(cluster, {"SHOW DATABASES"}, stop).front();
  if (!listed.error.empty())
    throw Error(ErrorKind::unavailable, fmt::format("the cluster lists no databases: {}", listed.error));
  std::vector<std::string> statements;
  const std::set<std::string> databases = names_in(listed, 0);
  for (const std::string& database : databases) {
    objects.push_back({"DATABASE", {database}});
    for (const char* list : {"SHOW TABLES", "SHOW VIEWS", "SHOW USER FUNCTIONS"})
      statements.push_back(fmt::format("{} IN {}", list, in_backticks(database)));
  }
  const std::vector<SparkAnswer> told = run_statements(cluster, statements, stop);
  std::size_t at = 0;
  for (const std::string& database : databases) {
    add_objects(database, {told[at], told[at + 1], told[at + 2]}, objects, out);
    at += 3;
  }
  return objects;
}

}  // namespace

ClusterListing read_table_acls(Cluster& cluster, const std::stop_token& stop) {
  ClusterListing out;
  const std::vector<HiveObject> objects = list_objects(cluster, out, stop);
  std::vector<std::string> statements;
  for (const HiveObject& object : objects) statements.push_back("SHOW GRANTS ON " + object.sql());
  std::size_t told = 0;
  std::string refusal;
  std::size_t refused = 0;
  const auto lose = [&](std::size_t i, const std::string& reason) {
    out.unread.push_back({.name = objects[i].name(), .of = ClusterListing::Unread::Of::one, .reason = reason});
  };
  try {
    run_statements(
        cluster, statements,
        [&](std::size_t i, const SparkAnswer& answer) {
          told = i + 1;
          if (!answer.error.empty()) {
            refusal = answer.error;
            ++refused;
            return lose(i, answer.error);
          }
          try {
            const TableAcl acl = table_acl_of(objects[i], answer);
            if (!acl.owner.empty() || !acl.permissions.empty()) out.bodies.push_back(table_acl_body(acl));
          } catch (const Error& error) {
            lose(i, error.message());
          }
        },
        stop);
  } catch (const Error& error) {
    if (ends_the_run(error) || is_signed_out(error) || told == 0) throw;
    // What was told in time is good.
    for (std::size_t i = told; i != objects.size(); ++i) lose(i, error.message());
  }
  if (refused == objects.size())
    throw Error(ErrorKind::unavailable, fmt::format("the cluster tells no permissions: {}", refusal),
                "Set command_cluster to a cluster with table access control.");
  return out;
}

SparkAnswer TableAcls::ask(const std::string& statement) {
  return run_statements(cluster_, {statement}, stop_).front();
}

std::optional<TableAcl> TableAcls::find(const HiveObject& object) {
  const SparkAnswer answer = ask("SHOW GRANTS ON " + object.sql());
  if (answer.error.empty()) return table_acl_of(object, answer);
  if (!is_there(object)) return std::nullopt;
  throw Error(ErrorKind::unavailable,
              fmt::format("the cluster does not tell the permissions of {}: {}", object.name(), answer.error));
}

// What a refusal means is told by no code: whether the object is there says its list.
bool TableAcls::is_there(const HiveObject& object) {
  const auto names = [&](const std::string& statement, std::size_t at) {
    const SparkAnswer answer = ask(statement);
    if (!answer.error.empty())
      throw Error(ErrorKind::unavailable, fmt::format("the cluster refused '{}': {}", statement, answer.error));
    return names_in(answer, at);
  };
  if (object.parts.empty()) return true;
  if (!names("SHOW DATABASES", 0).contains(object.parts.front())) return false;
  if (object.parts.size() == 1) return true;
  const std::string within = " IN " + in_backticks(object.parts.front());
  if (object.type != "FUNCTION") return names("SHOW TABLES" + within, 1).contains(object.parts.back());
  const std::set<std::string> functions = names("SHOW USER FUNCTIONS" + within, 0);
  return std::any_of(functions.begin(), functions.end(),
                     [&](const std::string& one) { return own_name(one) == object.parts.back(); });
}

std::optional<std::string> TableAcls::read(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const std::optional<HiveObject> object = parse_hive_object(name);
  if (!object) return std::nullopt;
  cluster_.renew();
  const std::optional<TableAcl> acl = find(*object);
  if (!acl || (acl->owner.empty() && acl->permissions.empty())) return std::nullopt;
  return table_acl_body(*acl);
}

void TableAcls::change(const TableAcl& there, const TableAcl& wanted) {
  const TableAclChanges changes = table_acl_changes(there, wanted);
  const std::vector<SparkAnswer> answers = run_until_refused(cluster_, changes.statements, stop_);
  if (!answers.empty() && !answers.back().error.empty())
    throw Error(ErrorKind::unsupported, fmt::format("the cluster refused '{}': {}",
                                                    changes.statements[answers.size() - 1], answers.back().error));
  if (!changes.left.empty())
    throw ByHand(fmt::format(
        "Run this on a cluster of the target while nobody uses {}: it takes grants away that are denied as well, and "
        "until its end they are not denied.\n{};",
        wanted.object.name(), fmt::join(changes.left, ";\n")));
}

void TableAcls::write(const std::string& body) {
  const std::lock_guard lock(mutex_);
  const TableAcl wanted = parse_table_acl(body);
  cluster_.renew();
  const std::optional<TableAcl> there = find(wanted.object);
  if (!there)
    throw ByHand(fmt::format("Create {} in the hive metastore of the target, and restore again or run this there.\n{}",
                             wanted.object.name(), table_acl_script(body)));
  change(*there, wanted);
}

void TableAcls::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const std::optional<HiveObject> object = parse_hive_object(name);
  if (!object) return;
  cluster_.renew();
  const std::optional<TableAcl> there = find(*object);
  if (there) change(*there, {.object = *object, .owner = {}, .permissions = {}});
}

}  // namespace holdfast::platform::databricks
