#include "repository/pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "repository/names.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

constexpr crypto::NonceNumber k_directory_nonce = crypto::NonceNumber{1} << 63;
constexpr crypto::NonceNumber k_tail_nonce = k_directory_nonce + 1;
constexpr std::size_t k_entry_bytes_min = 16 + 1 + 1 + 1 + 1 + 1;

base::Bytes block_place(std::uint32_t number, const BlockId& id) {
  base::ByteWriter out;
  out.raw("block");
  out.u64(number);
  out.raw(id.view());
  return out.take();
}

[[noreturn]] void damaged(std::string_view name, std::string_view problem) {
  throw Error(ErrorKind::corruption, fmt::format("{} is damaged: {}", name, problem));
}

void encode_entry(base::ByteWriter& out, const PackEntry& entry) {
  out.raw(entry.id.view());
  out.u8(static_cast<std::uint8_t>(entry.kind));
  out.varint(entry.number);
  out.varint(entry.stored);
  out.varint(entry.plain);
  out.u8(0);
}

std::uint32_t bounded(base::ByteReader& in, std::uint64_t max, std::string_view what) {
  const std::uint64_t value = in.varint();
  if (value > max) in.fail(fmt::format("{} is {}", what, value));
  return static_cast<std::uint32_t>(value);
}

PackEntry decode_entry(base::ByteReader& in) {
  PackEntry out;
  const base::ByteView id = in.raw(out.id.bytes.size());
  std::copy(id.begin(), id.end(), out.id.bytes.begin());
  const std::uint8_t kind = in.u8();
  if (!is_block_kind(kind)) in.fail(fmt::format("unknown kind of block {}", kind));
  out.kind = static_cast<BlockKind>(kind);
  out.number = bounded(in, k_blocks_per_pack_max, "a block number");
  out.stored = bounded(in, k_pack_begin + 2 * std::uint64_t{k_block_bytes_max}, "a stored length");
  out.plain = bounded(in, k_block_bytes_max, "a plain length");
  const std::uint8_t dictionary = in.u8();
  if (dictionary != 0)
    throw Error(ErrorKind::unsupported, "a pack was compressed with a dictionary, which this program does not know",
                "Use a newer version of holdfast for this repository.");
  return out;
}

}  // namespace

std::string PackRef::name() const {
  return pack_name(id);
}

bool is_block_kind(std::uint8_t kind) {
  return kind >= static_cast<std::uint8_t>(BlockKind::rows) && kind <= static_cast<std::uint8_t>(BlockKind::erased);
}

base::Bytes tagged_block(BlockKind kind, base::ByteView plain) {
  base::Bytes out;
  out.reserve(1 + plain.size());
  out.push_back(static_cast<char>(kind));
  out += plain;
  return out;
}

BlockId block_id(const base::Secret& id_key, base::ByteView tagged) {
  const crypto::Hash256 hash = crypto::hmac_sha256(id_key.reveal(), tagged);
  BlockId out;
  std::copy_n(hash.begin(), out.bytes.size(), out.bytes.begin());
  return out;
}

void seal_block(const Identity& identity, const PackRef& pack, std::uint32_t number, const BlockId& id,
                base::ByteView compressed, base::Bytes& out) {
  crypto::seal(pack.key, number, associated_data(identity, pack.header(), block_place(number, id)), compressed, out);
}

bool reads_back(const Identity& identity, const PackRef& pack, const PackEntry& entry, base::ByteView sealed,
                base::ByteView tagged, Compressor& compressor) {
  const auto compressed = crypto::open(
      pack.key, entry.number, associated_data(identity, pack.header(), block_place(entry.number, entry.id)), sealed);
  return compressed && compressor.decompress(*compressed, tagged.size(), "a block that was just compressed") == tagged;
}

base::Bytes open_block(const Identity& identity, const base::Secret& id_key, const PackRef& pack,
                       const PackEntry& entry, base::ByteView sealed, Compressor& compressor) {
  const auto name = [&] { return fmt::format("block {} in {}", base::to_hex(entry.id.view()), pack.name()); };
  const auto compressed = crypto::open(
      pack.key, entry.number, associated_data(identity, pack.header(), block_place(entry.number, entry.id)), sealed);
  if (!compressed) damaged(name(), "its seal does not open");
  if (entry.plain > k_block_bytes_max) damaged(name(), fmt::format("{} bytes are too many", entry.plain));
  base::Bytes tagged = compressor.decompress(*compressed, std::size_t{entry.plain} + 1, name());
  if (static_cast<std::uint8_t>(tagged[0]) != static_cast<std::uint8_t>(entry.kind))
    damaged(name(), "it is of another kind");
  if (block_id(id_key, tagged) != entry.id) damaged(name(), "its content is not what its id says");
  tagged.erase(0, 1);
  return tagged;
}

PackBuilder::PackBuilder(const SessionKey& session, std::uint32_t domain, std::size_t pack_bytes, base::Random& random)
    : pack_bytes_(pack_bytes) {
  const Header header = make_header(ObjectKind::pack, session.session, random);
  ref_.id = random.bytes(16);
  ref_.session = session.session;
  ref_.domain = domain;
  ref_.salt = header.salt;
  ref_.key = object_key(session.key, header);
  bytes_.reserve(pack_bytes + pack_bytes / 64);  // untouched pages cost nothing, growing by doubling would
  bytes_ += encode_header(header);
  bytes_ += session.wrapped;
  reserved_bytes_ = bytes_.size();
}

std::optional<std::uint32_t> PackBuilder::reserve(std::size_t stored) {
  if (reserved_ > 0 && (reserved_bytes_ + stored > pack_bytes_ || reserved_ >= k_blocks_per_pack_max))
    return std::nullopt;
  reserved_bytes_ += stored;
  return reserved_++;
}

PackEntry PackBuilder::append(PackEntry entry, base::ByteView sealed) {
  entry.offset = static_cast<std::uint32_t>(bytes_.size());
  entry.stored = static_cast<std::uint32_t>(sealed.size());
  bytes_ += sealed;
  entries_.push_back(entry);
  return entry;
}

void PackBuilder::finish(const Identity& identity) {
  base::ByteWriter plain;
  plain.varint(entries_.size());
  for (const PackEntry& entry : entries_) encode_entry(plain, entry);
  base::Bytes directory = plain.take();
  const std::uint64_t bare = bytes_.size() + directory.size() + crypto::k_tag_bytes + k_tail_bytes + k_digest_bytes;
  directory.append(static_cast<std::size_t>(padded_pack_bytes(bare) - bare), '\0');

  const Header header = ref_.header();
  base::ByteWriter place;
  place.u32(static_cast<std::uint32_t>(bytes_.size()));
  place.u32(static_cast<std::uint32_t>(directory.size() + crypto::k_tag_bytes));
  crypto::seal(ref_.key, k_directory_nonce, associated_data(identity, header, "directory"), directory, bytes_);
  crypto::seal(ref_.key, k_tail_nonce, associated_data(identity, header, "tail"), place.bytes(), bytes_);
  close_object(bytes_);
  ref_.size = bytes_.size();
}

void PackBuilder::drop_bytes() noexcept {
  base::Bytes().swap(bytes_);
  std::vector<PackEntry>().swap(entries_);
}

PackHead decode_pack_head(base::ByteView object, std::string_view name) {
  PackHead out{decode_header(object, ObjectKind::pack, name), {}};
  base::ByteReader in(object.substr(std::min(object.size(), k_header_bytes)), name);
  out.wrapped = base::Bytes(in.raw(k_wrapped_bytes));
  return out;
}

PackRef make_pack_ref(const PackHead& head, base::ByteView id, const base::Secret& session_key, std::uint32_t domain) {
  PackRef out;
  out.id = base::Bytes(id);
  out.session = head.header.session;
  out.domain = domain;
  out.salt = head.header.salt;
  out.key = object_key(session_key, head.header);
  return out;
}

DirectoryPlace open_pack_tail(const Identity& identity, const PackRef& pack, base::ByteView tail) {
  const auto plain = crypto::open(pack.key, k_tail_nonce, associated_data(identity, pack.header(), "tail"), tail);
  if (!plain) damaged(pack.name(), "the seal of its end does not open");
  const std::string name = pack.name();
  base::ByteReader in(*plain, name);
  DirectoryPlace out;
  out.offset = in.u32();
  out.size = in.u32();
  in.expect_end();
  const std::uint64_t end = std::uint64_t{out.offset} + out.size + k_tail_bytes + k_digest_bytes;
  if (out.offset < k_pack_begin || end != pack.size) damaged(pack.name(), "its directory lies elsewhere");
  return out;
}

std::vector<PackEntry> open_pack_directory(const Identity& identity, const PackRef& pack, const DirectoryPlace& place,
                                           base::ByteView sealed) {
  const auto plain =
      crypto::open(pack.key, k_directory_nonce, associated_data(identity, pack.header(), "directory"), sealed);
  if (!plain) damaged(pack.name(), "the seal of its directory does not open");
  return decode_pack_directory(*plain, place.offset, pack.name());
}

std::vector<PackEntry> decode_pack_directory(base::ByteView plain, std::uint64_t blocks_end, std::string_view name) {
  base::ByteReader in(plain, name);
  std::vector<PackEntry> out(in.count(k_entry_bytes_min));
  std::uint64_t offset = k_pack_begin;
  for (PackEntry& entry : out) {
    entry = decode_entry(in);
    entry.offset = static_cast<std::uint32_t>(offset);
    offset += entry.stored;
    if (offset > blocks_end) in.fail("its blocks reach into its directory");
  }
  if (offset != blocks_end) in.fail("its blocks do not fill the space before its directory");
  for (const char padding : in.raw(in.left()))
    if (padding != 0) in.fail("its padding is not zero");
  return out;
}

std::uint64_t padded_pack_bytes(std::uint64_t bytes) {
  constexpr std::uint64_t unit_min = 4096;
  bytes = std::max<std::uint64_t>(bytes, 1);  // a pack that was cut off to nothing is no whole pack either
  const unsigned log2 = static_cast<unsigned>(std::bit_width(bytes)) - 1;
  const std::uint64_t unit = std::max(unit_min, log2 >= 7 ? std::uint64_t{1} << (log2 - 7) : 0);
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace holdfast::repository
