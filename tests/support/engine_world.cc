#include "support/engine_world.h"

#include <fmt/format.h>

#include <utility>

#include "storage/memory/memory_backend.h"

namespace holdfast::test {

namespace {

constexpr std::string_view k_types[] = {"chart", "corpuser", "dashboard", "dataset", "tag"};
constexpr std::string_view k_aspects[] = {"datasetProperties", "globalTags", "ownership", "status"};

constexpr base::Instant k_start{std::chrono::seconds(1'795'000'000)};
constexpr std::uint64_t k_fresh_seed = 0x5eed'0000'0000'0001;  // no world's own

// A repository as init() leaves it.
struct FreshRepository {
  FreshRepository() {
    ManualClock clock(k_start);
    SeededRandom random(k_fresh_seed);
    const auto backend = storage::make_memory_backend();
    const repository::KeyMaterial key{.secret = base::Secret("a passphrase for tests")};
    const repository::Environment environment{
        .clock = &clock, .random = &random, .state = nullptr, .host = "test-host", .program = "holdfast test"};
    repository::Repository::init(*backend, environment, key, {});
    master = repository::Repository::unlock(*backend, key);
    std::vector<std::string> names;
    backend->list("", [&](const storage::ObjectInfo& info) { names.push_back(info.name); });
    for (const std::string& name : names) objects.emplace(name, backend->get_all(name));
  }
  std::map<std::string, base::Bytes> objects;
  repository::MasterKey master;
};

base::Row random_row(std::mt19937_64& random) {
  const std::string urn =
      fmt::format("urn:li:{}:({},{})", k_types[random() % std::size(k_types)], random() % 40, random() % 50);
  const std::string metadata =
      fmt::format(R"({{"name":"n{}","text":"{}"}})", random() % 1000, std::string(random() % 200, 'x'));
  base::Row row = aspect_row(urn, k_aspects[random() % std::size(k_aspects)], metadata,
                             random() % 4 == 0 ? static_cast<std::int64_t>(random() % 3) : 0);
  if (random() % 8 == 0) row.columns[1] = std::nullopt;
  if (random() % 8 == 0) row.columns[4] = "";
  return row;
}

}  // namespace

void RecordedEvents::progress(const base::Progress& progress) {
  const std::lock_guard lock(mutex_);
  if (progress.phase != last_.phase || progress.rows >= last_.rows) last_ = progress;
}
void RecordedEvents::note(std::string_view text) {
  const std::lock_guard lock(mutex_);
  notes_.emplace_back(text);
}
void RecordedEvents::warning(std::string_view text) {
  const std::lock_guard lock(mutex_);
  warnings_.emplace_back(text);
}
std::vector<std::string> RecordedEvents::notes() const {
  const std::lock_guard lock(mutex_);
  return notes_;
}
std::vector<std::string> RecordedEvents::warnings() const {
  const std::lock_guard lock(mutex_);
  return warnings_;
}
base::Progress RecordedEvents::last_progress() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

EngineWorld::EngineWorld(std::uint64_t seed)
    : clock(k_start), random(seed), backend(storage::make_memory_backend()), connector(clock) {
  // Deriving a key costs 128 MiB and a good part of a second, so a repository is made once and copied.
  static const FreshRepository fresh;
  for (const auto& [name, bytes] : fresh.objects) backend->put(name, bytes);
  master_ = fresh.master;
  repository = open(*backend);
}
EngineWorld::~EngineWorld() = default;

repository::Environment EngineWorld::environment() {
  return {.clock = &clock, .random = &random, .state = nullptr, .host = "test-host", .program = "holdfast test"};
}

std::unique_ptr<repository::Repository> EngineWorld::open(storage::Backend& from) {
  return repository::Repository::open(from, environment(), master_);
}

engine::BackupOptions EngineWorld::small() {
  engine::BackupOptions options;
  options.capture.readers = 2;
  return options;
}

engine::BackupResult EngineWorld::backup(const engine::BackupOptions& options, std::stop_token stop) {
  clock.advance(std::chrono::seconds(60));
  return engine::backup(*repository, connector, "catalog", options, events, clock, std::move(stop));
}

RowMap EngineWorld::rows_of(const repository::Snapshot& snapshot) {
  return rows_of(*repository, snapshot);
}

RowMap EngineWorld::rows_of(repository::Repository& from, const repository::Snapshot& snapshot) {
  RowMap out;
  for (const repository::Tree& tree : snapshot.trees) {
    for (repository::TreeCursor cursor(from.blocks(), tree); cursor.valid(); cursor.next()) {
      out.emplace(base::Bytes(cursor.current().key), base::to_row(cursor.current()));
    }
  }
  return out;
}

RowMap some_rows(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  RowMap out;
  while (out.size() < count) {
    base::Row row = random_row(random);
    out.insert_or_assign(row.key, row);
  }
  return out;
}

void mutate(RowMap& rows, std::size_t changes, std::mt19937_64& random) {
  for (std::size_t i = 0; i < changes; ++i) {
    const auto kind = random() % 4;
    if (kind == 0 || rows.empty()) {
      base::Row row = random_row(random);
      rows.insert_or_assign(row.key, row);
      continue;
    }
    const auto place = std::next(rows.begin(), static_cast<std::ptrdiff_t>(random() % rows.size()));
    if (kind == 1) {
      rows.erase(place);
    } else if (kind == 2) {
      place->second.columns[1] = fmt::format(R"({{"lastObserved":{}}})", random() % 1'000'000);
    } else {
      place->second.columns[0] = fmt::format(R"({{"name":"changed {}"}})", random() % 1000);
    }
  }
}

}  // namespace holdfast::test
