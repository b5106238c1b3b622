// Index runs: sorted, immutable, id -> place.  Merged step by step into new runs, which name what they supersede.
//
//   <run>        ::= <header> <wrapped:112 bytes> <root_size:u32> <root> <signature:64 bytes> <page>* <digest>
//   <root>       ::= sealed, nonce 0: <superseded> <packs> <fences>
//   <superseded> ::= <count:varint> (<writer:u32> <sequence:u64> <number:u32>)*
//   <packs>      ::= <count:varint> <pack>*
//   <pack>       ::= <id:16 bytes> <writer:u32> <sequence:u64> <domain:u32> <salt:32 bytes> <key:32 bytes> <size:u64>
//   <fences>     ::= <count:varint> (<first id:16 bytes> <entries:u32>)*          -- one per page
//   <page>       ::= sealed, nonce 1 + page number: <entry>*
//   <entry>      ::= <id:16 bytes> <pack:u32> <number:u32> <offset:u32> <stored:u32> <plain:u32> <kind:u8>
//                    <dictionary:u8 = 0>
//
// <root_size> counts the sealed root.  The signature covers all before it, and so the session key under which the pages
// are sealed: nobody else can make them.  `pack` is a position in <packs>.  Bound into the seals: repository id,
// header, and "page" or "root" with the number of the run (u32), so that no run of a session stands for another one.
// The keys of packs stand here so that one read of an index opens blocks of any session.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "repository/keychain.h"
#include "repository/names.h"
#include "repository/pack.h"

namespace holdfast::repository {

inline constexpr std::size_t k_run_entry_bytes = 38;
inline constexpr std::size_t k_run_page_bytes = 64 * 1024;   // sealed, at most
inline constexpr std::size_t k_run_first_read = 512 * 1024;  // a run that fits is read in one get

struct IndexEntry {
  PackEntry block;
  std::uint32_t pack = 0;  // position in RunContent::packs
};
// A run in memory: entries ascending by id, no id twice.
struct RunContent {
  std::vector<RunName> superseded;
  std::vector<PackRef> packs;
  std::vector<IndexEntry> entries;
};

// The object to put under the name of the session's run `number`.  The salt of its header comes from `random`.
base::Bytes encode_run(const RunContent& content, std::uint32_t number, const Identity& identity,
                       const SessionKey& session, const Signer& signer, base::Random& random);
// Of several entries of one block the newest fact stays: the one in a pack of the session with the higher sequence, as
// a block is stored again only where its earlier copy was found damaged.  Trust comes before that: an entry of the
// repository's own domain gives way to none of another.  Writer and name of the pack decide what is left, so that the
// order of `runs` never matters.  Packs without entries are dropped.
RunContent merge_runs(std::vector<RunContent> runs);

struct RunFence {
  BlockId first;
  std::uint32_t entries = 0;
};
struct RunRoot {
  std::vector<RunName> superseded;
  std::vector<PackRef> packs;
  std::vector<RunFence> fences;
};
RunRoot decode_run_root(base::ByteView plain, std::string_view name);
// Throws Error{corruption} unless it is a page of so many entries in order, whose packs are among `packs`.
void check_run_page(base::ByteView plain, std::uint32_t entries, std::size_t packs, std::string_view name);

// Where a block lies.  `pack` lives as long as the run.
struct Place {
  const PackRef* pack = nullptr;
  PackEntry block;
};

// A run in the store.  Small ones are read at once, of large ones the root, then pages as they are asked for.
// Thread-safe.
class IndexRun {
public:
  // Throws Error{corruption} or Error{not_found}.  `backend` and `keys` outlive it.
  static std::shared_ptr<IndexRun> open(storage::Backend& backend, Keychain& keys, const RunName& name);
  const RunName& name() const noexcept { return name_; }
  const RunRoot& root() const noexcept { return root_; }
  std::uint64_t entries() const noexcept { return entries_; }
  // nullopt when the run does not hold it; throws Error{corruption} when the page is damaged.
  std::optional<Place> find(const BlockId& id);
  // In ascending order.
  void for_each(const std::function<void(const Place&)>& visit);
  RunContent content();
  // Reads the whole object and checks digest and all pages.
  void verify();

private:
  IndexRun(storage::Backend& backend, Keychain& keys, const RunName& name);
  // What read_root() was given of the object.
  enum class Extent { beginning, whole };
  void read_root(base::ByteView object, Extent extent);
  void expect_listable(const PackRef& pack, const Writer& signer) const;
  std::shared_ptr<const base::Bytes> page(std::size_t number);
  base::Bytes open_page(std::size_t number, base::ByteView sealed) const;
  Place place(base::ByteView page, std::size_t entry) const;

  storage::Backend& backend_;
  Keychain& keys_;
  const RunName name_;
  const std::string object_name_;
  Header header_;
  base::Secret key_;
  RunRoot root_;
  std::vector<std::uint64_t> page_offsets_;
  std::uint64_t entries_ = 0;
  std::mutex mutex_;
  std::map<std::size_t, std::shared_ptr<const base::Bytes>> pages_;
};

}  // namespace holdfast::repository
