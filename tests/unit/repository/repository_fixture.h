// What the tests of repositories share: one that is made once (a key derivation is dear) and copied, backups of a few
// rows, and objects that are changed behind its back.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "repository/repository.h"
#include "storage/memory/memory_backend.h"
#include "support/errors.h"
#include "support/fakes.h"
#include "support/tree_fixture.h"

namespace holdfast::test {

inline constexpr base::Instant k_start{std::chrono::seconds(1'795'000'000)};

using Objects = std::map<std::string, base::Bytes>;

inline Objects objects_of(storage::Backend& backend) {
  std::vector<std::string> names;
  backend.list("", [&](const storage::ObjectInfo& info) { names.push_back(info.name); });
  Objects out;
  for (const std::string& name : names) out.emplace(name, backend.get_all(name));
  return out;
}

inline std::unique_ptr<storage::Backend> backend_with(const Objects& objects) {
  auto out = storage::make_memory_backend();
  for (const auto& [name, bytes] : objects) out->put(name, bytes);
  return out;
}

inline repository::KeyMaterial first_key() {
  return {base::Secret("the first passphrase")};
}

struct FreshRepository {
  Objects objects;
  repository::MasterKey master;
};

// Small packs and blocks, so that a few hundred rows fill several.
inline const FreshRepository& fresh_repository() {
  static const FreshRepository fresh = [] {
    ManualClock clock(k_start);
    SeededRandom random(0xf2e5);
    const auto backend = storage::make_memory_backend();
    const repository::Environment environment{&clock, &random, nullptr, "test-host", "holdfast test"};
    repository::InitOptions options;
    options.slot_label = "first";
    options.block_bytes = 1024;
    options.pack_bytes = 8192;
    repository::Repository::init(*backend, environment, first_key(), options);
    return FreshRepository{objects_of(*backend), repository::Repository::unlock(*backend, first_key())};
  }();
  return fresh;
}

class RepositoryWorld {
public:
  explicit RepositoryWorld(std::uint64_t seed = 1)
      : clock(k_start),
        random(seed),
        backend(backend_with(fresh_repository().objects)),
        state(storage::make_memory_backend()) {}

  repository::Environment environment() { return {&clock, &random, state.get(), "test-host", "holdfast test"}; }
  std::unique_ptr<repository::Repository> open() { return open(*backend); }
  std::unique_ptr<repository::Repository> open(storage::Backend& from) {
    return repository::Repository::open(from, environment(), fresh_repository().master);
  }

  // One tree "aspect" that shows `rows`.
  repository::Snapshot backup(repository::Repository& to, const Model& rows,
                              const std::optional<repository::Snapshot>& parent = std::nullopt,
                              const std::string& connector = "catalog") {
    clock.advance(std::chrono::seconds(60));
    auto session = to.begin_session(parent ? std::optional(parent->id) : std::nullopt);
    repository::Snapshot snapshot;
    snapshot.connector = connector;
    snapshot.platform = "datahub";
    snapshot.started = snapshot.taken = clock.now();
    snapshot.attributes = R"({"engine":"test"})";
    std::optional<repository::Tree> base;
    if (session->parent()) base = fold(session->blocks(), *session, to.boundary_key(), parent->trees.at(0));
    repository::TreeUpdate update(session->blocks(), *session, to.boundary_key(), "aspect", "{}", k_small_shape, base,
                                  base ? std::optional(parent->taken) : std::nullopt);
    auto range = update.begin({});
    std::vector<base::ColumnView> columns;
    for (const auto& [key, values] : rows) {
      columns.assign(values.begin(), values.end());
      range.add({key, columns});
    }
    range.complete();
    snapshot.trees.push_back(update.finish());
    snapshot.counts = update.counts();
    return session->commit(std::move(snapshot));
  }

  static Model read(repository::Repository& from, const repository::Snapshot& snapshot) {
    return read_tree(from.blocks(), snapshot.trees.at(0));
  }

  ManualClock clock;
  SeededRandom random;
  std::unique_ptr<storage::Backend> backend;
  std::unique_ptr<storage::Backend> state;
};

inline Model some_rows(std::size_t count, std::uint64_t seed = 7) {
  Model out;
  for (std::size_t i = 0; i < count; ++i) out[numbered_key(i)] = some_values(seed * 1000 + i, 3);
  return out;
}

inline repository::ContentHash content_under(const repository::BoundaryKey& key, const Model& rows) {
  repository::ContentHash out;
  std::vector<base::ColumnView> columns;
  for (const auto& [name, values] : rows) {
    columns.assign(values.begin(), values.end());
    out.add(key, {name, columns});
  }
  return out;
}

// What a host without a reading key does: whole rows for what it thinks new, hashed tombstones for what is gone.
inline repository::Snapshot write_only_backup(repository::WriteOnlyRepository& to, const repository::SnapshotId& parent,
                                              const Model& before, const Model& after, base::Instant now) {
  using namespace repository;
  auto session = to.begin_session(parent);
  LayerPart part(*session, to.boundary_key(), k_small_shape, Filters::keep);
  std::vector<base::ColumnView> columns;
  Snapshot snapshot;
  for (const auto& [key, values] : after) {
    const auto old = before.find(key);
    if (old != before.end() && old->second == values) continue;
    columns.assign(values.begin(), values.end());
    const Op op = old == before.end() ? Op::insert : Op::update;
    part.add({op, ~ColumnMask{0}, {key, columns}});
    ++(op == Op::insert ? snapshot.counts.added : snapshot.counts.changed);
  }
  std::vector<LayerPart> parts;
  parts.push_back(std::move(part));
  Layer delta = join(*session, to.boundary_key(), k_small_shape, Filters::keep, std::move(parts));
  std::vector<ErasedHash> gone;
  for (const auto& [key, values] : before)
    if (!after.contains(key)) gone.push_back(key_hash(to.boundary_key(), key));
  add_hashed_erases(*session, to.boundary_key(), delta, gone);
  Tree tree;
  tree.name = "aspect";
  tree.schema = "{}";
  tree.shape = k_small_shape;
  tree.inherits = true;
  tree.delta = delta;
  tree.rows = after.size();
  tree.bytes = bytes_of(after);
  tree.content = content_under(to.boundary_key(), after);
  tree.completed.push_back({});
  snapshot.connector = "catalog";
  snapshot.platform = "datahub";
  snapshot.started = snapshot.taken = now;
  snapshot.counts.gone = gone.size();
  snapshot.trees.push_back(std::move(tree));
  return session->commit(std::move(snapshot));
}

inline void replace(storage::Backend& backend, const std::string& name, base::ByteView bytes) {
  backend.remove(name);
  backend.put(name, bytes);
}

}  // namespace holdfast::test
