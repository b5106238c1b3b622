// Browsing, following and comparing where rows are resources: names that are paths, names that several have.
#include "engine/places.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

#include "base/error.h"
#include "base/key.h"
#include "engine/browse.h"
#include "engine/compare.h"
#include "engine/reference.h"
#include "engine/restore.h"
#include "support/engine_world.h"
#include "support/errors.h"

namespace holdfast::engine {
namespace {

using base::Error;
using base::ErrorKind;
using model::ColumnContent;
using model::KeyPartType;
using repository::Snapshot;
using test::EngineWorld;
using test::RowMap;
using Texts = std::vector<std::string>;

model::Collection jobs() {
  return {.name = "jobs",
          .key = {{"name", KeyPartType::text}, {"job_id", KeyPartType::integer}},
          .columns = {{"body", "json", ColumnContent::json, false}},
          .fields = {{.word = "id", .in = "job_id"}, {.word = "creator", .in = "body", .path = "creator"}}};
}
model::Collection notebooks() {
  return {.name = "notebooks",
          .key = {{"path", KeyPartType::path}},
          .columns = {{"body", "json", ColumnContent::json, false}, {"content", "bytes", ColumnContent::bytes, true}}};
}

base::Row job(std::string_view name, std::int64_t id, std::string_view creator = "anna") {
  base::Row row{.key = {}, .columns = {fmt::format(R"({{"creator":"{}"}})", creator)}};
  base::append_text(row.key, name);
  base::append_int(row.key, id);
  return row;
}
base::Row notebook(std::string_view path) {
  base::Row row{.key = {}, .columns = {"{}", "print(1)"}};
  base::append_text(row.key, path);
  return row;
}

class Resources : public testing::Test {
protected:
  Resources() {
    for (const base::Row& row :
         {job("nightly-load", 17), job("etl: hourly", 3, "bert"), job("twice", 1), job("twice", 2), job("a/b", 5)})
      jobs_.emplace(row.key, row);
    for (const char* path : {"/Shared/x", "/Users/anna/etl", "/Users/anna/etl/deep/1", "/Users/anna/etl/deep/2",
                             "/Users/anna/etl-2", "/Users/bert/y"})
      notebooks_.emplace(notebook(path).key, notebook(path));
    publish();
    snapshot_ = world_.backup().snapshot;
  }
  void publish() {
    world_.connector.put_collection(jobs(), jobs_);
    world_.connector.put_collection(notebooks(), notebooks_);
  }
  Texts listed(std::string_view path) {
    Texts out;
    list(*world_.repository, snapshot_, path,
         [&](const ListEntry& entry) { out.push_back(fmt::format("{} {}", entry.rows, entry.name)); });
    return out;
  }
  base::Row shown(std::string_view path) { return show(*world_.repository, snapshot_, path); }
  Texts found(const std::string& selection) {
    Texts out;
    find(*world_.repository, snapshot_, model::Selection({selection}),
         [&](const std::string& path, std::uint64_t) { out.push_back(path); });
    return out;
  }
  Texts followed(std::string_view path) {
    Texts out;
    history(*world_.repository, snapshots_of(*world_.repository, {}), {.path = path}, {},
            [&](const HistoryEntry& entry) { out.push_back(entry.path); });
    return out;
  }

  EngineWorld world_;
  RowMap jobs_;
  RowMap notebooks_;
  Snapshot snapshot_;
};

TEST_F(Resources, are_listed_folder_by_folder_where_names_are_paths) {
  EXPECT_EQ(listed(""), (Texts{"0 aspect", "5 jobs", "6 notebooks"}));
  EXPECT_EQ(listed("notebooks"), (Texts{"1 Shared/", "5 Users/"}));
  EXPECT_EQ(listed("notebooks/Users"), (Texts{"4 anna/", "1 bert/"}));
  EXPECT_EQ(listed("/notebooks/Users/anna/"), (Texts{"1 etl", "1 etl-2", "2 etl/"}));
  EXPECT_EQ(listed("notebooks/Users/anna/etl"), (Texts{"2 deep/"})) << "a folder goes before a notebook of its name";
  EXPECT_EQ(listed("notebooks/Users/anna/etl-2"), (Texts{"1 Users/anna/etl-2"}));
}

TEST_F(Resources, are_listed_by_name_and_id_where_names_are_shared) {
  EXPECT_EQ(listed("jobs"), (Texts{"1 a/b", "1 etl: hourly", "1 nightly-load", "2 twice"}));
  EXPECT_EQ(listed("jobs/twice"), (Texts{"1 1", "1 2"}));
  EXPECT_EQ(listed("jobs/a/b"), (Texts{"1 5"}));
}

TEST_F(Resources, are_shown_by_name_alone_where_no_other_has_it) {
  EXPECT_EQ(shown("jobs/nightly-load"), job("nightly-load", 17));
  EXPECT_EQ(shown("/jobs/nightly-load/17"), job("nightly-load", 17));
  EXPECT_EQ(shown("jobs/a/b"), job("a/b", 5));
  EXPECT_EQ(shown("jobs/twice/2"), job("twice", 2));
  EXPECT_EQ(shown("notebooks/Users/anna/etl"), notebook("/Users/anna/etl"));
  EXPECT_EQ(shown("notebooks//Users/anna/etl"), notebook("/Users/anna/etl"));
}

TEST_F(Resources, of_one_name_are_listed_for_a_choice) {
  const Error error = test::thrown_by([&] { shown("jobs/twice"); });
  EXPECT_EQ(error.kind(), ErrorKind::not_found) << "the command is right: a script may not know how many there are";
  EXPECT_EQ(error.hint(), "Choose one: jobs/twice/1, jobs/twice/2.");
}

TEST_F(Resources, that_are_not_there_are_missed_with_near_names) {
  const Error job_error = test::thrown_by([&] { shown("jobs/nigthly-load"); });
  EXPECT_EQ(job_error.kind(), ErrorKind::not_found);
  EXPECT_NE(job_error.hint().find("nightly-load"), std::string::npos) << job_error.hint();
  const Error path_error = test::thrown_by([&] { shown("notebooks/Users/anna/elt"); });
  EXPECT_NE(path_error.hint().find("Users/anna/etl"), std::string::npos) << path_error.hint();
  const Error id_error = test::thrown_by([&] { listed("jobs/twice/3"); });
  EXPECT_NE(id_error.hint().find("1, 2"), std::string::npos) << id_error.hint();
  EXPECT_EQ(test::thrown_by([&] { listed("notebooks/Users/carl"); }).kind(), ErrorKind::not_found);
}

TEST_F(Resources, with_any_name_are_listed_found_and_shown) {
  const std::string nul("nul\0nul", 7);
  for (const std::string& name :
       {std::string("🐘"), std::string("ends with a space "), std::string("line\nbreak"), std::string(4096, 'x'),
        std::string("slash/"), std::string("/"), nul, std::string("17"), std::string("%2F"), std::string("*?")}) {
    jobs_.emplace(job(name, 1).key, job(name, 1));
    const base::Row row = notebook("/odd/" + name);
    notebooks_.emplace(row.key, row);
  }
  publish();
  snapshot_ = world_.backup().snapshot;
  std::size_t rows = 0;
  find(*world_.repository, snapshot_, model::Selection(), [&](const std::string& path, std::uint64_t) {
    ++rows;
    const bool is_job = path.starts_with("jobs/");
    const base::Row row = shown(path);
    EXPECT_TRUE((is_job ? jobs_ : notebooks_).contains(row.key)) << path;
    EXPECT_EQ(collection_in(path) == "jobs", is_job);
    EXPECT_EQ(fmt::format("{}/{}", collection_in(path), model::key_to_path(is_job ? jobs() : notebooks(), row.key)),
              path);
  });
  EXPECT_EQ(rows, jobs_.size() + notebooks_.size());
  EXPECT_EQ(listed("notebooks/odd").size(), 10U);
}

TEST_F(Resources, are_found_by_kind_name_creator_and_path) {
  EXPECT_EQ(found("kind:jobs,name:n*"), Texts{"jobs/nightly-load/17"});
  EXPECT_EQ(found("creator:bert"), Texts{"jobs/etl: hourly/3"});
  EXPECT_EQ(found("/notebooks/Users/anna/etl/**"),
            (Texts{"notebooks/Users/anna/etl/deep/1", "notebooks/Users/anna/etl/deep/2"}));
  EXPECT_EQ(found("/*/Users/*/*"),
            (Texts{"notebooks/Users/anna/etl", "notebooks/Users/anna/etl-2", "notebooks/Users/bert/y"}));
  EXPECT_EQ(found("id:2"), Texts{"jobs/twice/2"});
}

TEST_F(Resources, are_found_in_all_snapshots_by_what_they_held_there) {
  jobs_[job("nightly-load", 17).key] = job("nightly-load", 17, "bert");
  publish();
  const Snapshot second = world_.backup().snapshot;
  Texts out;
  find_in_all(*world_.repository, {snapshot_, second}, model::Selection({"creator:anna,name:nightly*"}),
              [&](const Sighting& one) { out.push_back(fmt::format("{} {} {}", one.path, one.first, one.last)); });
  EXPECT_EQ(out, Texts{"jobs/nightly-load/17 0 0"});
}

TEST_F(Resources, have_a_history_by_name_by_row_and_by_folder) {
  jobs_[job("nightly-load", 17).key] = job("nightly-load", 17, "bert");
  jobs_.erase(job("twice", 1).key);
  notebooks_.erase(notebook("/Users/anna/etl/deep/1").key);
  publish();
  world_.backup();
  EXPECT_EQ(followed("/jobs/nightly-load"), (Texts{"jobs/nightly-load/17", "jobs/nightly-load/17"}));
  EXPECT_EQ(followed("jobs/twice"), (Texts{"jobs/twice/1", "jobs/twice/2", "jobs/twice/1"}));
  EXPECT_EQ(followed("jobs/twice/1"), (Texts{"jobs/twice/1", "jobs/twice/1"})) << "only an older snapshot has it";
  EXPECT_EQ(
      followed("/notebooks/Users/anna/etl/deep"),
      (Texts{"notebooks/Users/anna/etl/deep/1", "notebooks/Users/anna/etl/deep/2", "notebooks/Users/anna/etl/deep/1"}));
  EXPECT_TRUE(followed("/jobs/none").empty());
  EXPECT_EQ(test::thrown_by([&] { followed("/jobs"); }).kind(), ErrorKind::usage);
}

// Differences as "kind path".
Texts differences(EngineWorld& world, const Snapshot& snapshot, const std::string& selection) {
  Texts out;
  compare_live(*world.repository, snapshot, world.connector, {}, model::Selection({selection}), world.events, {},
               [&](const model::Collection& collection, const repository::Difference& difference, Freshness) {
                 out.push_back(fmt::format("{} {}/{}", static_cast<int>(difference.kind), collection.name,
                                           model::key_to_path(collection, difference.key)));
               });
  return out;
}

TEST_F(Resources, are_compared_by_what_either_side_holds_and_read_once) {
  jobs_[job("nightly-load", 17).key] = job("nightly-load", 17, "bert");
  jobs_.erase(job("twice", 1).key);
  publish();
  const std::uint64_t before = world_.connector.fetched();
  EXPECT_EQ(differences(world_, snapshot_, "creator:anna"), (Texts{"1 jobs/nightly-load/17", "2 jobs/twice/1"}));
  EXPECT_EQ(world_.connector.fetched() - before, jobs_.size()) << "each job once, and nothing of other kinds";
  EXPECT_EQ(differences(world_, snapshot_, "creator:bert"), Texts{"1 jobs/nightly-load/17"});
  EXPECT_EQ(test::thrown_by([&] { differences(world_, snapshot_, "creator:carl"); }).kind(), ErrorKind::not_found);

  const Snapshot second = world_.backup().snapshot;
  for (const auto values : {repository::Values::no, repository::Values::yes}) {
    const model::Selection anna({"creator:anna"});
    const CompareCounts counts = compare_snapshots(
        *world_.repository, {.before = snapshot_, .after = second, .selection = anna, .values = values}, {}, {});
    EXPECT_EQ(counts.changed, 1U);
    EXPECT_EQ(counts.removed, 1U);
  }
}

TEST_F(Resources, that_are_not_selected_are_not_even_listed) {
  world_.connector.make_unlistable("notebooks");
  EXPECT_TRUE(differences(world_, snapshot_, "kind:jobs").empty());
  EXPECT_EQ(test::thrown_by([&] { differences(world_, snapshot_, "kind:*"); }).kind(), ErrorKind::unavailable);
}

TEST_F(Resources, of_one_kind_are_planned_for_a_target_that_has_no_other) {
  test::FakeConnector target(world_.clock, jobs());
  PlanOptions options;
  options.target_name = "secondary";
  options.selection = model::Selection({"kind:jobs"});
  const auto plan = [&] {
    return make_plan(*world_.repository, snapshot_, target, options, world_.events, world_.clock, world_.random, {});
  };
  EXPECT_EQ(plan().count(model::Action::create), jobs_.size());
  options.selection = model::Selection({"kind:*"});
  EXPECT_EQ(test::thrown_by([&] { plan(); }).kind(), ErrorKind::not_found);
}

TEST_F(Resources, that_are_selected_by_their_columns_may_be_unread) {
  world_.connector.make_unreadable({{"jobs", base::range_of_key(job("nightly-load", 17).key), "403"},
                                    {"jobs", base::range_of_key(job("etl: hourly", 3).key), "403"}});
  EXPECT_EQ(differences(world_, snapshot_, "creator:bert"), Texts{"2 jobs/etl: hourly/3"})
      << "of what the other one is now nobody knows, but the snapshot says that it was none of them";
}

}  // namespace
}  // namespace holdfast::engine
