// What a look-up costs once the key is derived: the process's own time, and how often it went to the backend.  Cold:
// every run is a new process that remembers nothing.
//   hf_reads show FOLDER SNAPSHOT:PATH        prints "SECONDS CPU_SECONDS GETS OBJECT_LISTS BYTES"
//   hf_reads diff FOLDER BEFORE AFTER         the same, and the number of differences: which keys, as `holdfast diff`
//   hf_reads fields FOLDER BEFORE AFTER       the same with the rows before and after, as `holdfast diff --fields`
//   hf_reads grow FOLDER SNAPSHOTS ROWS       makes a repository with that many snapshots, 1 % of the rows changed each
// The key is in HOLDFAST_KEY.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "base/error.h"
#include "bench/aspects.h"
#include "engine/browse.h"
#include "engine/compare.h"
#include "engine/reference.h"
#include "repository/repository.h"
#include "storage/decorators/fault_backend.h"
#include "storage/local/local_backend.h"

namespace holdfast::bench {
namespace {

using base::Error;
using base::ErrorKind;
using repository::Repository;

repository::KeyMaterial key() {
  const char* text = std::getenv("HOLDFAST_KEY");
  if (text == nullptr) throw Error(ErrorKind::usage, "HOLDFAST_KEY is not set");
  return {base::Secret(text)};
}

repository::Environment environment() {
  return {.clock = &base::system_clock(),
          .random = &base::system_random(),
          .state = nullptr,
          .host = "bench",
          .program = "hf_reads"};
}

struct Meter {
  base::Duration started = base::system_clock().elapsed();
  std::clock_t cpu_started = std::clock();

  void print(const storage::CallCounts& counts, std::uint64_t found) const {
    const double wall = std::chrono::duration<double>(base::system_clock().elapsed() - started).count();
    const double cpu = static_cast<double>(std::clock() - cpu_started) / CLOCKS_PER_SEC;
    fmt::print("{:.4f} {:.4f} {} {} {} {}\n", wall, cpu, counts.gets.load(), counts.lists.load(),
               counts.bytes_read.load(), found);
  }
};

void show(const std::string& folder, const std::string& what) {
  const auto local = storage::open_local_backend(folder);
  const repository::MasterKey master = Repository::unlock(*local, key());
  storage::CallCounts counts;
  const auto counted = storage::make_fault_backend(*local, {}, &counts);
  const Meter meter;
  const auto opened = Repository::open(*counted, environment(), master);
  const engine::Reference reference = engine::parse_reference(what);
  const base::Row row = engine::show(*opened, engine::resolve(*opened, reference.snapshot), reference.path);
  meter.print(counts, row.columns.size());
}

void diff(const std::string& folder, const std::string& before, const std::string& after, repository::Values values) {
  const auto local = storage::open_local_backend(folder);
  const repository::MasterKey master = Repository::unlock(*local, key());
  storage::CallCounts counts;
  const auto counted = storage::make_fault_backend(*local, {}, &counts);
  const Meter meter;
  const auto opened = Repository::open(*counted, environment(), master);
  std::uint64_t differences = 0;
  engine::compare_snapshots(
      *opened,
      {.before = engine::resolve(*opened, before),
       .after = engine::resolve(*opened, after),
       .selection = {},
       .values = values},
      {}, [&](const model::Collection&, const repository::Difference&, engine::Freshness) { ++differences; });
  meter.print(counts, differences);
}

model::Collection aspects() {
  using model::ColumnContent;
  return {.name = "aspect",
          .key = {{"urn", model::KeyPartType::text},
                  {"aspect", model::KeyPartType::text},
                  {"version", model::KeyPartType::integer}},
          .columns = {{"metadata", "longtext", ColumnContent::json, false},
                      {"systemmetadata", "longtext", ColumnContent::json, true},
                      {"createdon", "timestamp(6)", ColumnContent::instant, false},
                      {"createdby", "varchar(255)", ColumnContent::text, false},
                      {"createdfor", "varchar(255)", ColumnContent::text, true}}};
}

repository::Snapshot add_snapshot(Repository& opened, const Catalogue& catalogue,
                                  const std::optional<repository::Snapshot>& parent) {
  const auto session = opened.begin_session(parent ? std::optional(parent->id) : std::nullopt);
  const model::Collection collection = aspects();
  // As the engine cuts blocks of 128 KiB for rows of 900 bytes.
  const repository::TreeShape shape{.columns = 5, .rows_per_block = 128, .entries_per_node = 256};
  repository::TreeUpdate update(session->blocks(), *session, opened.boundary_key(), collection.name,
                                model::to_json(collection), shape,
                                parent ? std::optional(parent->trees.front()) : std::nullopt,
                                parent ? std::optional(parent->taken) : std::nullopt);
  {
    repository::RangeUpdate all = update.begin({});
    std::vector<base::ColumnView> columns;
    for (std::uint64_t i = 0; i < catalogue.rows(); ++i) {
      const base::Row row = to_row(catalogue.make(i));
      all.add(base::to_view(row, columns));
    }
    all.complete();
  }
  repository::Snapshot snapshot;
  snapshot.connector = "catalog";
  snapshot.platform = "datahub";
  snapshot.taken = snapshot.started = base::system_clock().now();
  snapshot.attributes = "{}";
  snapshot.trees.push_back(update.finish());
  snapshot.counts = update.counts();
  return session->commit(std::move(snapshot));
}

void grow(const std::string& folder, std::uint64_t snapshots, std::uint64_t rows) {
  const auto local = storage::open_local_backend(folder);
  const auto made = Repository::init(*local, environment(), key(), {});
  const Catalogue first(rows, 1);
  std::optional<repository::Snapshot> parent;
  for (std::uint64_t i = 0; i < snapshots; ++i) {
    // Only the newest change counts for a row, so that making the last snapshot costs no more than making the second.
    const Catalogue now = i == 0 ? first : first.with({.kind = Change::Kind::content, .fraction = 0.01, .seed = i});
    parent = add_snapshot(*made, now, parent);
  }
  fmt::print("aspect/{}/{}\n", first.make(rows / 2).urn, first.make(rows / 2).aspect);
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 3 && words[0] == "show") return show(words[1], words[2]), 0;
  if (words.size() == 4 && words[0] == "diff") return diff(words[1], words[2], words[3], repository::Values::no), 0;
  if (words.size() == 4 && words[0] == "fields") return diff(words[1], words[2], words[3], repository::Values::yes), 0;
  if (words.size() == 4 && words[0] == "grow") return grow(words[1], std::stoull(words[2]), std::stoull(words[3])), 0;
  throw Error(ErrorKind::usage,
              "hf_reads show FOLDER REFERENCE | diff|fields FOLDER BEFORE AFTER | grow FOLDER SNAPSHOTS ROWS");
}

}  // namespace
}  // namespace holdfast::bench

int main(int count, char** words) {
  try {
    return holdfast::bench::run({words + 1, words + count});
  } catch (...) {
    const holdfast::base::Error error = holdfast::base::current_error();
    fmt::print(stderr, "error: {}\n", error.describe());
    return holdfast::base::exit_code(error.kind());
  }
}
