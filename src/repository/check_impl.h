// The state of one check, shared by the files that implement its levels.
#pragma once

#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "repository/check_findings.h"
#include "repository/repository_impl.h"
#include "repository/tree_walk.h"

namespace holdfast::repository {

// What a tree says about a block, needed to decode it.
struct Role {
  std::uint32_t columns = 0;
  std::uint8_t height = 0;  // of nodes
};

// A block that cannot be read, and the object to blame: its pack, or the block itself where no pack holds it.
struct Bad {
  std::string object;
  std::string problem;
};

// Not thread-safe.
class Checker {
public:
  Checker(Repository::Impl& repository, const CheckOptions& options) : repository_(repository), options_(options) {}
  CheckReport run();

private:
  friend class RoleWalker;
  friend class BlameWalker;

  // check.cc: names, sizes and the small objects
  void list();
  void small_objects();
  void session(const std::string& name);
  void tell_unfinished();
  void snapshot(const std::string& name);
  void chains();
  // check_blocks.cc: packs, index, reachability
  void directories();
  void runs();
  void agree(IndexRun& run);
  void reach();
  void read_packs();
  void read_pack(const std::string& name);
  void open_entry(const PackRef& pack, const PackEntry& entry, base::ByteView object);
  void decode(const PackEntry& entry, base::Bytes plain);
  bool has_other_copy(const BlockId& id);
  void overflow();
  void beside_damage();
  void stands_beside(const BlockId& block, const std::string& pack);
  void attribute();
  Bad missing(const BlockId& id);

  // Runs `look`; damage that leaves it becomes a finding about `object`.
  template <class Look>
  bool guarded(const std::string& object, Look&& look) {
    if (options_.stop.stop_requested()) throw base::Error(base::ErrorKind::cancelled, "the check was stopped");
    try {
      look();
      return true;
    } catch (const base::Error& error) {
      if (!is_damage(error)) throw;
      findings_.add(object, error.message());
      return false;
    }
  }
  std::vector<std::string> below(std::string_view prefix) const;

  Repository::Impl& repository_;
  const CheckOptions& options_;
  CheckReport report_;
  Findings findings_;
  std::map<std::string, std::uint64_t> objects_;
  std::vector<Snapshot> snapshots_;
  std::map<SnapshotId, base::Bytes> digests_;
  std::map<std::string, PackDirectory> packs_;              // with a readable directory, by name
  std::map<std::string, std::vector<Place>> index_places_;  // of packs without one; the runs are kept in runs_
  std::vector<std::shared_ptr<IndexRun>> runs_;
  std::unordered_set<BlockId, BlockIdHash> available_;
  std::unordered_map<BlockId, Role, BlockIdHash> roles_;
  std::unordered_map<BlockId, Bad, BlockIdHash> bad_;
  std::set<std::string> harmed_;  // packs in which something else than a block is damaged
  // Blocks that can be read although their pack is damaged beside them: they are named, as without the index they would
  // be lost.
  std::unordered_map<BlockId, std::set<std::string>, BlockIdHash> beside_;
  std::unordered_map<BlockId, std::vector<BlockId>, BlockIdHash> overflow_owners_;
};

}  // namespace holdfast::repository
