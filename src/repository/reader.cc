#include "repository/reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "crypto/aead.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

constexpr std::size_t k_node_cache_bytes = 8u << 20;

}  // namespace

PackDirectory read_pack_directory(storage::Backend& backend, Keychain& keys, base::ByteView pack_id,
                                  std::uint64_t size) {
  const std::string name = pack_name(pack_id);
  if (size < k_pack_begin + k_tail_bytes + k_digest_bytes + crypto::k_tag_bytes)
    throw Error(ErrorKind::corruption, fmt::format("{} is damaged: {} bytes are too few", name, size));
  const PackHead head = decode_pack_head(backend.get(name, {0, k_pack_begin}), name);
  const Writer writer = keys.writers().get(head.header.session.writer);
  PackDirectory out;
  const base::Secret session_key = keys.pack_session_key(head.header.session, head.wrapped, name);
  out.pack = make_pack_ref(head, pack_id, session_key, writer.domain);
  out.pack.size = size;
  const base::Bytes tail = backend.get(name, {size - k_digest_bytes - k_tail_bytes, k_tail_bytes});
  const DirectoryPlace place = open_pack_tail(keys.identity(), out.pack, tail);
  out.entries = open_pack_directory(keys.identity(), out.pack, place, backend.get(name, {place.offset, place.size}));
  return out;
}

std::shared_ptr<IndexRun> RunCatalogue::open(const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = runs_.find(name); found != runs_.end()) return found->second;
  }
  std::shared_ptr<IndexRun> run;
  try {
    const auto parsed = RunName::parse(name);
    if (!parsed) throw Error(ErrorKind::corruption, fmt::format("'{}' is no name of an index run", name));
    run = IndexRun::open(context_.backend, context_.keys, *parsed);
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
    context_.warnings.add(fmt::format("index run {} cannot be used: {}", name, error.message()));
  }
  const std::lock_guard lock(mutex_);
  return runs_.emplace(name, run).first->second;
}

// Least recently used goes first.
class BlockReader::NodeCache {
public:
  std::optional<base::Bytes> get(const BlockId& id) {
    const std::lock_guard lock(mutex_);
    const auto found = where_.find(id);
    if (found == where_.end()) return std::nullopt;
    order_.splice(order_.begin(), order_, found->second);
    return found->second->second;
  }
  void put(const BlockId& id, const base::Bytes& plain) {
    const std::lock_guard lock(mutex_);
    if (plain.size() > k_node_cache_bytes / 4 || where_.contains(id)) return;
    order_.emplace_front(id, plain);
    where_[id] = order_.begin();
    bytes_ += plain.size();
    while (bytes_ > k_node_cache_bytes) {
      bytes_ -= order_.back().second.size();
      where_.erase(order_.back().first);
      order_.pop_back();
    }
  }

private:
  std::mutex mutex_;
  std::list<std::pair<BlockId, base::Bytes>> order_;
  std::unordered_map<BlockId, std::list<std::pair<BlockId, base::Bytes>>::iterator, BlockIdHash> where_;
  std::size_t bytes_ = 0;
};

BlockReader::BlockReader(const ReaderContext& context)
    : context_(context), catalogue_(context), nodes_(std::make_unique<NodeCache>()) {}
BlockReader::~BlockReader() = default;

void BlockReader::use_runs(const std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> fresh;
  for (const std::string& name : names)
    if (std::find(runs_.begin(), runs_.end(), name) == runs_.end()) fresh.push_back(name);
  if (fresh.empty()) return;
  // What was asked for last is what is looked into next.
  runs_.insert(runs_.begin(), fresh.begin(), fresh.end());
  listed_ = false;
  rebuilt_done_ = false;
}

std::vector<std::string> BlockReader::known_runs() {
  const std::lock_guard lock(mutex_);
  return runs_;
}

std::vector<Place> BlockReader::in_rebuilt(const BlockId& id) {
  const std::lock_guard lock(mutex_);
  std::vector<Place> out;
  const auto [first, last] = rebuilt_.equal_range(id);
  for (auto copy = first; copy != last; ++copy) out.push_back(copy->second);
  return out;
}

base::Bytes BlockReader::read(const Place& place) {
  const base::Bytes sealed = context_.backend.get(place.pack->name(), {place.block.offset, place.block.stored});
  return open_block(context_.keys.identity(), context_.keys.id_key(place.pack->domain), *place.pack, place.block,
                    sealed, context_.compressor);
}

bool BlockReader::opens_from(const std::vector<std::string>& runs, const BlockId& id, std::uint32_t domain) {
  for (const std::string& name : runs) {
    const auto run = catalogue_.open(name);
    if (!run) continue;
    try {
      const auto place = run->find(id);
      if (!place || place->pack->domain != domain) continue;
      read(*place);
      return true;
    } catch (const Error& error) {
      if (!is_damage(error)) throw;
      context_.warnings.add(error.message());
    }
  }
  return false;
}

std::optional<base::Bytes> BlockReader::try_places(const BlockId& id, const std::vector<Place>& places,
                                                   std::string& problem) {
  for (const Place& place : places) {
    try {
      base::Bytes out = read(place);
      if (place.block.kind == BlockKind::node) nodes_->put(id, out);
      return out;
    } catch (const Error& error) {
      // Another copy may be whole; what the store does not answer is another matter.
      if (!is_damage(error)) throw;
      problem = error.message();
    }
  }
  return std::nullopt;
}

std::vector<Place> BlockReader::places(const BlockId& id, Search search) {
  std::vector<Place> out;
  for (const std::string& name : known_runs()) {
    const auto run = catalogue_.open(name);
    if (!run) continue;
    try {
      if (auto place = run->find(id)) out.push_back(*place);
    } catch (const Error& error) {
      if (!is_damage(error)) throw;
      context_.warnings.add(error.message());
    }
    if (search == Search::first && !out.empty()) return out;
  }
  const std::vector<Place> rebuilt = in_rebuilt(id);
  out.insert(out.end(), rebuilt.begin(), rebuilt.end());
  return out;
}

base::Bytes BlockReader::get(const BlockId& id) {
  if (auto kept = nodes_->get(id)) return *std::move(kept);
  std::string problem = "no index run and no pack lists it";
  if (auto out = try_places(id, places(id, Search::first), problem)) return *std::move(out);
  const std::lock_guard lock(fallback_mutex_);
  list_all_runs();
  if (auto out = try_places(id, places(id, Search::all), problem)) return *std::move(out);
  rebuild_from_packs();
  if (auto out = try_places(id, in_rebuilt(id), problem)) {
    context_.warnings.add("the index does not list every block that is needed: directories of packs were read instead");
    return *std::move(out);
  }
  throw Error(ErrorKind::corruption, fmt::format("block {} cannot be read: {}", base::to_hex(id.view()), problem),
              "Run 'holdfast check --read-data' to see which snapshots it touches.");
}

void BlockReader::list_all_runs() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(listed_, true)) return;
  }
  std::vector<std::string> names;
  context_.backend.list(k_index_prefix, [&](const storage::ObjectInfo& info) {
    if (RunName::parse(info.name)) names.push_back(info.name);
  });
  // Newest first: they name what they supersede, and that is then not opened.
  std::sort(names.rbegin(), names.rend());
  std::set<std::string> superseded;
  for (const std::string& name : names) {
    if (superseded.contains(name)) continue;
    const auto run = catalogue_.open(name);
    if (!run) continue;
    for (const RunName& old : run->root().superseded) superseded.insert(old.name());
    const std::lock_guard lock(mutex_);
    if (std::find(runs_.begin(), runs_.end(), name) == runs_.end()) runs_.push_back(name);
  }
}

void BlockReader::rebuild_from_packs() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(rebuilt_done_, true)) return;
  }
  std::vector<std::pair<base::Bytes, std::uint64_t>> packs;
  context_.backend.list(k_packs_prefix, [&](const storage::ObjectInfo& info) {
    const auto id = parse_pack_name(info.name);
    if (id && !rebuilt_ids_.contains(*id)) packs.emplace_back(*id, info.size);
  });
  for (const auto& [id, size] : packs) {
    try {
      PackDirectory directory = read_pack_directory(context_.backend, context_.keys, id, size);
      const std::lock_guard lock(mutex_);
      rebuilt_ids_.insert(id);
      rebuilt_packs_.push_back(std::move(directory.pack));
      for (const PackEntry& entry : directory.entries) rebuilt_.emplace(entry.id, Place{&rebuilt_packs_.back(), entry});
    } catch (const Error& error) {
      if (!is_damage(error)) throw;
      context_.warnings.add(error.message());
    }
  }
}

}  // namespace holdfast::repository
