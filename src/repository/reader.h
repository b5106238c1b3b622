// Finds and opens blocks: through the index runs that snapshots name, then through all runs, then through the
// directories of packs that no run lists.
#pragma once

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "repository/index_run.h"
#include "repository/warnings.h"

namespace holdfast::repository {

// What the reader needs; all outlive it.
struct ReaderContext {
  storage::Backend& backend;
  Keychain& keys;
  Compressor& compressor;
  Warnings& warnings;
};

// A pack's directory, read from the pack itself with three ranged reads; its session key is one that the writer signed.
// Throws Error{corruption}.
struct PackDirectory {
  PackRef pack;
  std::vector<PackEntry> entries;
};
PackDirectory read_pack_directory(storage::Backend& backend, Keychain& keys, base::ByteView pack_id,
                                  std::uint64_t size);

// Runs that are open, by name: each is opened once.  Thread-safe.
class RunCatalogue {
public:
  explicit RunCatalogue(const ReaderContext& context) : context_(context) {}
  // nullptr when it is lost or damaged: said once as a warning.
  std::shared_ptr<IndexRun> open(const std::string& name);

private:
  const ReaderContext context_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<IndexRun>> runs_;
};

// Whether a look-up ends with the first place that is found.
enum class Search { first, all };

// Thread-safe.
class BlockReader : public BlockSource {
public:
  explicit BlockReader(const ReaderContext& context);
  ~BlockReader() override;

  base::Bytes get(const BlockId& id) override;
  // Look-ups go through these first.
  void use_runs(const std::vector<std::string>& names);
  RunCatalogue& catalogue() noexcept { return catalogue_; }
  // What the known runs say; the pointers live as long as the reader.
  std::vector<Place> places(const BlockId& id, Search search);
  // Opens a block from where it lies, without looking it up.
  base::Bytes read(const Place& place);
  // Whether one of `runs` lists the block in this trust domain and it opens from there.  Damage becomes a warning.
  bool opens_from(const std::vector<std::string>& runs, const BlockId& id, std::uint32_t domain);

private:
  // Kept nodes: a look-up passes the same ones again and again.
  class NodeCache;
  std::vector<std::string> known_runs();
  std::vector<Place> in_rebuilt(const BlockId& id);
  void list_all_runs();
  void rebuild_from_packs();
  std::optional<base::Bytes> try_places(const BlockId& id, const std::vector<Place>& places, std::string& problem);

  const ReaderContext context_;
  RunCatalogue catalogue_;
  std::mutex mutex_;
  std::vector<std::string> runs_;  // in the order of look-up
  bool listed_ = false;            // all runs of index/ are in runs_
  bool rebuilt_done_ = false;
  std::mutex fallback_mutex_;
  std::list<PackRef> rebuilt_packs_;
  std::set<base::Bytes> rebuilt_ids_;  // of those packs
  // All copies of a block: one may be damaged.
  std::unordered_multimap<BlockId, Place, BlockIdHash> rebuilt_;
  std::unique_ptr<NodeCache> nodes_;
};

}  // namespace holdfast::repository
