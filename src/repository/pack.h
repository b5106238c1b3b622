// Packs: sealed blocks, and at the end their directory, so that a lost index is rebuilt from packs.
//
//   <pack>      ::= <header> <wrapped:112 bytes> <block>* <directory> <tail> <digest>
//   <block>     ::= sealed <compressed> of <kind:u8> <plain bytes>; nonce = block number
//   <directory> ::= sealed <count:varint> <entry>* <zero>*; nonce = 2^63.  The zeros pad the pack, unseen
//   <entry>     ::= <id:16 bytes> <kind:u8> <number:varint> <stored:varint> <plain:varint> <dictionary>
//   <dictionary> ::= 0x00 | 0x01 <id:16 bytes>      -- of the block that holds it; format 1 writes 0x00
//   <tail>      ::= sealed <offset:u32> <size:u32> of the directory; nonce = 2^63 + 1
//
// Entries stand in the order of their blocks, which follow each other without gaps.  `stored` counts the sealed bytes,
// `plain` the block without its kind.  Where blocks end and the directory begins cannot be seen without the key.  The
// length of a pack is a multiple of max(4 KiB, 2^(floor(log2 length) - 7)).
//
// The pack's key is derived from the session key and the salt in the header.  Bound into each seal: repository id,
// header, and "block" <number:u64> <id:16 bytes>, "directory" or "tail".  A block's id is the first 16 bytes of
// HMAC-SHA256 over <kind:u8> <plain bytes> under the key of the writer's trust domain; every reader computes it again.
#pragma once

#include <vector>

#include "repository/compressor.h"
#include "repository/sealed.h"

namespace holdfast::repository {

inline constexpr std::size_t k_pack_begin = k_header_bytes + k_wrapped_bytes;
inline constexpr std::size_t k_tail_bytes = 8 + 16;
inline constexpr std::uint32_t k_block_bytes_max = 16u << 20;     // plain; larger values are cut before they come here
inline constexpr std::uint32_t k_blocks_per_pack_max = 1u << 20;  // far below what AES-GCM allows under one key

struct PackEntry {
  BlockId id;
  BlockKind kind = BlockKind::rows;
  std::uint32_t number = 0;
  std::uint32_t offset = 0;
  std::uint32_t stored = 0;
  std::uint32_t plain = 0;
  friend bool operator==(const PackEntry&, const PackEntry&) = default;
};

// All that is needed to open blocks of a pack whose bytes lie in the store.
struct PackRef {
  base::Bytes id;  // 16 bytes
  SnapshotId session;
  std::uint32_t domain = 0;  // trust domain of the writer
  base::Bytes salt;
  base::Secret key;
  std::uint64_t size = 0;
  std::string name() const;
  Header header() const { return Header{ObjectKind::pack, k_epoch, session, salt}; }
};

bool is_block_kind(std::uint8_t kind);
// What is hashed and compressed: the kind, then the plain bytes.
base::Bytes tagged_block(BlockKind kind, base::ByteView plain);
BlockId block_id(const base::Secret& id_key, base::ByteView tagged);

// Appends the sealed block to `out`; `compressed` is of kind byte and plain bytes.
void seal_block(const Identity& identity, const PackRef& pack, std::uint32_t number, const BlockId& id,
                base::ByteView compressed, base::Bytes& out);
// Whether the sealed block gives `tagged` (kind byte and plain bytes) back: the look at every block before its pack is
// sent.
bool reads_back(const Identity& identity, const PackRef& pack, const PackEntry& entry, base::ByteView sealed,
                base::ByteView tagged, Compressor& compressor);
// The plain bytes; throws Error{corruption} naming pack and block.  Sets no trust in anything: seal, sizes, kind and id
// are checked.
base::Bytes open_block(const Identity& identity, const base::Secret& id_key, const PackRef& pack,
                       const PackEntry& entry, base::ByteView sealed, Compressor& compressor);

// A pack being filled.  Not thread-safe.
class PackBuilder {
public:
  // `pack_bytes`: the size that it should not grow beyond.
  PackBuilder(const SessionKey& session, std::uint32_t domain, std::size_t pack_bytes, base::Random& random);
  const PackRef& ref() const noexcept { return ref_; }
  const base::Bytes& bytes() const noexcept { return bytes_; }
  const std::vector<PackEntry>& entries() const noexcept { return entries_; }
  // Gives the block a number; nullopt when the pack would grow too large (it takes at least one block).  May be called
  // while another thread is in append().
  std::optional<std::uint32_t> reserve(std::size_t stored);
  // Returns the entry with its offset.
  PackEntry append(PackEntry entry, base::ByteView sealed);
  // Directory, padding, tail and digest.  ref().size is set; nothing may be added afterwards.
  void finish(const Identity& identity);
  void drop_bytes() noexcept;

private:
  PackRef ref_;
  base::Bytes bytes_;
  std::vector<PackEntry> entries_;
  std::size_t pack_bytes_;
  std::uint32_t reserved_ = 0;
  std::size_t reserved_bytes_ = 0;
};

// Step by step from the store: the head tells salt and session, the tail where the directory lies.
struct PackHead {
  Header header;
  base::Bytes wrapped;
};
PackHead decode_pack_head(base::ByteView object, std::string_view name);
PackRef make_pack_ref(const PackHead& head, base::ByteView id, const base::Secret& session_key, std::uint32_t domain);
struct DirectoryPlace {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};
// `tail`: the k_tail_bytes before the digest.
DirectoryPlace open_pack_tail(const Identity& identity, const PackRef& pack, base::ByteView tail);
std::vector<PackEntry> open_pack_directory(const Identity& identity, const PackRef& pack, const DirectoryPlace& place,
                                           base::ByteView sealed);
// The plain bytes of a directory: for the fuzzer as much as for open_pack_directory().
std::vector<PackEntry> decode_pack_directory(base::ByteView plain, std::uint64_t blocks_end, std::string_view name);

std::uint64_t padded_pack_bytes(std::uint64_t bytes);

}  // namespace holdfast::repository
