// A repository: write-once objects in a backend, opened with a key.  docs/format/ describes every byte.
//
//   config                      identity, parameters, public keys, sealed key ring
//   keys/<slot>                 the master key, wrapped by a passphrase, key file or command
//   writers/<writer>            a writer's public key, certified by the administrator's key
//   sessions/<writer>-<seq>     opened by a writing process; wraps the session key, names the parent
//   packs/<random>              sealed blocks
//   index/<writer>-<seq>-<n>    sorted run: block id -> place
//   snapshots/<writer>-<seq>    the commit point
//   forgets/<writer>-<seq>...   forget and undelete records
//
// The order of a commit is packs, index, snapshot.  Nothing is ever overwritten.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/time.h"
#include "repository/block_store.h"
#include "repository/tree.h"
#include "storage/backend.h"

namespace holdfast::repository {

// A snapshot's name is fixed by its session: writer and sequence number.  Text: 8 hex digits, '-', the number in hex
// (16 digits). What users see and type is `short_id`: 8 hex digits that are a hash of both.
struct SnapshotId {
  std::uint32_t writer = 0;
  std::uint64_t sequence = 0;
  std::string name() const;
  std::string short_id() const;
  static std::optional<SnapshotId> parse(std::string_view name);
  friend auto operator<=>(const SnapshotId&, const SnapshotId&) = default;
};

struct Snapshot {
  SnapshotId id;
  std::optional<SnapshotId> parent;  // of the same connector
  base::Bytes parent_hash;           // SHA-256 of the parent's stored object: the chain
  std::string connector;             // name in holdfast.toml
  std::string platform;
  std::string host;
  std::string program;  // name and version that wrote it
  base::Instant started;
  base::Instant taken;  // the consistent instant that it shows
  base::Instant committed;
  std::string attributes;             // JSON of the platform: DDL, positions, what was left out and why
  std::vector<std::string> outcomes;  // one line per thing that failed; not empty = partial
  std::vector<Tree> trees;
  std::vector<std::string> index_runs;  // that cover its blocks
  std::uint64_t bytes_added_raw = 0;    // plain bytes of new blocks
  std::uint64_t bytes_added_stored = 0;
  UpdateCounts counts;
  bool forgotten = false;  // from the forget records, not from the object itself
  bool partial() const noexcept { return !outcomes.empty(); }
};

// What opens a repository: the passphrase, or the content of a key file, or the output of a key command, all treated
// alike as bytes that are tried on every slot.
struct KeyMaterial {
  base::Secret secret;
};

// What a slot gives when a KeyMaterial fits it.  Unlocking costs one Argon2id per slot that is tried; a process that
// opens a repository again and again (a daemon) unlocks once and keeps this.
struct MasterKey {
  base::Secret secret;  // 32 bytes
  std::string slot_id;  // that it came from
};

// What a host needs that may write and not read: the text of its key file.  Made by Repository::make_writer.
struct WriterKey {
  base::Secret text;
};

struct SlotInfo {
  std::string id;    // name of the object without "keys/"
  std::string kind;  // passphrase, file, command
  std::string label;
  base::Instant created;
  bool current = false;  // the one that opened this repository
};

// Costs of Argon2id; the defaults are the least that format 1 accepts.  Tests may not lower them: they pass a raw
// master key.
struct KdfCost {
  std::uint32_t passes = 3;
  std::uint64_t memory_bytes = std::uint64_t{128} << 20;
};

struct Environment {  // what is injected; all outlive the repository
  const base::Clock* clock = nullptr;
  base::Random* random = nullptr;
  storage::Backend* state =
      nullptr;  // local state of this host: pins, highest sequence seen.  nullptr: nothing is remembered
  std::string host;
  std::string program;
};

struct InitOptions {
  std::string slot_kind = "passphrase";
  std::string slot_label;
  KdfCost kdf;
  std::uint32_t block_bytes = 256 * 1024;  // what rows_per_block aims at
  std::uint32_t pack_bytes = 16u << 20;    // a pack is closed before it grows larger
};

class Session;
class Checker;
struct SessionHost;
struct SessionParent;

enum class CheckLevel { listing, structure, data };
struct CheckOptions {
  CheckLevel level = CheckLevel::structure;
  double share = 1.0;  // of the packs to read at level data
  std::stop_token stop;
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};
struct Finding {
  std::string object;  // name of the stored object
  std::string problem;
  std::vector<std::string> snapshots;  // short ids that it touches
  std::string keys;                    // which keys of which tree, in words; empty when none are known
};
// A session without a snapshot: it was killed, or it still runs.
struct UnfinishedSession {
  std::string name;
  std::string host;  // empty, as `started`, when the record cannot be read
  std::optional<base::Instant> started;
};
struct CheckReport {
  std::uint64_t objects = 0;
  std::uint64_t packs_read = 0;
  std::uint64_t bytes_read = 0;
  std::vector<Finding> findings;
  std::vector<UnfinishedSession> unfinished;  // oldest first, those without an instant last; one warning tells of all
  std::vector<std::string> warnings;
};

struct RepositoryStats {
  std::uint64_t snapshots = 0;
  std::uint64_t packs = 0;
  std::uint64_t stored_bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t plain_bytes = 0;
};

// Thread-safe for reading; one Session per writing process at a time is the normal case, several are allowed.
class Repository {
public:
  // Throws Error{conflict} when there is one already.
  static std::unique_ptr<Repository> init(storage::Backend& backend, const Environment& environment,
                                          const KeyMaterial& key, const InitOptions& options);
  // Throws Error{no_repository}, Error{wrong_key}, Error{unsupported} for a newer format, Error{refused} when the
  // identity is not the pinned one.
  static std::unique_ptr<Repository> open(storage::Backend& backend, const Environment& environment,
                                          const KeyMaterial& key);
  // open() in two halves: the first tries the slots, newest first; the second derives nothing that is slow.
  static MasterKey unlock(storage::Backend& backend, const KeyMaterial& key);
  static std::unique_ptr<Repository> open(storage::Backend& backend, const Environment& environment,
                                          const MasterKey& master);
  ~Repository();

  std::string id() const;             // 16 bytes as hex
  std::uint32_t block_bytes() const;  // what rows_per_block aims at
  const BoundaryKey& boundary_key() const;
  BlockSource& blocks();
  // What was odd so far and did not stop anything: a store that stepped back behind what this host has seen, a lost
  // index, a damaged slot.  One line each, in the order of discovery, without repetition.
  std::vector<std::string> warnings() const;

  // Oldest first, by the instant that they show and what else orders them (snapshot_order.h).  Damaged
  // ones are left out and reported by `damaged`, when given.  Forgotten ones are included and marked.
  std::vector<Snapshot> snapshots(std::vector<std::string>* damaged = nullptr);
  Snapshot snapshot(const SnapshotId& id);
  // The newest of the connector (of all, when empty) that is not forgotten, or the one `back` places before it, in the
  // order of snapshots(), reading no more snapshot objects than it must.  Of all connectors, those of one writer come
  // in the order of their numbers.
  std::optional<Snapshot> latest(std::string_view connector = {}, std::uint64_t back = 0);

  // `parent`: the snapshot to build on; when it carries a forget mark the session has none and uploads in full.
  std::unique_ptr<Session> begin_session(const std::optional<SnapshotId>& parent);

  void forget(const SnapshotId& id, std::string_view reason);
  void undelete(const SnapshotId& id);

  std::vector<SlotInfo> key_slots();
  SlotInfo add_key(const KeyMaterial& key, const std::string& kind, const std::string& label, const KdfCost& cost);
  // Throws Error{refused} for the last slot.
  void remove_key(std::string_view slot_id);

  // Certifies a new writer in a trust domain of its own and returns its key: with it, open_writer() can add snapshots
  // and read nothing.
  WriterKey make_writer(std::string_view label);

  // For what this host keeps beside the repository and others must not read.  `name` is where it lies: it opens nowhere
  // else.  open_local() throws Error{corruption} naming it.
  base::Bytes seal_local(std::string_view name, base::ByteView plain);
  base::Bytes open_local(std::string_view name, base::ByteView sealed);

  CheckReport check(const CheckOptions& options);
  RepositoryStats stats();

private:
  friend class Checker;
  struct Impl;
  explicit Repository(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A host that holds a WriterKey only.  Its sessions take snapshots whose trees inherit (Tree::inherits) or stand alone;
// Session::blocks() serves what the session itself wrote.
class WriteOnlyRepository {
public:
  // Throws Error{wrong_key} when the text is no writer's key, Error{refused} when the store is another repository,
  // Error{unsupported} for a newer format.
  static std::unique_ptr<WriteOnlyRepository> open(storage::Backend& backend, const Environment& environment,
                                                   const WriterKey& key);
  ~WriteOnlyRepository();
  std::string id() const;
  std::uint32_t block_bytes() const;
  const BoundaryKey& boundary_key() const;
  // `parent` must exist and be signed; its content stays closed.
  std::unique_ptr<Session> begin_session(const std::optional<SnapshotId>& parent);

private:
  struct Impl;
  explicit WriteOnlyRepository(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One writing process.  As a BlockSink it is thread-safe.  Destroyed without commit: what it wrote is garbage, nothing
// else.
class Session : public BlockSink {
public:
  ~Session() override;
  const SnapshotId& id() const noexcept;
  // The parent that it really builds on: absent when it was forgotten meanwhile.
  const std::optional<SnapshotId>& parent() const noexcept;
  BlockId put(BlockKind kind, base::ByteView plain) override;
  // Blocks of the repository and those written here, also before they are durable.
  BlockSource& blocks();
  std::uint64_t bytes_added_raw() const noexcept;
  std::uint64_t bytes_added_stored() const noexcept;
  // Packs and index made durable, then the snapshot object: the commit point.  Fills id, parent, host, program,
  // committed, index_runs and bytes_added of the snapshot.
  Snapshot commit(Snapshot snapshot);

private:
  friend std::unique_ptr<Session> open_session(SessionHost host, std::optional<SessionParent> parent);
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::repository
