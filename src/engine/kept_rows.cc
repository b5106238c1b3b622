#include "engine/kept_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "base/error.h"
#include "engine/browse.h"
#include "model/collection.h"
#include "repository/ranges.h"

namespace holdfast::engine {

namespace {

using base::Error;

constexpr std::string_view k_root = "kept/";
constexpr std::size_t k_batch_bytes = std::size_t{256} << 10U;
constexpr base::Duration k_batch_age = std::chrono::seconds(1);  // what a kill -9 costs at most
constexpr std::size_t k_cache_bytes = std::size_t{24} << 20U;
constexpr std::size_t k_number_digits = 8;
constexpr int k_names_tried = 100;  // other processes may back the connector up, too

std::uint64_t hash_of(std::string_view collection, base::ByteView key) {
  return std::hash<std::string>{}(fmt::format("{}\n{}", collection, key));
}

std::size_t size_of(const base::Row& row) {
  std::size_t size = row.key.size();
  for (const auto& column : row.columns) size += column ? column->size() : 0;
  return size;
}

std::size_t size_of(const KeptBatch& batch) {
  std::size_t size = 0;
  for (const KeptRow& row : batch.rows) size += size_of(row.row);
  return size;
}

std::vector<std::string> names_of(const KeptBatch& batch) {
  std::vector<std::string> out;
  for (const std::string& one : batch.collections) out.push_back(model::collection_from_json(one).name);
  return out;
}

// Of the youngest row, since 1970.
std::chrono::seconds read_last(const KeptBatch& batch) {
  const auto youngest = std::max_element(batch.rows.begin(), batch.rows.end(),
                                         [](const KeptRow& a, const KeptRow& b) { return a.read < b.read; });
  return std::chrono::duration_cast<std::chrono::seconds>(youngest->read.time_since_epoch());
}

// As its name says; long ago where it does not.
base::Instant read_last(std::string_view name) {
  std::int64_t seconds = 0;
  const std::string_view text = name.substr(name.rfind('-') + 1);
  std::from_chars(text.data(), text.data() + text.size(), seconds, 16);
  return base::Instant(std::chrono::seconds(seconds));
}

}  // namespace

KeptRowStore::KeptRowStore(const Parts& parts, const std::string& connector)
    : parts_(parts), folder_(fmt::format("{}{}/{}/", k_root, parts.repository.id(), base::to_hex(connector))) {}

KeptRowStore::~KeptRowStore() = default;

std::vector<std::string> KeptRowStore::names() const {
  std::vector<std::string> out;
  parts_.state.list(folder_, [&](const storage::ObjectInfo& info) { out.push_back(info.name); });
  std::sort(out.begin(), out.end());
  return out;
}

std::shared_ptr<const KeptBatch> KeptRowStore::open(const std::string& name) const {
  return std::make_shared<const KeptBatch>(
      decode_kept(parts_.repository.open_local(name, parts_.state.get_all(name)), name));
}

bool KeptRowStore::is_fresh(base::Instant read) const {
  const base::Duration age = parts_.clock.now() - read;
  return age >= base::Duration(0) && age < k_kept_for;
}

// Nobody may ever ask for these again: their connector was renamed, their repository is gone.
void KeptRowStore::sweep() const {
  try {
    std::vector<std::string> old;
    parts_.state.list(k_root, [&](const storage::ObjectInfo& info) {
      if (!is_fresh(read_last(info.name))) old.push_back(info.name);
    });
    for (const std::string& name : old) parts_.state.remove(name);
  } catch (const Error& error) {
    parts_.events.detail(fmt::format("what earlier backups left stays in the local state: {}", error.message()));
  }
}

void KeptRowStore::begin(KeptRun run, Earlier earlier) {
  const std::lock_guard lock(mutex_);
  run_ = std::move(run);
  begun_ = true;
  sweep();
  try {
    for (const std::string& name : names()) {
      std::uint32_t number = 0;
      const std::string_view rest = std::string_view(name).substr(folder_.size());
      std::from_chars(rest.data(), rest.data() + std::min(rest.size(), k_number_digits), number, 16);
      number_ = std::max(number_, number + 1);
      bool is_of_use = false;
      try {
        const auto batch = earlier == Earlier::taken_up ? open(name) : nullptr;
        is_of_use = batch && take_up(name, *batch);
      } catch (const Error& error) {
        if (error.kind() != base::ErrorKind::corruption) throw;
        parts_.events.warning(fmt::format("what an earlier backup has read is read again: {}", error.message()));
      }
      if (!is_of_use) parts_.state.remove(name);
    }
  } catch (const Error& error) {
    give_up(error);
  }
}

bool KeptRowStore::take_up(const std::string& name, const KeptBatch& batch) {
  if (batch.run.origin != run_.origin || batch.run.upon != run_.upon) return false;
  // Who asks for everything to be fetched is not given what a run fetched that took over the rest.
  const bool serves = run_.sweep == platform::Sweep::changes || batch.run.sweep == platform::Sweep::everything;
  bool fresh = false;
  const std::vector<std::string> collections = names_of(batch);
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    const KeptRow& one = batch.rows[i];
    if (!is_fresh(one.read)) continue;
    fresh = true;
    if (!serves) continue;
    const auto [place, added] = places_.try_emplace(hash_of(collections[one.collection], one.row.key));
    if (added || place->second.read <= one.read) place->second = {.batch = taken_.size(), .row = i, .read = one.read};
  }
  taken_.push_back(name);
  return fresh;
}

std::uint64_t KeptRowStore::taken_up() const {
  const std::lock_guard lock(mutex_);
  return places_.size();
}
std::uint64_t KeptRowStore::kept() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}
std::optional<base::Instant> KeptRowStore::oldest_given() const {
  const std::lock_guard lock(mutex_);
  return oldest_given_;
}

const std::string& KeptRowStore::schema_of(const model::Collection& collection) {
  auto found = schemas_.find(collection.name);
  if (found == schemas_.end()) found = schemas_.emplace(collection.name, model::to_json(collection)).first;
  return found->second;
}

std::shared_ptr<const KeptBatch> KeptRowStore::cached(std::size_t number) {
  std::string name;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = cache_.find(number); found != cache_.end()) {
      found->second.used = ++uses_;
      return found->second.batch;
    }
    name = taken_.at(number);
  }
  std::shared_ptr<const KeptBatch> batch;
  try {
    batch = open(name);
  } catch (const Error&) {
    return nullptr;  // another process has taken it away: the row is read again
  }
  const std::lock_guard lock(mutex_);
  const std::size_t size = size_of(*batch);
  if (!cache_.try_emplace(number, Cached{.batch = batch, .size = size, .used = ++uses_}).second) return batch;
  cached_bytes_ += size;
  while (cached_bytes_ > k_cache_bytes && cache_.size() > 1) {
    const auto oldest = std::min_element(cache_.begin(), cache_.end(),
                                         [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    cached_bytes_ -= oldest->second.size;
    cache_.erase(oldest);
  }
  return batch;
}

std::optional<base::Row> KeptRowStore::find(const model::Collection& collection, base::ByteView key) {
  Place place;
  std::string schema;
  {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(hash_of(collection.name, key));
    if (found == places_.end()) return std::nullopt;
    place = found->second;
    schema = schema_of(collection);
  }
  if (!is_fresh(place.read)) return std::nullopt;
  const auto batch = cached(place.batch);
  if (!batch || place.row >= batch->rows.size()) return std::nullopt;
  const KeptRow& row = batch->rows[place.row];
  if (row.row.key != key || batch->collections[row.collection] != schema) return std::nullopt;
  const std::lock_guard lock(mutex_);
  oldest_given_ = oldest_given_ ? std::min(*oldest_given_, row.read) : row.read;
  return row.row;
}

void KeptRowStore::keep(const model::Collection& collection, const base::Row& row) {
  std::optional<KeptBatch> full;
  {
    const std::lock_guard lock(mutex_);
    if (!begun_ || broken_) return;
    add(schema_of(collection), {.collection = 0, .read = parts_.clock.now(), .row = row});
    if (current_bytes_ >= k_batch_bytes || parts_.clock.elapsed() - current_since_ >= k_batch_age)
      full = take_current();
  }
  // Sealed and written by the thread that filled it, while the others go on.
  if (full) put(*std::move(full));
}

void KeptRowStore::add(const std::string& schema, KeptRow row) {
  if (current_.rows.empty()) current_since_ = parts_.clock.elapsed();
  auto& collections = current_.collections;
  const auto found = std::find(collections.begin(), collections.end(), schema);
  row.collection = static_cast<std::size_t>(found - collections.begin());
  if (found == collections.end()) collections.push_back(schema);
  current_bytes_ += size_of(row.row);
  current_.rows.push_back(std::move(row));
}

KeptBatch KeptRowStore::take_current() {
  current_.run = run_;
  current_bytes_ = 0;
  return std::exchange(current_, {});
}

void KeptRowStore::put(const KeptBatch& batch) {
  try {
    const base::Bytes plain = encode_kept(batch);
    for (int tries = 0; tries < k_names_tried; ++tries) {
      const std::string name = next_name(batch);
      const bool is_put = parts_.state.put(name, parts_.repository.seal_local(name, plain));
      const std::lock_guard lock(mutex_);
      if (is_put) {
        kept_ += batch.rows.size();
        return;
      }
      ++number_;
    }
    throw Error(base::ErrorKind::io, fmt::format("all names tried in {} are taken", folder_));
  } catch (const Error& error) {
    const std::lock_guard lock(mutex_);
    give_up(error);
  }
}

std::string KeptRowStore::next_name(const KeptBatch& batch) {
  const std::lock_guard lock(mutex_);
  return fmt::format("{}{:08x}-{:08x}-{:08x}", folder_, number_, batches_++, read_last(batch).count());
}

// It is a help, and no condition: a full disk must not end a backup.
void KeptRowStore::give_up(const Error& error) {
  if (std::exchange(broken_, true)) return;
  parts_.events.warning(
      fmt::format("what is read is not kept for the next backup, should this one end early: {}", error.message()));
}

void KeptRowStore::flush() {
  std::optional<KeptBatch> last;
  {
    const std::lock_guard lock(mutex_);
    if (!begun_ || broken_ || current_.rows.empty()) return;
    last = take_current();
  }
  put(*last);
}

void KeptRowStore::end(const repository::Snapshot& snapshot) {
  flush();
  try {
    const std::vector<std::string> old = names();
    if (snapshot.partial()) keep_what_is_missing(snapshot, old);
    for (const std::string& name : old) parts_.state.remove(name);
  } catch (const Error& error) {
    parts_.events.detail(fmt::format("what was read is still kept in the local state: {}", error.message()));
  }
}

// Behind the place where a range broke off other rows may have come; what the snapshot has is taken from there.
void KeptRowStore::keep_what_is_missing(const repository::Snapshot& snapshot, const std::vector<std::string>& old) {
  KeptRun next = run_;
  next.upon = snapshot.id.name();
  ++number_;
  for (const std::string& name : old) {
    const auto batch = open(name);
    if (batch->run.origin != run_.origin || batch->run.upon != run_.upon) continue;
    KeptBatch missing{.run = next, .collections = batch->collections, .rows = {}};
    std::vector<const repository::Tree*> trees;
    for (const std::string& collection : names_of(*batch)) trees.push_back(find_tree(snapshot, collection));
    for (const KeptRow& row : batch->rows) {
      const repository::Tree* tree = trees[row.collection];
      if (tree != nullptr && repository::stale_at(tree->stale, row.row.key) != nullptr) missing.rows.push_back(row);
    }
    if (!missing.rows.empty()) put(missing);
  }
}

}  // namespace holdfast::engine
