#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <unordered_map>

#include "base/error.h"
#include "crypto/aead.h"
#include "repository/pack_uploader.h"
#include "repository/session_impl.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

// A block of this session.  No pack: the parent's runs hold it already, or it is on its way into a pack.
struct OwnBlock {
  std::shared_ptr<OpenPack> pack;
  PackEntry entry;
  bool settled = false;
};

}  // namespace

struct Session::Impl : BlockSource {
  Impl(SessionHost host_in, std::optional<SessionParent> parent_in, SessionKey key_in)
      : host(std::move(host_in)),
        id(key_in.session),
        parent(std::move(parent_in)),
        key(std::move(key_in)),
        uploader(host.backend, host.identity, host.pack_bytes) {
    if (parent) parent_id = parent->id;
  }

  BlockId put_block(BlockKind kind, base::ByteView plain);
  base::Bytes get(const BlockId& wanted) override;
  bool parent_holds(const BlockId& wanted);
  void store(const BlockId& block, BlockKind kind, base::ByteView tagged);
  std::pair<std::shared_ptr<OpenPack>, std::uint32_t> reserve(std::size_t stored);
  void release(const std::shared_ptr<OpenPack>& pack, const PackEntry* entry);
  void settle(const BlockId& block);
  void fail();

  void close_packs();
  RunContent own_run() const;
  std::vector<std::string> write_index();
  std::string put_run(const RunContent& content, std::uint32_t number);
  void put_snapshot(const Snapshot& snapshot);
  Snapshot commit(Snapshot snapshot);

  const SessionHost host;
  const SnapshotId id;
  const std::optional<SessionParent> parent;
  std::optional<SnapshotId> parent_id;
  const SessionKey key;

  std::mutex mutex;
  std::condition_variable settled;
  std::unordered_map<BlockId, OwnBlock, BlockIdHash> blocks;
  std::shared_ptr<OpenPack> current;
  bool failed = false;
  bool committed = false;
  std::atomic<std::uint64_t> added_raw{0};
  std::atomic<std::uint64_t> added_stored{0};
  std::uint64_t index_bytes = 0;
  PackUploader uploader;
};

BlockId Session::Impl::put_block(BlockKind kind, base::ByteView plain) {
  if (plain.size() > k_block_bytes_max)
    throw Error(ErrorKind::internal, fmt::format("a block of {} bytes is larger than blocks may be", plain.size()));
  const base::Bytes tagged = tagged_block(kind, plain);
  const BlockId block = block_id(host.id_key, tagged);
  {
    const std::lock_guard lock(mutex);
    if (committed) throw Error(ErrorKind::internal, "a block came after the commit");
    // Equal blocks in flight are one block: whoever came first stores it, and commit waits for all.
    if (!blocks.try_emplace(block).second) return block;
  }
  try {
    if (parent_holds(block))
      settle(block);
    else
      store(block, kind, tagged);
  } catch (...) {
    fail();
    throw;
  }
  return block;
}

// Taken over is only what opens: a snapshot must not lean on a block that was damaged since.
bool Session::Impl::parent_holds(const BlockId& wanted) {
  return host.reader != nullptr && parent && host.reader->opens_from(parent->index_runs, wanted, host.domain);
}

void Session::Impl::store(const BlockId& block, BlockKind kind, base::ByteView tagged) {
  const base::Bytes compressed = host.compressor.compress(tagged);
  const auto [pack, number] = reserve(compressed.size() + crypto::k_tag_bytes);
  PackEntry entry{block, kind, number, 0, 0, static_cast<std::uint32_t>(tagged.size() - 1)};
  base::Bytes sealed;
  try {
    seal_block(host.identity, pack->builder.ref(), number, block, compressed, sealed);
    if (!reads_back(host.identity, pack->builder.ref(), entry, sealed, tagged, host.compressor))
      throw Error(ErrorKind::internal, fmt::format("block {} does not read back", base::to_hex(block.view())),
                  "This points to defective memory: test this machine before you trust its backups.");
    const std::lock_guard lock(pack->mutex);
    entry = pack->builder.append(entry, sealed);
  } catch (...) {
    release(pack, nullptr);
    throw;
  }
  added_raw += tagged.size() - 1;
  added_stored += sealed.size();
  release(pack, &entry);
}

// A place in the current pack; a full one is closed, and sent by whoever writes into it last.
std::pair<std::shared_ptr<OpenPack>, std::uint32_t> Session::Impl::reserve(std::size_t stored) {
  std::shared_ptr<OpenPack> full;
  std::pair<std::shared_ptr<OpenPack>, std::uint32_t> out;
  {
    const std::lock_guard lock(mutex);
    if (failed) throw Error(ErrorKind::cancelled, "the session failed before");
    auto number = current ? current->builder.reserve(stored) : std::nullopt;
    if (!number) {
      if (current) {
        current->closed = true;
        if (current->writing == 0) full = current;
      }
      current = std::make_shared<OpenPack>(key, host.domain, host.pack_bytes, *host.environment.random);
      number = current->builder.reserve(stored);
    }
    ++current->writing;
    out = {current, *number};
  }
  if (full) uploader.push(std::move(full));
  return out;
}

void Session::Impl::release(const std::shared_ptr<OpenPack>& pack, const PackEntry* entry) {
  bool send = false;
  {
    const std::lock_guard lock(mutex);
    --pack->writing;
    if (entry != nullptr) blocks[entry->id] = OwnBlock{pack, *entry, true};
    send = pack->closed && pack->writing == 0 && !failed && entry != nullptr;
    settled.notify_all();
  }
  if (send) uploader.push(pack);
}

void Session::Impl::settle(const BlockId& block) {
  const std::lock_guard lock(mutex);
  blocks[block].settled = true;
  settled.notify_all();
}

void Session::Impl::fail() {
  const std::lock_guard lock(mutex);
  failed = true;
  settled.notify_all();
}

base::Bytes Session::Impl::get(const BlockId& wanted) {
  OwnBlock own;
  {
    std::unique_lock lock(mutex);
    const auto found = blocks.find(wanted);
    if (found != blocks.end()) {
      settled.wait(lock, [&] { return failed || blocks.at(wanted).settled; });
      own = blocks.at(wanted);
    }
  }
  if (!own.pack) {
    if (host.reader != nullptr) return host.reader->get(wanted);
    throw Error(ErrorKind::corruption, fmt::format("block {} is not one of this session", base::to_hex(wanted.view())));
  }
  base::Bytes sealed;
  const PackRef& ref = own.pack->builder.ref();
  {
    const std::lock_guard lock(own.pack->mutex);
    if (!own.pack->stored) sealed = own.pack->builder.bytes().substr(own.entry.offset, own.entry.stored);
  }
  if (sealed.empty()) sealed = host.backend.get(ref.name(), {own.entry.offset, own.entry.stored});
  return open_block(host.identity, host.id_key, ref, own.entry, sealed, host.compressor);
}

void Session::Impl::close_packs() {
  std::shared_ptr<OpenPack> last;
  {
    const std::lock_guard lock(mutex);
    if (failed) throw Error(ErrorKind::internal, "a session that failed cannot be committed");
    if (committed) throw Error(ErrorKind::internal, "a session is committed once");
    committed = true;
    last = std::exchange(current, nullptr);
    if (last && last->writing > 0) throw Error(ErrorKind::internal, "the commit came while blocks were being put");
  }
  if (last) uploader.push(std::move(last));
  uploader.finish();
}

RunContent Session::Impl::own_run() const {
  RunContent out;
  std::unordered_map<const OpenPack*, std::uint32_t> numbers;
  for (const auto& [block, own] : blocks) {
    if (!own.pack) continue;
    const auto [number, fresh] = numbers.emplace(own.pack.get(), static_cast<std::uint32_t>(out.packs.size()));
    if (fresh) out.packs.push_back(own.pack->builder.ref());
    out.entries.push_back({own.entry, number->second});
  }
  return out;
}

std::string Session::Impl::put_run(const RunContent& content, std::uint32_t number) {
  const RunName name{id, number};
  const base::Bytes object = encode_run(content, number, host.identity, key, host.signer, *host.environment.random);
  if (!host.backend.put(name.name(), object))
    throw Error(ErrorKind::conflict, fmt::format("{} is there already", name.name()));
  index_bytes += object.size();
  return name.name();
}

namespace {

// nullopt where a page is damaged.
std::optional<RunContent> content_of(IndexRun& run) {
  try {
    return run.content();
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
    return std::nullopt;
  }
}

}  // namespace

std::vector<std::string> Session::Impl::write_index() {
  std::vector<std::string> kept = parent ? parent->index_runs : std::vector<std::string>{};
  RunContent fresh = own_run();
  if (fresh.entries.empty()) return kept;
  std::vector<std::string> lost;
  std::vector<std::shared_ptr<IndexRun>> runs;
  for (const std::string& name : kept) {
    auto run = host.reader != nullptr ? host.reader->catalogue().open(name) : nullptr;
    if (run)
      runs.push_back(std::move(run));
    else
      lost.push_back(name);  // stays named, so that check tells what is gone
  }
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a->entries() < b->entries(); });
  // The new run is small as a rule, and takes its place among the others by size.
  std::vector<std::uint64_t> sizes;
  for (const auto& run : runs) sizes.push_back(run->entries());
  const std::uint64_t own_size = fresh.entries.size();
  const auto own_at = static_cast<std::size_t>(std::lower_bound(sizes.begin(), sizes.end(), own_size) - sizes.begin());
  sizes.insert(sizes.begin() + static_cast<std::ptrdiff_t>(own_at), own_size);
  const std::size_t merged = runs_to_merge(sizes);

  const bool own_apart = merged > 0 && own_at >= merged;
  const std::size_t old_merged = own_at < merged ? merged - 1 : merged;
  std::vector<RunContent> contents;
  std::vector<RunName> superseded;
  std::vector<std::string> out;
  if (own_apart) {
    std::vector<RunContent> alone;
    alone.push_back(std::move(fresh));
    out.push_back(put_run(merge_runs(std::move(alone)), 1));
  } else {
    contents.push_back(std::move(fresh));
  }
  for (std::size_t i = 0; i < old_merged; ++i) {
    auto content = content_of(*runs[i]);
    if (!content) {
      lost.push_back(runs[i]->name().name());
      continue;
    }
    contents.push_back(*std::move(content));
    superseded.push_back(runs[i]->name());
  }
  if (!contents.empty()) {
    RunContent run = merge_runs(std::move(contents));
    run.superseded = std::move(superseded);
    out.push_back(put_run(run, 0));
  }
  for (std::size_t i = old_merged; i < runs.size(); ++i) out.push_back(runs[i]->name().name());
  out.insert(out.end(), lost.begin(), lost.end());
  return out;
}

// A lost answer is looked up: what counts is whether our snapshot stands under its name.
void Session::Impl::put_snapshot(const Snapshot& snapshot) {
  const base::Bytes object = seal_object(ObjectKind::snapshot, host.identity, key, host.signer,
                                         encode_snapshot(snapshot, host.compressor), *host.environment.random);
  const std::string name = snapshot_name(id);
  try {
    if (host.backend.put(name, object)) return;
  } catch (const Error& error) {
    // A disk that failed did answer: what stands there may not be durable.
    if (error.kind() == ErrorKind::io) throw;
    bool there = false;
    try {
      there = host.backend.get_all(name) == object;
    } catch (const Error&) {
      there = false;  // the first error tells more
    }
    if (!there) throw;
    return;
  }
  if (host.backend.get_all(name) == object) return;
  throw Error(ErrorKind::conflict, fmt::format("session {} was ended by somebody else before its commit", id.name()),
              "Run the backup again.");
}

Snapshot Session::Impl::commit(Snapshot snapshot) {
  close_packs();
  snapshot.id = id;
  snapshot.parent = parent_id;
  snapshot.parent_hash = parent ? parent->digest : base::Bytes{};
  snapshot.host = host.environment.host;
  snapshot.program = host.environment.program;
  snapshot.forgotten = false;
  snapshot.index_runs = write_index();
  snapshot.bytes_added_raw = added_raw;
  snapshot.bytes_added_stored = uploader.stored_bytes() + index_bytes;
  snapshot.committed = host.environment.clock->now();
  put_snapshot(snapshot);
  host.state.note_seen(id);
  if (host.reader != nullptr) host.reader->use_runs(snapshot.index_runs);
  return snapshot;
}

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() = default;
const SnapshotId& Session::id() const noexcept {
  return impl_->id;
}
const std::optional<SnapshotId>& Session::parent() const noexcept {
  return impl_->parent_id;
}
BlockId Session::put(BlockKind kind, base::ByteView plain) {
  return impl_->put_block(kind, plain);
}
BlockSource& Session::blocks() {
  return *impl_;
}
std::uint64_t Session::bytes_added_raw() const noexcept {
  return impl_->added_raw;
}
std::uint64_t Session::bytes_added_stored() const noexcept {
  return impl_->added_stored;
}
Snapshot Session::commit(Snapshot snapshot) {
  return impl_->commit(std::move(snapshot));
}

std::size_t runs_to_merge(const std::vector<std::uint64_t>& sizes) {
  if (sizes.size() <= k_runs_max) return 0;
  std::size_t count = 1;
  std::uint64_t together = sizes[0];
  // The runs between the newest and the largest are merged when the smaller has grown to the geometric mean of the
  // newest and the larger: with two of them that rewrites least.  The largest waits until the others weigh as much.
  const auto heavy = [&](std::size_t next) {
    if (sizes[next] <= together) return true;
    return next + 1 < sizes.size() && together * together >= sizes[0] * sizes[next];
  };
  while (count < sizes.size() && (sizes.size() - count + 1 > k_runs_max || heavy(count))) together += sizes[count++];
  return count;
}

namespace {

std::uint64_t highest_number(const SessionHost& host) {
  std::uint64_t out = 0;
  const auto look = [&](std::string_view prefix) {
    host.backend.list(fmt::format("{}{:08x}-", prefix, host.signer.writer), [&](const storage::ObjectInfo& info) {
      const auto id = SnapshotId::parse(std::string_view(info.name).substr(prefix.size()));
      if (id) out = std::max(out, id->sequence);
    });
  };
  look(k_sessions_prefix);
  // A number whose snapshot was ever seen is not used again, even if the store lost its session.
  const auto seen = host.state.highest_seen();
  if (const auto found = seen.find(host.signer.writer); found != seen.end()) out = std::max(out, found->second);
  return out;
}

}  // namespace

std::unique_ptr<Session> open_session(SessionHost host, std::optional<SessionParent> parent) {
  SessionRecord record;
  if (parent) record.parent = parent->id;
  record.host = host.environment.host;
  record.program = host.environment.program;
  record.started = host.environment.clock->now();
  base::Random& random = *host.environment.random;
  for (std::uint64_t sequence = highest_number(host) + 1;; ++sequence) {
    SessionKey key = make_session_key(host.identity, {host.signer.writer, sequence}, random);
    const base::Bytes object =
        seal_object(ObjectKind::session, host.identity, key, host.signer, encode_session(record), random);
    if (!host.backend.put(session_name(key.session), object)) continue;  // another process was faster
    if (parent && host.is_forgotten(parent->id)) parent.reset();
    return std::unique_ptr<Session>(
        new Session(std::make_unique<Session::Impl>(std::move(host), std::move(parent), std::move(key))));
  }
}

}  // namespace holdfast::repository
