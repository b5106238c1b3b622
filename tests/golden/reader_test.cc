// docs/format must be enough to read a repository: tests/golden/reader was written from its pages, shares no code with
// the program, and must read what the program wrote, row by row.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/json.h"
#include "base/key.h"
#include "golden/golden.h"
#include "model/collection.h"
#include "storage/local/local_backend.h"
#include "unit/repository/repository_fixture.h"

namespace holdfast::golden {
namespace {

using json = nlohmann::ordered_json;  // columns stay in their order
using namespace repository;

constexpr int k_packages_missing = 77;
constexpr int k_python_missing = 127;

struct Printed {
  json about;
  Rows rows;
};

std::string source_folder() {
  const char* source = std::getenv("HOLDFAST_SOURCE_DIR");
  if (source == nullptr) throw std::runtime_error("HOLDFAST_SOURCE_DIR is not set");
  return source;
}

struct Answer {
  int status = 0;
  std::string text;
};

Answer run_reader(std::string_view passphrase, const std::string& arguments) {
  const std::string command = fmt::format("HOLDFAST_KEY='{}' /usr/bin/python3 '{}/tests/golden/reader' {}", passphrase,
                                          source_folder(), arguments);
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot start a shell");
  Answer out;
  char buffer[65536];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.text.append(buffer, got);
  const int status = ::pclose(pipe);
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

std::optional<base::Bytes> value_of(const json& printed) {
  if (printed.is_null()) return std::nullopt;
  return printed.is_object() ? base::from_hex(printed.at("hex").get<std::string>()) : printed.get<std::string>();
}

base::Bytes key_of(const json& printed) {
  if (!printed.is_object() || printed.contains("hex")) return *value_of(printed);
  base::Bytes key;
  base::append_text(key, *value_of(printed.at("urn")));
  base::append_text(key, *value_of(printed.at("aspect")));
  base::append_int(key, printed.at("version").get<std::int64_t>());
  return key;
}

// Oldest first.
std::vector<Printed> parse(const std::string& text) {
  std::vector<Printed> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const json line = json::parse(text.substr(at, end - at));
    at = end + 1;
    if (line.contains("snapshot")) {
      out.push_back({line, {}});
      continue;
    }
    auto& values = out.back().rows[key_of(line.at("key"))];
    for (const json& value : line.at("columns")) values.push_back(value_of(value));
  }
  std::sort(out.begin(), out.end(),
            [](const Printed& a, const Printed& b) { return a.about.at("committed") < b.about.at("committed"); });
  return out;
}

bool must_run() {
  const char* ci = std::getenv("CI");
  return (ci != nullptr && std::string_view(ci) == "true") || std::getenv("HOLDFAST_DEEP") != nullptr;
}

class IndependentReader : public ::testing::Test {
protected:
  void SetUp() override {
    const int status = run_reader("", "--help").status;
    if (status == 0) return;
    ASSERT_TRUE(status == k_packages_missing || status == k_python_missing) << status;
    ASSERT_FALSE(must_run()) << "the Python packages of the reader are missing";
    GTEST_SKIP() << "the Python packages of the reader are missing: see tests/golden/reader/__main__.py";
  }
  // By the index and again by the packs alone: both must print the same.
  static std::vector<Printed> read(std::string_view passphrase, const std::string& folder) {
    const Answer by_index = run_reader(passphrase, fmt::format("'{}' --check", folder));
    const Answer by_packs = run_reader(passphrase, fmt::format("'{}' --rebuild-index", folder));
    EXPECT_EQ(by_index.status, 0);
    EXPECT_EQ(by_packs.status, 0);
    EXPECT_EQ(by_index.text, by_packs.text);
    return parse(by_index.text);
  }
  static void store(const test::Objects& objects, const std::string& folder) {
    const auto backend = storage::open_local_backend(folder);
    for (const auto& [name, bytes] : objects) backend->put(name, bytes);
  }
  static test::Objects golden(const std::string& name) {
    return test::objects_of(*storage::open_local_backend(source_folder() + "/tests/golden/format-1/" + name));
  }
};

TEST_F(IndependentReader, reads_the_golden_repositories) {
  const std::string folder = source_folder() + "/tests/golden/format-1/";
  const std::vector<Printed> written = read(k_passphrase, folder + "read-write");
  ASSERT_EQ(written.size(), 3u);
  EXPECT_EQ(written[0].rows, first_rows());
  EXPECT_EQ(written[1].rows, second_rows());
  EXPECT_EQ(written[2].rows, first_rows());
  EXPECT_FALSE(written[1].about.at("forgotten"));
  EXPECT_TRUE(written[2].about.at("forgotten"));
  EXPECT_EQ(written[1].about.at("parent"), written[0].about.at("snapshot"));
  EXPECT_EQ(written[0].about.at("attributes"), R"({"made":"for the tests of format 1"})");
  const std::vector<Printed> blindly = read(k_passphrase, folder + "write-only");
  ASSERT_EQ(blindly.size(), 2u);
  EXPECT_EQ(blindly[0].rows, first_rows());
  EXPECT_EQ(blindly[1].rows, second_rows());
}

// What the golden repositories are too small for: nodes above nodes, folds, runs that were merged, values of many
// pieces.
TEST_F(IndependentReader, reads_a_long_chain_of_a_large_tree) {
  test::RepositoryWorld world;
  const auto repository = world.open();
  Rows rows = test::some_rows(4000);
  base::Bytes large(2'600'000, 'x');
  for (std::size_t i = 0; i < large.size(); i += 7) large[i] = static_cast<char>(i * i >> 5);
  rows.begin()->second[1] = large;
  std::vector<Rows> expected{rows};
  std::optional<Snapshot> last = world.backup(*repository, rows);
  EXPECT_GE(last->trees[0].layers[0].height, 2u);
  for (std::size_t round = 1; round <= 5; ++round) {
    for (std::size_t i = 0; i < 60; ++i) {
      const base::Bytes key = test::numbered_key((round * 977 + i * 61) % 4400);
      const test::Values fresh = test::some_values(round * 100 + i, 3);
      if (const auto row = rows.find(key); row == rows.end())
        rows[key] = fresh;
      else if (i % 3 == 0)
        rows.erase(row);
      else
        row->second[i % 3] = fresh[i % 3];
    }
    expected.push_back(rows);
    last = world.backup(*repository, rows, last);
  }
  EXPECT_GE(last->trees[0].layers.size(), 2u);
  EXPECT_LE(last->index_runs.size(), 3u);
  const test::TempFolder folder;
  store(test::objects_of(*world.backend), folder.path());
  const std::vector<Printed> printed = read(test::first_key().secret.reveal(), folder.path());
  ASSERT_EQ(printed.size(), expected.size());
  for (std::size_t i = 0; i < printed.size(); ++i) EXPECT_TRUE(printed[i].rows == expected[i]) << i;
}

TEST_F(IndependentReader, names_key_parts_and_columns_as_the_schema_does) {
  const model::Collection collection{
      .name = "aspect",
      .key = {{"urn", model::KeyPartType::text},
              {"aspect", model::KeyPartType::text},
              {"version", model::KeyPartType::integer}},
      .columns = {{.name = "metadata", .source_type = "text"}, {.name = "createdby", .source_type = "varchar(255)"}}};
  Rows rows;
  for (const std::int64_t version : {std::int64_t{0}, std::int64_t{7}, std::int64_t{-1}, INT64_MIN, INT64_MAX}) {
    base::Bytes key;
    base::append_text(key, std::string_view("urn:li:\0\xff\0:nul", 14));
    base::append_text(key, "");
    base::append_int(key, version);
    rows[key] = {fmt::format("{}", version), std::nullopt};
  }
  test::RepositoryWorld world;
  const auto repository = world.open();
  const auto session = repository->begin_session(std::nullopt);
  TreeUpdate update(session->blocks(), *session, repository->boundary_key(), "aspect", model::to_json(collection),
                    {.columns = 2}, std::nullopt, std::nullopt);
  RangeUpdate range = update.begin({});
  for (const auto& [key, values] : rows) {
    const auto columns = views(values);
    range.add({key, columns});
  }
  range.complete();
  Snapshot snapshot;
  snapshot.trees.push_back(update.finish());
  session->commit(std::move(snapshot));
  const test::TempFolder folder;
  store(test::objects_of(*world.backend), folder.path());
  const Answer answer = run_reader(test::first_key().secret.reveal(), fmt::format("'{}'", folder.path()));
  ASSERT_EQ(answer.status, 0);
  EXPECT_EQ(parse(answer.text).at(0).rows, rows);
  EXPECT_NE(answer.text.find(R"("createdby": null)"), std::string::npos);
}

// A byte is flipped in every object of one kind.
TEST_F(IndependentReader, prints_no_row_of_what_was_changed) {
  const test::Objects whole = golden("read-write");
  for (const std::string kind : {"config", "keys", "packs", "snapshots"}) {
    test::Objects damaged = whole;
    std::size_t hit = 0;
    for (auto& [name, content] : damaged) {
      if (name.substr(0, name.find('/')) != kind) continue;
      content[180] ^= 1;
      ++hit;
    }
    ASSERT_GT(hit, 0u) << kind;
    const test::TempFolder folder;
    store(damaged, folder.path());
    const Answer answer = run_reader(k_passphrase, fmt::format("'{}'", folder.path()));
    EXPECT_EQ(answer.status, 1) << kind;
    EXPECT_EQ(answer.text.find("\"columns\""), std::string::npos) << kind;
  }
  const std::string folder = source_folder() + "/tests/golden/format-1/read-write";
  EXPECT_EQ(run_reader("another passphrase", fmt::format("'{}'", folder)).status, 1);
}

TEST_F(IndependentReader, does_without_index_runs_and_ignores_what_is_no_object) {
  test::Objects objects = golden("read-write");
  for (auto object = objects.begin(); object != objects.end();)
    object = object->first.starts_with("index/") ? objects.erase(object) : std::next(object);
  objects["keys/17fc.part"] = "not an object";
  objects["snapshots/notes"] = "not an object either";
  const test::TempFolder folder;
  store(objects, folder.path());
  const Answer answer = run_reader(k_passphrase, fmt::format("'{}'", folder.path()));
  EXPECT_EQ(answer.status, 0);
  const std::vector<Printed> printed = parse(answer.text);
  ASSERT_EQ(printed.size(), 3u);
  EXPECT_EQ(printed[1].rows, second_rows());
}

}  // namespace
}  // namespace holdfast::golden
