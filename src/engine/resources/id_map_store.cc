#include "engine/resources/id_map_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"

namespace holdfast::engine {

namespace {

using model::IdEntry;
using model::IdMap;

std::vector<IdEntry> read_record(storage::Backend& state, const std::string& name, const IdMap& map) {
  try {
    return model::id_map_from_json(state.get_all(name), map.source(), map.target()).entries();
  } catch (base::Error& error) {
    if (error.kind() != base::ErrorKind::config) throw;
    throw base::Error(base::ErrorKind::corruption, fmt::format("{} cannot be read: {}", name, error.message()),
                      "Move the record away, and import an id map that was exported before.");
  }
}

}  // namespace

IdMapStore::IdMapStore(storage::Backend& state, const std::string& source, const std::string& target)
    : state_(state),
      folder_(fmt::format("idmap/{}-{}/", base::to_hex(source), base::to_hex(target))),
      map_(source, target) {
  std::vector<std::string> names;
  state_.list(folder_, [&](const storage::ObjectInfo& info) { names.push_back(info.name); });
  std::sort(names.begin(), names.end());
  for (const std::string& name : names)
    for (const IdEntry& entry : read_record(state_, name, map_)) take(entry);
  next_ = names.size();
}

void IdMapStore::take(const IdEntry& entry) {
  if (const IdEntry* other = map_.by_target(entry.kind, entry.target_id)) {
    const std::string source_id = other->source_id;
    map_.remove(entry.kind, source_id);
  }
  map_.replace(entry);
}

void IdMapStore::write(const std::vector<IdEntry>& entries) {
  IdMap part(map_.source(), map_.target());
  for (const IdEntry& entry : entries) part.replace(entry);
  const std::string record = model::to_json(part);
  // Somebody else may write to the same state: the number after theirs is ours.
  while (!state_.put(fmt::format("{}{:010}", folder_, next_), record)) ++next_;
  ++next_;
}

void IdMapStore::learn(const std::vector<IdEntry>& entries) {
  for (const IdEntry& entry : entries)
    if (entry.kind.empty() || entry.source_id.empty() || entry.target_id.empty())
      throw base::Error(base::ErrorKind::internal,
                        fmt::format("an id map is to learn a {} '{}' without an id", entry.kind, entry.source_name));
  if (entries.empty()) return;
  std::unique_lock lock(mutex_);
  waiting_.insert(waiting_.end(), entries.begin(), entries.end());
  asked_ += entries.size();
  const std::uint64_t mine = asked_;
  while (durable_ < mine) {
    if (failed_) std::rethrow_exception(failed_);
    if (writing_) {
      written_.wait(lock);
      continue;
    }
    writing_ = true;
    const std::vector<IdEntry> batch = std::exchange(waiting_, {});
    lock.unlock();
    std::exception_ptr problem;
    try {
      write(batch);
    } catch (...) {
      problem = std::current_exception();
    }
    lock.lock();
    writing_ = false;
    if (problem) {
      failed_ = problem;
    } else {
      for (const IdEntry& entry : batch) take(entry);
      durable_ += batch.size();
    }
    written_.notify_all();
  }
}

std::optional<IdEntry> IdMapStore::by_source(std::string_view kind, std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const IdEntry* entry = map_.by_source(kind, id);
  return entry ? std::optional(*entry) : std::nullopt;
}

std::optional<IdEntry> IdMapStore::by_target(std::string_view kind, std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const IdEntry* entry = map_.by_target(kind, id);
  return entry ? std::optional(*entry) : std::nullopt;
}

IdMap IdMapStore::snapshot() const {
  const std::lock_guard lock(mutex_);
  return map_;
}

model::IdMap ids_between(storage::Backend& state, const std::string& source, const std::string& target) {
  model::IdMap out = IdMapStore(state, source, target).snapshot();
  if (source == target) return out;
  for (const model::IdEntry& other : IdMapStore(state, target, source).snapshot().entries()) {
    model::IdEntry entry = model::turned_round(other);
    const bool known = out.by_source(entry.kind, entry.source_id) || out.by_target(entry.kind, entry.target_id);
    if (!known) out.add(std::move(entry));
  }
  return out;
}

std::set<std::string> ids_ever(const IdMap& anew, const std::string& kind, const std::string& id) {
  std::set<std::string> out{id};
  // It may have happened again.
  const IdEntry* next = nullptr;
  for (std::string at = id; (next = anew.by_source(kind, at)) && out.insert(next->target_id).second;)
    at = next->target_id;
  for (std::string at = id; (next = anew.by_target(kind, at)) && out.insert(next->source_id).second;)
    at = next->source_id;
  return out;
}

IdMap turned_round(const IdMap& ids) {
  IdMap out(ids.target(), ids.source());
  for (const IdEntry& entry : ids.entries()) out.add(model::turned_round(entry));
  return out;
}

IdMap ids_as_called(IdMap ids, const IdMap& anew,
                    const std::function<bool(const std::string&, const std::string&)>& has) {
  const bool in_place = ids.source() == ids.target();
  const auto call = [&](const IdEntry& made, const std::string& id) {
    if (!has(made.kind, id) || (!in_place && ids.by_source(made.kind, id))) return;
    const IdEntry* now = nullptr;
    for (const std::string& other : ids_ever(anew, made.kind, id)) {
      const IdEntry* entry = in_place ? anew.by_source(made.kind, other) : ids.by_source(made.kind, other);
      // In place the last one is what it is by now.
      if (entry && (!in_place || !anew.by_source(made.kind, entry->target_id))) now = entry;
    }
    if (!now) return;
    IdEntry entry = *now;
    entry.source_id = id;
    entry.source_name = made.source_name;
    if (const IdEntry* other = ids.by_target(entry.kind, entry.target_id)) {
      if (has(other->kind, other->source_id)) return;
      ids.remove(entry.kind, std::string(other->source_id));
    }
    ids.replace(std::move(entry));
  };
  for (const IdEntry& made : anew.entries()) {
    call(made, made.source_id);
    if (!in_place) call(made, made.target_id);
  }
  return ids;
}

std::vector<ConnectorId> ids_of(storage::Backend& state, const std::string& connector) {
  constexpr std::string_view k_folder = "idmap/";
  std::set<std::pair<std::string, std::string>> maps;
  state.list(k_folder, [&](const storage::ObjectInfo& info) {
    const std::string names = info.name.substr(k_folder.size(), info.name.rfind('/') - k_folder.size());
    const std::size_t between = names.find('-');
    if (between == std::string::npos) return;
    std::string source = base::from_hex(names.substr(0, between));
    std::string target = base::from_hex(names.substr(between + 1));
    if (source == connector || target == connector) maps.emplace(std::move(source), std::move(target));
  });
  std::vector<ConnectorId> out;
  for (const auto& [source, target] : maps)
    for (const model::IdEntry& entry : IdMapStore(state, source, target).snapshot().entries()) {
      if (source == connector) out.push_back({entry.kind, entry.source_id});
      if (target == connector) out.push_back({entry.kind, entry.target_id});
    }
  return out;
}

}  // namespace holdfast::engine
