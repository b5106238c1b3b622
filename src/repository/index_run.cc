#include "repository/index_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "base/error.h"
#include "crypto/aead.h"
#include "crypto/sign.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

constexpr std::size_t k_entries_per_page = (k_run_page_bytes - crypto::k_tag_bytes) / k_run_entry_bytes;
constexpr std::size_t k_root_at = k_header_bytes + k_wrapped_bytes + 4;
constexpr std::size_t k_pages_kept = 256;  // 16 MiB of pages of one run
constexpr std::size_t k_pack_row_bytes = 16 + 4 + 8 + 4 + 32 + 32 + 8;

[[noreturn]] void damaged(std::string_view name, std::string_view problem) {
  throw Error(ErrorKind::corruption, fmt::format("{} is damaged: {}", name, problem));
}

[[noreturn]] void needs_dictionary(std::string_view name) {
  throw Error(ErrorKind::unsupported,
              fmt::format("{} lists a block with a dictionary, which this program does not know", name),
              "Use a newer version of holdfast for this repository.");
}

base::Bytes root_place(std::uint32_t number) {
  base::ByteWriter out;
  out.raw("root");
  out.u32(number);
  return out.take();
}

base::Bytes encode_root(const RunContent& content) {
  base::ByteWriter out;
  out.varint(content.superseded.size());
  for (const RunName& run : content.superseded) {
    out.u32(run.session.writer);
    out.u64(run.session.sequence);
    out.u32(run.number);
  }
  out.varint(content.packs.size());
  for (const PackRef& pack : content.packs) {
    out.raw(pack.id);
    out.u32(pack.session.writer);
    out.u64(pack.session.sequence);
    out.u32(pack.domain);
    out.raw(pack.salt);
    out.raw(pack.key.reveal());
    out.u64(pack.size);
  }
  const std::size_t pages = (content.entries.size() + k_entries_per_page - 1) / k_entries_per_page;
  out.varint(pages);
  for (std::size_t i = 0; i < pages; ++i) {
    const std::size_t first = i * k_entries_per_page;
    out.raw(content.entries[first].block.id.view());
    out.u32(static_cast<std::uint32_t>(std::min(k_entries_per_page, content.entries.size() - first)));
  }
  return out.take();
}

void encode_entry(base::ByteWriter& out, const IndexEntry& entry) {
  out.raw(entry.block.id.view());
  out.u32(entry.pack);
  out.u32(entry.block.number);
  out.u32(entry.block.offset);
  out.u32(entry.block.stored);
  out.u32(entry.block.plain);
  out.u8(static_cast<std::uint8_t>(entry.block.kind));
  out.u8(0);
}

// Bytes compare unsigned: std::array<char> would not.
bool precedes(const BlockId& a, const BlockId& b) {
  return a.view() < b.view();
}

// Which of two packs to take a block from that both hold: the grounds stand at merge_runs().
bool preferred(const PackRef& a, const PackRef& b) {
  const auto rank = [](const PackRef& pack) {
    return std::tuple(pack.domain == k_root_domain, pack.session.sequence, pack.session.writer,
                      base::ByteView(pack.id));
  };
  return rank(a) > rank(b);
}

BlockId read_id(base::ByteReader& in) {
  BlockId out;
  const base::ByteView id = in.raw(out.bytes.size());
  std::copy(id.begin(), id.end(), out.bytes.begin());
  return out;
}

PackRef decode_pack_row(base::ByteReader& in) {
  PackRef out;
  out.id = base::Bytes(in.raw(16));
  out.session.writer = in.u32();
  out.session.sequence = in.u64();
  out.domain = in.u32();
  out.salt = base::Bytes(in.raw(k_salt_bytes));
  out.key = base::Secret(base::Bytes(in.raw(crypto::k_key_bytes)));
  out.size = in.u64();
  return out;
}

}  // namespace

base::Bytes encode_run(const RunContent& content, std::uint32_t number, const Identity& identity,
                       const SessionKey& session, const Signer& signer, base::Random& random) {
  const Header header = make_header(ObjectKind::index, session.session, random);
  const base::Secret key = object_key(session.key, header);
  const base::Bytes root = encode_root(content);
  base::ByteWriter head;
  head.raw(encode_header(header));
  head.raw(session.wrapped);
  head.u32(static_cast<std::uint32_t>(root.size() + crypto::k_tag_bytes));
  base::Bytes out = head.take();
  crypto::seal(key, 0, associated_data(identity, header, root_place(number)), root, out);
  append_signature(out, identity, signer);
  crypto::NonceNumber nonce = 1;
  for (std::size_t first = 0; first < content.entries.size(); first += k_entries_per_page, ++nonce) {
    base::ByteWriter page;
    const std::size_t end = std::min(first + k_entries_per_page, content.entries.size());
    for (std::size_t i = first; i < end; ++i) encode_entry(page, content.entries[i]);
    crypto::seal(key, nonce, associated_data(identity, header, "page"), page.bytes(), out);
  }
  close_object(out);
  return out;
}

RunContent merge_runs(std::vector<RunContent> runs) {
  RunContent out;
  std::unordered_map<std::string, std::uint32_t> pack_numbers;
  for (RunContent& run : runs) {
    std::vector<std::optional<std::uint32_t>> renumbered(run.packs.size());
    for (IndexEntry& entry : run.entries) {
      auto& number = renumbered[entry.pack];
      if (!number) {
        const PackRef& pack = run.packs[entry.pack];
        const auto [known, fresh] = pack_numbers.emplace(pack.id, static_cast<std::uint32_t>(out.packs.size()));
        if (fresh) out.packs.push_back(pack);
        number = known->second;
      }
      entry.pack = *number;
      out.entries.push_back(entry);
    }
    run.entries = {};
  }
  const auto by_id_then_preference = [&](const IndexEntry& a, const IndexEntry& b) {
    if (a.block.id != b.block.id) return precedes(a.block.id, b.block.id);
    return a.pack != b.pack && preferred(out.packs[a.pack], out.packs[b.pack]);
  };
  std::stable_sort(out.entries.begin(), out.entries.end(), by_id_then_preference);
  const auto same_id = [](const IndexEntry& a, const IndexEntry& b) { return a.block.id == b.block.id; };
  out.entries.erase(std::unique(out.entries.begin(), out.entries.end(), same_id), out.entries.end());
  return out;
}

RunRoot decode_run_root(base::ByteView plain, std::string_view name) {
  base::ByteReader in(plain, name);
  RunRoot out;
  out.superseded.resize(in.count(16));
  for (RunName& run : out.superseded) {
    run.session.writer = in.u32();
    run.session.sequence = in.u64();
    run.number = in.u32();
  }
  out.packs.resize(in.count(k_pack_row_bytes));
  for (PackRef& pack : out.packs) pack = decode_pack_row(in);
  out.fences.resize(in.count(20));
  for (RunFence& fence : out.fences) {
    fence.first = read_id(in);
    fence.entries = in.u32();
    if (fence.entries == 0 || fence.entries > k_entries_per_page)
      in.fail(fmt::format("a page of {} entries", fence.entries));
  }
  in.expect_end();
  return out;
}

void check_run_page(base::ByteView plain, std::uint32_t entries, std::size_t packs, std::string_view name) {
  base::ByteReader in(plain, name);
  BlockId last;
  for (std::uint32_t i = 0; i < entries; ++i) {
    const BlockId id = read_id(in);
    if (i > 0 && !precedes(last, id)) in.fail("its entries are not in order");
    if (in.u32() >= packs) in.fail("an entry names a pack that is not listed");
    in.raw(16);
    if (!is_block_kind(in.u8())) in.fail("an entry is of an unknown kind");
    if (in.u8() != 0) needs_dictionary(name);
    last = id;
  }
  in.expect_end();
}

IndexRun::IndexRun(storage::Backend& backend, Keychain& keys, const RunName& name)
    : backend_(backend), keys_(keys), name_(name), object_name_(name.name()) {}

std::shared_ptr<IndexRun> IndexRun::open(storage::Backend& backend, Keychain& keys, const RunName& name) {
  const std::shared_ptr<IndexRun> out(new IndexRun(backend, keys, name));
  base::Bytes object = backend.get(out->object_name_, {0, k_run_first_read});
  const Extent extent = object.size() < k_run_first_read ? Extent::whole : Extent::beginning;
  if (extent == Extent::whole) {
    object_body(object, out->object_name_);
  } else {
    base::ByteReader size(base::ByteView(object).substr(k_root_at - 4), out->object_name_);
    const std::uint64_t head = std::uint64_t{size.u32()} + k_root_at + crypto::k_signature_bytes;
    // A root beyond the first read: thousands of packs.  Its size was not proven yet; the store cannot give more than
    // it has.
    if (head > object.size()) object += backend.get(out->object_name_, {object.size(), head - object.size()});
  }
  out->read_root(object, extent);
  return out;
}

// A writer of the repository's own domain merges the runs of all others, and holds every key anyway.  Any other lists
// packs of its own sessions, under the domain that its certificate gives it: what it lists under another name or domain
// would be taken for a block of that writer.
void IndexRun::expect_listable(const PackRef& pack, const Writer& signer) const {
  const bool own = pack.session.writer == signer.id;
  if (own ? pack.domain == signer.domain : signer.domain == k_root_domain) return;
  damaged(object_name_, fmt::format("writer {:08x} of trust domain {:08x} may not list {} of writer {:08x} in {:08x}",
                                    signer.id, signer.domain, pack.name(), pack.session.writer, pack.domain));
}

void IndexRun::read_root(base::ByteView object, Extent extent) {
  header_ = decode_header(object, ObjectKind::index, object_name_);
  if (header_.session != name_.session)
    damaged(object_name_, fmt::format("it belongs to session {}", header_.session.name()));
  base::ByteReader in(object.substr(k_header_bytes), object_name_);
  const base::ByteView wrapped = in.raw(k_wrapped_bytes);
  const base::ByteView sealed = in.raw(in.u32());
  const base::ByteView covered = object.substr(0, object.size() - in.left());
  const base::ByteView signature = in.raw(crypto::k_signature_bytes);
  const Writer writer = keys_.writers().get(header_.session.writer);
  if (!signature_fits(covered, signature, keys_.identity(), writer.public_key))
    damaged(object_name_, fmt::format("writer {:08x} did not sign it", writer.id));
  key_ = object_key(keys_.session_key(header_.session, wrapped, object_name_), header_);
  const auto plain =
      crypto::open(key_, 0, associated_data(keys_.identity(), header_, root_place(name_.number)), sealed);
  if (!plain) damaged(object_name_, "the seal of its root does not open");
  root_ = decode_run_root(*plain, object_name_);
  for (const PackRef& pack : root_.packs) expect_listable(pack, writer);

  std::uint64_t offset = object.size() - in.left();
  for (const RunFence& fence : root_.fences) {
    page_offsets_.push_back(offset);
    offset += std::uint64_t{fence.entries} * k_run_entry_bytes + crypto::k_tag_bytes;
    entries_ += fence.entries;
  }
  page_offsets_.push_back(offset);
  if (extent == Extent::beginning) return;
  if (offset + k_digest_bytes != object.size()) damaged(object_name_, "its pages do not fill it");
  for (std::size_t i = 0; i < root_.fences.size(); ++i) {
    const std::uint64_t begin = page_offsets_[i];
    pages_[i] = std::make_shared<const base::Bytes>(open_page(i, object.substr(begin, page_offsets_[i + 1] - begin)));
  }
}

base::Bytes IndexRun::open_page(std::size_t number, base::ByteView sealed) const {
  auto plain = crypto::open(key_, 1 + number, associated_data(keys_.identity(), header_, "page"), sealed);
  if (!plain) damaged(object_name_, fmt::format("the seal of page {} does not open", number));
  check_run_page(*plain, root_.fences[number].entries, root_.packs.size(), object_name_);
  return *std::move(plain);
}

std::shared_ptr<const base::Bytes> IndexRun::page(std::size_t number) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = pages_.find(number); found != pages_.end()) return found->second;
  }
  const std::uint64_t begin = page_offsets_[number];
  const base::Bytes sealed = backend_.get(object_name_, {begin, page_offsets_[number + 1] - begin});
  auto out = std::make_shared<const base::Bytes>(open_page(number, sealed));
  const std::lock_guard lock(mutex_);
  if (pages_.size() >= k_pages_kept) pages_.erase(pages_.begin());
  pages_[number] = out;
  return out;
}

Place IndexRun::place(base::ByteView page, std::size_t entry) const {
  base::ByteReader in(page.substr(entry * k_run_entry_bytes, k_run_entry_bytes), object_name_);
  Place out;
  out.block.id = read_id(in);
  out.pack = &root_.packs[in.u32()];
  out.block.number = in.u32();
  out.block.offset = in.u32();
  out.block.stored = in.u32();
  out.block.plain = in.u32();
  out.block.kind = static_cast<BlockKind>(in.u8());
  return out;
}

std::optional<Place> IndexRun::find(const BlockId& id) {
  const auto after =
      std::upper_bound(root_.fences.begin(), root_.fences.end(), id,
                       [](const BlockId& wanted, const RunFence& fence) { return precedes(wanted, fence.first); });
  if (after == root_.fences.begin()) return std::nullopt;
  const auto number = static_cast<std::size_t>(after - root_.fences.begin()) - 1;
  const auto bytes = page(number);
  std::size_t low = 0;
  std::size_t high = root_.fences[number].entries;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const base::ByteView at(bytes->data() + middle * k_run_entry_bytes, id.bytes.size());
    if (at < id.view())
      low = middle + 1;
    else
      high = middle;
  }
  if (low == root_.fences[number].entries) return std::nullopt;
  const Place found = place(*bytes, low);
  if (found.block.id != id) return std::nullopt;
  return found;
}

void IndexRun::for_each(const std::function<void(const Place&)>& visit) {
  for (std::size_t number = 0; number < root_.fences.size(); ++number) {
    const auto bytes = page(number);
    for (std::size_t i = 0; i < root_.fences[number].entries; ++i) visit(place(*bytes, i));
  }
}

RunContent IndexRun::content() {
  RunContent out;
  out.superseded = root_.superseded;
  out.packs = root_.packs;
  for_each([&](const Place& found) {
    out.entries.push_back({found.block, static_cast<std::uint32_t>(found.pack - root_.packs.data())});
  });
  return out;
}

void IndexRun::verify() {
  const base::Bytes object = backend_.get_all(object_name_);
  object_body(object, object_name_);
  if (object.size() != page_offsets_.back() + k_digest_bytes) damaged(object_name_, "its pages do not fill it");
  for (std::size_t i = 0; i < root_.fences.size(); ++i) {
    const std::uint64_t begin = page_offsets_[i];
    open_page(i, base::ByteView(object).substr(begin, page_offsets_[i + 1] - begin));
  }
}

}  // namespace holdfast::repository
