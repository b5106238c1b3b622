#include "platform/databricks/kinds.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "base/json.h"
#include "engine/resources/body.h"
#include "model/json_path.h"
#include "model/kind_set.h"

namespace holdfast::test {
namespace {

using model::Kind;
using platform::databricks::all_kinds;
using platform::databricks::ColumnRead;
using platform::databricks::find_kind;
using platform::databricks::KindEntry;
using Source = KindEntry::Source;

// Names of links that lead to no kind: rules of a restore map them.
const std::set<std::string> k_spaces{"workspace", "dbfs", "node-types", ""};

std::vector<const model::Link*> all_links(const std::vector<model::Link>& links) {
  std::vector<const model::Link*> out;
  for (const model::Link& link : links) {
    out.push_back(&link);
    for (const model::Link* inner : all_links(link.inside)) out.push_back(inner);
  }
  return out;
}

bool has_column(const Kind& kind, std::string_view name) {
  const auto& columns = kind.collection.columns;
  return std::any_of(columns.begin(), columns.end(), [&](const model::Column& column) { return column.name == name; });
}

TEST(Kinds, have_names_of_their_own) {
  std::set<std::string> names;
  for (const KindEntry& entry : all_kinds()) {
    EXPECT_TRUE(names.insert(entry.kind.collection.name).second) << entry.kind.collection.name;
    EXPECT_FALSE(entry.kind.one.empty()) << entry.kind.collection.name;
    EXPECT_FALSE(entry.area.empty()) << entry.kind.collection.name;
    EXPECT_EQ(find_kind(entry.kind.collection.name), &entry);
  }
  EXPECT_GE(names.size(), 35U);
  EXPECT_EQ(find_kind("unicorns"), nullptr);
}

TEST(Kinds, of_shared_names_end_their_keys_with_the_id) {
  for (const KindEntry& entry : all_kinds()) {
    const Kind& kind = entry.kind;
    const std::size_t parts = kind.names == model::Names::shared ? 2 : 1;
    EXPECT_EQ(kind.collection.key.size(), parts) << kind.collection.name;
    if (parts == 2) {
      EXPECT_FALSE(kind.id.empty()) << kind.collection.name;
    }
  }
}

TEST(Kinds, begin_their_columns_with_the_body) {
  for (const KindEntry& entry : all_kinds()) {
    ASSERT_FALSE(entry.kind.collection.columns.empty());
    EXPECT_EQ(entry.kind.collection.columns.front().name, model::k_body) << entry.kind.collection.name;
  }
}

TEST(Kinds, describe_every_column_that_is_read_and_read_every_column) {
  for (const KindEntry& entry : all_kinds()) {
    const Kind& kind = entry.kind;
    std::set<std::string> described;
    for (const model::KindColumn& column : kind.columns) described.insert(column.name);
    std::set<std::string> read;
    for (const ColumnRead& column : entry.columns) read.insert(column.column);
    if (entry.content != KindEntry::Content::none) read.insert("content");
    if (entry.content == KindEntry::Content::notebook) read.insert("format");
    EXPECT_EQ(described, read) << kind.collection.name;
    EXPECT_EQ(kind.collection.columns.size(), read.size() + 1) << kind.collection.name;
    for (const std::string& name : read) EXPECT_TRUE(has_column(kind, name)) << kind.collection.name << " " << name;
  }
}

TEST(Kinds, are_not_created_again_where_the_backup_does_not_hold_all_of_them) {
  for (const KindEntry& entry : all_kinds()) {
    bool whole = entry.not_included.empty();
    for (const model::KindColumn& column : entry.kind.columns)
      whole = whole && column.written != model::KindColumn::Written::never;
    if (!whole) {
      EXPECT_EQ(entry.kind.recreate, Kind::Recreate::never) << entry.kind.collection.name;
    }
  }
  for (const char* name : {"secret-scopes", "experiments", "repos", "queries", "dashboards", "service-principals"})
    EXPECT_EQ(find_kind(name)->kind.recreate, Kind::Recreate::never) << name;
  EXPECT_EQ(find_kind("instance-pools")->kind.recreate, Kind::Recreate::may);
}

TEST(Kinds, that_lose_what_no_snapshot_has_go_only_where_somebody_chose_them_or_say_that_they_lose_nothing) {
  std::set<std::string> lose;
  for (const KindEntry& entry : all_kinds()) {
    const std::string& name = entry.kind.collection.name;
    if (entry.kind.removal.loses.empty()) {
      EXPECT_TRUE(entry.kind.removal.harmless.empty()) << name;
      continue;
    }
    lose.insert(name);
    EXPECT_EQ(entry.kind.recreate, Kind::Recreate::never) << name;
    EXPECT_TRUE(entry.kind.removed == Kind::Removed::when_chosen || !entry.kind.removal.harmless.empty()) << name;
  }
  EXPECT_EQ(lose,
            (std::set<std::string>{"experiments", "pipelines", "registered-models", "repos", "tables", "volumes"}));
}

TEST(Kinds, are_listed_in_one_way) {
  for (const KindEntry& entry : all_kinds()) {
    const std::string& name = entry.kind.collection.name;
    EXPECT_EQ(entry.source == Source::list, !entry.list.ask.path.empty()) << name;
    EXPECT_EQ(entry.source == Source::list, !entry.list.items.empty()) << name;
    EXPECT_EQ(entry.source == Source::tree, !entry.tree_type.empty()) << name;
    if (entry.source == Source::once || entry.source == Source::conf) {
      EXPECT_FALSE(entry.read.path.empty()) << name;
    }
    if (!entry.per.empty()) {
      EXPECT_NE(find_kind(entry.per), nullptr) << name;
    }
  }
}

TEST(Kinds, count_calls_against_families_that_exist) {
  std::set<std::string, std::less<>> known{""};
  for (const net::Family& family : platform::databricks::families()) known.insert(family.name);
  for (const KindEntry& entry : all_kinds()) {
    const Kind& kind = entry.kind;
    for (const std::string_view family : {entry.list.ask.family, entry.read.family})
      EXPECT_TRUE(known.contains(family)) << kind.collection.name << " " << family;
    for (const ColumnRead& column : entry.columns) EXPECT_TRUE(known.contains(column.ask.family)) << column.column;
    for (const std::string& family : {kind.create.family, kind.update.family, kind.remove.family})
      EXPECT_TRUE(known.contains(family)) << kind.collection.name << " " << family;
  }
}

TEST(Kinds, link_to_kinds_and_spaces_that_exist_in_columns_that_exist) {
  for (const KindEntry& entry : all_kinds()) {
    for (const model::Link* link : all_links(entry.kind.links)) {
      EXPECT_TRUE(find_kind(link->to) != nullptr || k_spaces.contains(link->to))
          << entry.kind.collection.name << " " << link->field << " " << link->to;
      EXPECT_TRUE(has_column(entry.kind, link->column)) << entry.kind.collection.name << " " << link->field;
      if (link->form == model::LinkForm::id) {
        EXPECT_NE(find_kind(link->to), nullptr) << link->field;
      }
    }
  }
}

TEST(Kinds, write_paths_that_can_be_read) {
  for (const KindEntry& entry : all_kinds()) {
    const Kind& kind = entry.kind;
    std::vector<std::string> paths;
    for (const model::Link* link : all_links(kind.links)) {
      paths.push_back(link->field);
      if (!link->cut_item.empty()) paths.push_back(link->cut_item);
    }
    for (const auto* list : {&kind.server_fields, &kind.create_only, &kind.secret_fields, &entry.joined})
      paths.insert(paths.end(), list->begin(), list->end());
    for (const model::UnorderedArray& array : kind.unordered) paths.push_back(array.field);
    for (const model::Firing& firing : kind.firing) {
      paths.push_back(firing.field);
      if (!firing.within.empty()) paths.push_back(firing.within);
    }
    for (const model::Condition& condition : kind.system) paths.push_back(condition.field);
    for (const model::Condition& condition : entry.skipped) paths.push_back(condition.field);
    for (const model::KindColumn& column : kind.columns) {
      for (const model::UnorderedArray& array : column.unordered) paths.push_back(array.field);
      paths.insert(paths.end(), column.server_fields.begin(), column.server_fields.end());
    }
    for (const std::string& path : paths) EXPECT_NO_THROW(model::JsonPath{path}) << kind.collection.name << " " << path;
  }
}

// Where a create is refused behind a removal there is none, for whoever uses it.
TEST(Kinds, of_the_catalog_are_never_removed_to_be_made_again) {
  for (const KindEntry& entry : all_kinds()) {
    if (entry.area != "unity" || entry.source != Source::list) continue;
    EXPECT_EQ(entry.kind.recreate, Kind::Recreate::never) << entry.kind.collection.name;
  }
}

TEST(Kinds, that_are_listed_within_another_one_by_its_name_say_that_they_lie_in_it) {
  std::size_t catalog = 0;
  for (const KindEntry& entry : all_kinds()) {
    if (entry.area != "unity" || entry.per.empty()) continue;
    ++catalog;
    const Kind::Above& above = entry.kind.above;
    EXPECT_EQ(above.kind, entry.per) << entry.kind.collection.name;
    ASSERT_FALSE(above.fields.empty());
    EXPECT_EQ(above.fields.front(), "catalog_name");
    EXPECT_EQ(above.fields.back(), "name");
    EXPECT_EQ(above.fields.size(), above.kind == "catalogs" ? 2U : 3U);
  }
  EXPECT_EQ(catalog, 4U);
}

TEST(Kinds, can_be_planned_with) {
  std::vector<Kind> kinds;
  for (const KindEntry& entry : all_kinds()) kinds.push_back(entry.kind);
  const model::KindSet set(kinds);
  EXPECT_EQ(set.size(), kinds.size());
  EXPECT_TRUE(set.is_space("workspace"));
}

// A target that has all that is asked for.
class Everything : public engine::LinkTargets {
public:
  Id id(std::size_t, std::string_view) const override { return {}; }
  bool has_name(std::size_t, std::string_view) const override { return true; }
  bool has_path(std::string_view, std::string_view) const override { return true; }
};

// As prepared for a target, less white space.
std::string view_for(const model::Mapping& mapping) {
  const std::string body =
      R"({"name":"v","catalog_name":"prod","schema_name":"shop","table_type":"VIEW","view_definition":"SELECT 1",)"
      R"("view_dependencies":{"dependencies":[{"table":{"table_full_name":"raw.sales.orders"}}]},)"
      R"("properties":{"view.catalogAndNamespace.part.1":"sales","view.catalogAndNamespace.part.0":"raw"}})";
  const model::KindSet kinds({find_kind("catalogs")->kind, find_kind("schemas")->kind, find_kind("tables")->kind});
  base::Row row{.key = {}, .columns = std::vector<std::optional<base::Bytes>>(3)};
  row.columns[0] = body;
  const model::Resource view{
      .kind = 2, .row = std::move(row), .id = "prod.shop.v", .name = "prod.shop.v", .system = false};
  const Everything targets;
  engine::LinkReport report;
  std::string out =
      engine::prepared_body({.kinds = kinds, .mapping = mapping, .targets = targets}, view, nullptr, report).print();
  EXPECT_TRUE(report.notes.empty());
  return out.substr(out.find("view_dependencies"));
}

TEST(Kinds, of_views_take_along_by_the_rules_what_was_current_when_they_were_written) {
  const auto expected = [](const std::string& catalog, const std::string& schema, const std::string& table) {
    return fmt::format(R"(view_dependencies":{{"dependencies":[{{"table":{{"table_full_name":"{}"}}}}]}},)"
                       R"("properties":{{"view.catalogAndNamespace.part.1":"{}",)"
                       R"("view.catalogAndNamespace.part.0":"{}"}}}})",
                       table, schema, catalog);
  };
  EXPECT_EQ(view_for({}), expected("raw", "sales", "raw.sales.orders"));
  EXPECT_EQ(view_for({.names = {{"catalogs", {{"raw", "raw_dr"}, {"prod", "prod_dr"}}}}, .paths = {}, .storage = {}}),
            expected("raw_dr", "sales", "raw_dr.sales.orders"));
  EXPECT_EQ(view_for({.names = {{"catalogs", {{"raw", "raw_dr"}}}, {"schemas", {{"raw.sales", "other.sold"}}}},
                      .paths = {},
                      .storage = {}}),
            expected("other", "sold", "other.sold.orders"));
}

// A target that has no folder but these.
class Folders : public Everything {
public:
  bool has_path(std::string_view, std::string_view path) const override { return path.starts_with("/Users/anna"); }
};

// "/Workspace" in front of a path leads to the same.
TEST(Kinds, name_what_lies_in_the_workspace_with_and_without_what_may_stand_in_front) {
  const model::KindSet kinds([] {
    std::vector<Kind> out;
    for (const KindEntry& entry : all_kinds()) out.push_back(entry.kind);
    return out;
  }());
  const model::Mapping moved{.names = {}, .paths = {{"workspace", {{"/Users/eve", "/Users/anna"}}}}, .storage = {}};
  const Folders targets;
  const auto prepared = [&](const std::string& kind, const std::string& body, const std::string& path) {
    const std::string with_path = fmt::format(fmt::runtime(body), path);
    const model::Resource resource{
        .kind = *kinds.find(kind), .row = {.key = {}, .columns = {with_path}}, .id = "1", .name = "n", .system = false};
    engine::LinkReport report;
    std::string out =
        engine::prepared_body({.kinds = kinds, .mapping = moved, .targets = targets}, resource, nullptr, report)
            .print();
    for (const std::string& note : report.notes) out += "; " + note;
    return out;
  };
  const std::vector<std::pair<std::string, std::string>> examples{
      {"queries", R"({{"parent_path":"{}"}})"},
      {"alerts", R"({{"parent_path":"{}"}})"},
      {"alerts-v2", R"({{"parent_path":"{}"}})"},
      {"dashboards", R"({{"parent_path":"{}"}})"},
      {"jobs", R"({{"settings":{{"tasks":[{{"notebook_task":{{"notebook_path":"{}"}}}}]}}}})"},
      {"jobs", R"({{"settings":{{"tasks":[{{"spark_python_task":{{"python_file":"{}"}}}}]}}}})"},
      {"pipelines", R"({{"spec":{{"libraries":[{{"notebook":{{"path":"{}"}}}}]}}}})"},
      {"clusters", R"({{"init_scripts":[{{"workspace":{{"destination":"{}"}}}}]}})"}};
  for (const auto& [kind, body] : examples) {
    for (const std::string front : {"", "/Workspace"}) {
      EXPECT_EQ(prepared(kind, body, front + "/Users/eve/orders"),
                fmt::format(fmt::runtime(body), front + "/Users/anna/orders"))
          << kind;
    }
    EXPECT_NE(prepared(kind, body, "/Workspace/Users/carl/orders").find("names /Users/carl/orders, which the target"),
              std::string::npos)
        << kind;
  }
}

std::string source_file(const std::string& path) {
  const char* folder = std::getenv("HOLDFAST_SOURCE_DIR");
  std::ifstream in((folder == nullptr ? std::string(".") : std::string(folder)) + "/" + path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// What becomes of those that the snapshot does not have, where removals are asked for; empty: they go.
std::string documented_removal(const KindEntry& entry) {
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : "; ") + text; };
  const bool chosen = entry.kind.removed == Kind::Removed::when_chosen;
  const std::string& loses = entry.kind.removal.loses;
  if (chosen) add("where `--select` names the kind");
  std::string harmless;
  for (const model::Condition& one : entry.kind.removal.harmless)
    harmless +=
        fmt::format("{}{}", harmless.empty() ? "" : " or ", nlohmann::json::parse(one.equals).get<std::string>());
  if (!harmless.empty()) {
    add(fmt::format("{} only: {} would go with another one", harmless, loses));
  } else if (!loses.empty()) {
    add(fmt::format("{} go along", loses));
  }
  return out;
}

std::string documented_table() {
  std::string out =
      "| kind | area | key | columns beside the body | does not come along | is removed |\n|---|---|---|---|---|---|\n";
  for (const KindEntry& entry : all_kinds()) {
    std::string key;
    for (const model::KeyPart& part : entry.kind.collection.key)
      key += fmt::format("{}`{}`", key.empty() ? "" : ", ", part.name);
    std::string columns;
    for (std::size_t i = 1; i < entry.kind.collection.columns.size(); ++i)
      columns += fmt::format("{}{}", i == 1 ? "" : ", ", entry.kind.collection.columns[i].name);
    out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", entry.kind.collection.name, entry.area, key, columns,
                       entry.not_included, documented_removal(entry));
  }
  return out;
}

TEST(Kinds, are_documented_as_they_are) {
  EXPECT_NE(source_file("docs/platforms/databricks.md").find(documented_table()), std::string::npos)
      << "docs/platforms/databricks.md must hold this table:\n"
      << documented_table();
}

}  // namespace
}  // namespace holdfast::test
