#include "repository/pack.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "crypto/wrap.h"
#include "support/fakes.h"

namespace holdfast::repository {
namespace {

struct PackWorld {
  explicit PackWorld(std::size_t pack_bytes = 1u << 16)
      : random(3),
        box(crypto::make_box_keys(random)),
        identity{random.bytes(16), box.public_key, random.bytes(32)},
        session(make_session_key(identity, {1, 5}, random)),
        id_key(random.bytes(32)),
        builder(session, 0, pack_bytes, random) {}

  std::optional<PackEntry> add(base::ByteView plain) {
    const base::Bytes tagged = tagged_block(BlockKind::rows, plain);
    const base::Bytes compressed = compressor.compress(tagged);
    const auto number = builder.reserve(compressed.size() + 16);
    if (!number) return std::nullopt;
    PackEntry entry{block_id(id_key, tagged), BlockKind::rows, *number, 0, 0, static_cast<std::uint32_t>(plain.size())};
    base::Bytes sealed;
    seal_block(identity, builder.ref(), *number, entry.id, compressed, sealed);
    EXPECT_TRUE(reads_back(identity, builder.ref(), entry, sealed, tagged, compressor));
    return builder.append(entry, sealed);
  }
  base::Bytes open(const PackEntry& entry, base::ByteView from) {
    return open_block(identity, id_key, builder.ref(), entry, from.substr(entry.offset, entry.stored), compressor);
  }

  test::SeededRandom random;
  crypto::BoxKeys box;
  Identity identity;
  SessionKey session;
  base::Secret id_key;
  Compressor compressor;
  PackBuilder builder;
};

TEST(PackBuilder, gives_blocks_and_directory_back) {
  PackWorld world;
  std::map<std::string, PackEntry> entries;
  for (int i = 0; i < 20; ++i) {
    const std::string plain =
        i % 2 == 0 ? std::string(static_cast<std::size_t>(i * 100), 'a') : world.random.bytes(300);
    entries[plain] = *world.add(plain);
  }
  world.builder.finish(world.identity);
  const base::Bytes pack = world.builder.bytes();
  for (const auto& [plain, entry] : entries) EXPECT_EQ(world.open(entry, pack), plain);
  EXPECT_EQ(pack.size() % 4096, 0u);
  EXPECT_EQ(object_body(pack, "pack").size(), pack.size() - k_header_bytes - k_digest_bytes);

  const PackHead head = decode_pack_head(pack, "pack");
  const base::Secret key =
      unwrap_session_key(world.identity, world.box.secret_key, head.header.session, head.wrapped, "pack");
  PackRef ref = make_pack_ref(head, world.builder.ref().id, key, 0);
  ref.size = pack.size();
  const DirectoryPlace place = open_pack_tail(
      world.identity, ref, base::ByteView(pack).substr(pack.size() - k_digest_bytes - k_tail_bytes, k_tail_bytes));
  const auto listed =
      open_pack_directory(world.identity, ref, place, base::ByteView(pack).substr(place.offset, place.size));
  EXPECT_EQ(listed, world.builder.entries());
}

TEST(PackBuilder, closes_before_it_grows_too_large_but_takes_one_block_of_any_size) {
  PackWorld world(2000);
  EXPECT_TRUE(world.add(world.random.bytes(5000)));
  EXPECT_FALSE(world.add("small"));
}

TEST(Pack, a_block_moved_to_another_place_does_not_open) {
  PackWorld world;
  const PackEntry a = *world.add(world.random.bytes(200));
  const PackEntry b = *world.add(world.random.bytes(200));
  const base::Bytes pack = world.builder.bytes();
  PackEntry swapped = a;
  swapped.offset = b.offset;
  EXPECT_THROW(world.open(swapped, pack), base::Error);
  PackEntry renumbered = a;
  renumbered.number = b.number;
  EXPECT_THROW(world.open(renumbered, pack), base::Error);
  PackEntry other_id = a;
  other_id.id = b.id;
  EXPECT_THROW(world.open(other_id, pack), base::Error);
}

TEST(Pack, a_block_whose_content_is_not_what_its_id_says_is_refused) {
  PackWorld world;
  const base::Bytes compressed = world.compressor.compress(tagged_block(BlockKind::rows, "other bytes"));
  PackEntry entry{block_id(world.id_key, tagged_block(BlockKind::rows, "claimed")),
                  BlockKind::rows,
                  *world.builder.reserve(100),
                  0,
                  0,
                  11};
  base::Bytes sealed;
  seal_block(world.identity, world.builder.ref(), entry.number, entry.id, compressed, sealed);
  entry = world.builder.append(entry, sealed);
  EXPECT_THROW(world.open(entry, world.builder.bytes()), base::Error);
}

TEST(Pack, its_size_says_little) {
  EXPECT_EQ(padded_pack_bytes(0), 4096u);
  EXPECT_EQ(padded_pack_bytes(1), 4096u);
  EXPECT_EQ(padded_pack_bytes(4097), 8192u);
  EXPECT_EQ(padded_pack_bytes((16u << 20) + 1), (16u << 20) + (128u << 10));
  for (std::uint64_t size = 1; size < (64u << 20); size = size * 5 / 3 + 1) {
    const std::uint64_t padded = padded_pack_bytes(size);
    EXPECT_GE(padded, size);
    EXPECT_LE(padded, size + std::max<std::uint64_t>(4096, size / 64));
    EXPECT_EQ(padded_pack_bytes(padded), padded) << "a whole pack has a length that packs may have";
  }
}

RC_GTEST_PROP(PackDirectory, any_bytes_are_refused_or_fit_the_pack, (const std::string& bytes)) {
  try {
    const auto entries = decode_pack_directory(bytes, k_pack_begin + 100, "pack");
    std::uint64_t end = k_pack_begin;
    for (const PackEntry& entry : entries) end += entry.stored;
    RC_ASSERT(end == k_pack_begin + 100);
  } catch (const base::Error& error) {
    RC_ASSERT(error.kind() == base::ErrorKind::corruption || error.kind() == base::ErrorKind::unsupported);
  }
}

}  // namespace
}  // namespace holdfast::repository
