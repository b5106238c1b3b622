// The part of a check that looks at packs, index runs and the trees above them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "repository/check_impl.h"
#include "repository/node.h"
#include "repository/row_block.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

// The pieces that a reference of overflow.h names.
std::vector<BlockId> pieces_of(base::ByteView reference) {
  base::ByteReader in(reference, "a reference to an overflow value");
  in.varint();
  std::vector<BlockId> out(in.left() / sizeof(BlockId));
  for (BlockId& id : out) {
    const base::ByteView bytes = in.raw(id.bytes.size());
    std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  }
  return out;
}

}  // namespace

// Notes what each block is, and which are not there.  Subtrees that were walked are not walked again.
class RoleWalker : public TreeWalker {
public:
  explicit RoleWalker(Checker& checker) : checker_(checker) {}
  Descend visit(const Reached& reached) override {
    const BlockId& id = reached.entry.id;
    const Role role{reached.tree.shape.columns, reached.height};
    if (!checker_.roles_.emplace(id, role).second) return Descend::no;
    if (checker_.available_.contains(id)) return Descend::yes;
    checker_.bad_.emplace(id, checker_.missing(id));
    return Descend::no;
  }
  void broken(const Reached& node, const std::string& problem) override {
    const auto places = checker_.repository_.reader.places(node.entry.id, Search::first);
    const std::string object = places.empty() ? checker_.missing(node.entry.id).object : places.front().pack->name();
    checker_.bad_.emplace(node.entry.id, Bad{object, problem});
  }
  void leave(const Reached&) override {}

private:
  Checker& checker_;
};

// Tells which snapshots and keys the bad blocks touch.  Subtrees without a bad block are walked once.
class BlameWalker : public TreeWalker {
public:
  explicit BlameWalker(Checker& checker) : checker_(checker) {}
  void begin(const SnapshotId& snapshot) { snapshot_ = snapshot; }
  Descend visit(const Reached& reached) override {
    if (clean_.contains(reached.entry.id)) return Descend::no;
    const std::uint64_t before = touched_;
    if (const auto beside = checker_.beside_.find(reached.entry.id); beside != checker_.beside_.end())
      for (const std::string& pack : beside->second) touch(pack, reached);
    const auto bad = checker_.bad_.find(reached.entry.id);
    if (bad == checker_.bad_.end()) {
      if (reached.kind == BlockKind::node) touched_before_.push_back(before);
      return Descend::yes;
    }
    checker_.findings_.add(bad->second.object, bad->second.problem);
    touch(bad->second.object, reached);
    return Descend::no;
  }
  void broken(const Reached&, const std::string&) override { touched_before_.pop_back(); }
  void leave(const Reached& node) override {
    if (touched_before_.back() == touched_) clean_.insert(node.entry.id);
    touched_before_.pop_back();
  }

private:
  void touch(const std::string& object, const Reached& reached) {
    ++touched_;
    checker_.findings_.touches(object, snapshot_, describe_range(reached.tree.name, reached.from, reached.to));
  }

  Checker& checker_;
  SnapshotId snapshot_;
  std::uint64_t touched_ = 0;
  std::vector<std::uint64_t> touched_before_;
  std::unordered_set<BlockId, BlockIdHash> clean_;
};

void Checker::directories() {
  for (const std::string& name : below(k_packs_prefix)) {
    guarded(name, [&] {
      PackDirectory directory =
          read_pack_directory(repository_.backend, repository_.keys, *parse_pack_name(name), objects_.at(name));
      for (const PackEntry& entry : directory.entries) available_.insert(entry.id);
      packs_.emplace(name, std::move(directory));
    });
  }
}

void Checker::runs() {
  for (const std::string& name : below(k_index_prefix)) {
    guarded(name, [&] {
      auto run = IndexRun::open(repository_.backend, repository_.keys, *RunName::parse(name));
      run->verify();
      runs_.push_back(std::move(run));
    });
  }
  std::set<std::string> named;
  for (const Snapshot& snapshot : snapshots_) {
    for (const std::string& name : snapshot.index_runs) {
      named.insert(name);
      if (objects_.contains(name)) continue;
      findings_.add(name, "it is gone: its blocks are found through the packs, slowly");
      findings_.touches(name, snapshot.id);
    }
  }
  // Runs that no snapshot names were superseded, or belong to a session that did not end.
  for (const auto& run : runs_)
    if (named.contains(run->name().name())) guarded(run->name().name(), [&] { agree(*run); });
}

// Each entry of a run must be what the pack's own directory says.
void Checker::agree(IndexRun& run) {
  for (const PackRef& pack : run.root().packs) {
    const auto stored = objects_.find(pack.name());
    if (stored == objects_.end())
      findings_.add(pack.name(), "it is gone");
    else if (stored->second != pack.size)
      findings_.add(pack.name(), fmt::format("it has {} bytes instead of {}", stored->second, pack.size));
  }
  run.for_each([&](const Place& place) {
    const std::string pack = place.pack->name();
    const auto known = packs_.find(pack);
    if (known == packs_.end()) {
      // Without the pack's directory the index alone knows its blocks; those that the store still has may be whole.
      const auto stored = objects_.find(pack);
      if (stored == objects_.end() || std::uint64_t{place.block.offset} + place.block.stored > stored->second) return;
      available_.insert(place.block.id);
      index_places_[pack].push_back(place);
      return;
    }
    const PackRef& stored = known->second.pack;
    if (stored.session != place.pack->session || stored.domain != place.pack->domain)
      throw Error(ErrorKind::corruption, fmt::format("{} and {} disagree about who wrote it", run.name().name(), pack));
    const std::vector<PackEntry>& entries = known->second.entries;
    const auto same =
        std::lower_bound(entries.begin(), entries.end(), place.block.offset,
                         [](const PackEntry& entry, std::uint32_t offset) { return entry.offset < offset; });
    if (same == entries.end() || *same != place.block)
      throw Error(ErrorKind::corruption, fmt::format("{} and the directory of {} disagree about block {}",
                                                     run.name().name(), pack, base::to_hex(place.block.id.view())));
  });
}

void Checker::reach() {
  RoleWalker walker(*this);
  TreeWalk walk(repository_.reader, walker);
  for (const Snapshot& snapshot : snapshots_) {
    repository_.reader.use_runs(snapshot.index_runs);
    for (const Tree& tree : snapshot.trees) guarded(snapshot_name(snapshot.id), [&] { walk.tree(tree); });
  }
}

// Who is to blame that a block is not there: the pack that the index says has it, or nobody that is known.
Bad Checker::missing(const BlockId& id) {
  for (const auto& run : runs_) {
    const auto place = run->find(id);
    if (place) return {place->pack->name(), fmt::format("block {} is lost with it", base::to_hex(id.view()))};
  }
  return {fmt::format("block {}", base::to_hex(id.view())), "it is in no pack"};
}

void Checker::read_packs() {
  std::vector<std::string> names = below(k_packs_prefix);
  const auto checked = repository_.state.checked_packs();
  // What was never read comes first, then what was read longest ago.
  const auto last_read = [&](const std::string& name) {
    const auto found = checked.find(base::to_hex(*parse_pack_name(name)));
    return found == checked.end() ? base::Instant::min() : found->second;
  };
  std::stable_sort(names.begin(), names.end(),
                   [&](const std::string& a, const std::string& b) { return last_read(a) < last_read(b); });
  const double share = std::clamp(options_.share, 0.0, 1.0);
  names.resize(static_cast<std::size_t>(std::ceil(share * static_cast<double>(names.size()))));
  std::uint64_t total = 0;
  for (const std::string& name : names) total += objects_.at(name);
  for (const std::string& name : names) {
    guarded(name, [&] { read_pack(name); });
    report_.bytes_read += objects_.at(name);
    ++report_.packs_read;
    if (options_.progress) options_.progress(report_.bytes_read, total);
  }
}

void Checker::read_pack(const std::string& name) {
  if (objects_.at(name) > std::uint64_t{k_pack_bytes_max} + 4 * std::uint64_t{k_block_bytes_max})
    throw Error(ErrorKind::corruption, fmt::format("{} is larger than packs are", name));
  const base::Bytes object = repository_.backend.get_all(name);
  const bool whole = guarded(name, [&] { object_body(object, name); });
  const std::size_t bad_before = bad_.size();
  if (const auto known = packs_.find(name); known != packs_.end()) {
    for (const PackEntry& entry : known->second.entries) open_entry(known->second.pack, entry, object);
  } else {
    for (const Place& place : index_places_[name]) open_entry(*place.pack, place.block, object);
  }
  if (!whole && bad_.size() == bad_before) harmed_.insert(name);
  if (whole && bad_.size() == bad_before && packs_.contains(name))
    repository_.state.note_checked(*parse_pack_name(name), repository_.environment.clock->now());
}

void Checker::open_entry(const PackRef& pack, const PackEntry& entry, base::ByteView object) {
  try {
    const base::ByteView sealed = object.substr(std::min<std::size_t>(entry.offset, object.size()), entry.stored);
    decode(entry, open_block(repository_.config.identity, repository_.keys.id_key(pack.domain), pack, entry, sealed,
                             repository_.compressor));
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
    findings_.add(pack.name(), error.message());
    // Two sessions at once may have stored the same block: then the other copy serves.
    if (!has_other_copy(entry.id)) bad_.insert_or_assign(entry.id, Bad{pack.name(), error.message()});
  }
}

void Checker::decode(const PackEntry& entry, base::Bytes plain) {
  const auto role = roles_.find(entry.id);
  if (role == roles_.end()) return;  // no snapshot reaches it, or it is an overflow block: bytes without a form
  if (entry.kind == BlockKind::node) {
    decode_node(plain, role->second.height);
    return;
  }
  if (entry.kind != BlockKind::rows) return;
  // Not only this block: what its rows refer to must be there too.
  RowBlockReader rows(std::move(plain), role->second.columns);
  for (; rows.valid(); rows.next()) {
    for (const Cell& cell : rows.current().cells) {
      if (cell.kind != Cell::Kind::overflow) continue;
      for (const BlockId& piece : pieces_of(cell.bytes)) overflow_owners_[piece].push_back(entry.id);
    }
  }
}

bool Checker::has_other_copy(const BlockId& id) {
  try {
    repository_.reader.get(id);
    return true;
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
    return false;
  }
}

// A row whose large value cannot be read is damaged though its own block is whole.
void Checker::overflow() {
  for (const auto& [piece, owners] : overflow_owners_) {
    const auto known = bad_.find(piece);
    if (known == bad_.end() && available_.contains(piece)) continue;
    const Bad why = known == bad_.end() ? missing(piece) : known->second;
    findings_.add(why.object, why.problem);
    for (const BlockId& owner : owners) bad_.emplace(owner, why);
  }
}

void Checker::stands_beside(const BlockId& block, const std::string& pack) {
  if (!bad_.contains(block)) beside_[block].insert(pack);
  const auto owners = overflow_owners_.find(block);
  if (owners == overflow_owners_.end()) return;
  for (const BlockId& owner : owners->second)
    if (!bad_.contains(owner)) beside_[owner].insert(pack);
}

// What lies in packs whose head, directory or digest is damaged while the index still leads to their blocks.
void Checker::beside_damage() {
  for (const auto& [pack, places] : index_places_)
    for (const Place& place : places) stands_beside(place.block.id, pack);
  for (const std::string& pack : harmed_) {
    const auto known = packs_.find(pack);
    if (known == packs_.end()) continue;
    for (const PackEntry& entry : known->second.entries) stands_beside(entry.id, pack);
  }
}

void Checker::attribute() {
  BlameWalker walker(*this);
  TreeWalk walk(repository_.reader, walker);
  for (const Snapshot& snapshot : snapshots_) {
    walker.begin(snapshot.id);
    for (const Tree& tree : snapshot.trees) walk.tree(tree);
  }
}

}  // namespace holdfast::repository
