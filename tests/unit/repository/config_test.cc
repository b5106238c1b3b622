#include "repository/config.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/sign.h"
#include "support/fakes.h"

namespace holdfast::repository {
namespace {

const base::Secret k_master{std::string(32, 'm')};

NewConfig made(std::uint64_t seed = 5, const Features& features = {}) {
  test::SeededRandom random(seed);
  return make_config(k_master, 4096, 1u << 20, features, random);
}

// Makes the plain digest fit again: what somebody does who can write to the store.
base::Bytes with_digest(base::Bytes object) {
  object.resize(object.size() - k_digest_bytes);
  close_object(object);
  return object;
}

TEST(RepositoryConfig, comes_back_as_it_was_made) {
  const NewConfig config = made(5, {{"r"}, {"w"}, {"p", "q"}});
  const Config read = decode_config(config.config.stored);
  EXPECT_EQ(read.identity, config.config.identity);
  EXPECT_EQ(read.writer_public, config.config.writer_public);
  EXPECT_EQ(read.block_bytes, 4096u);
  EXPECT_EQ(read.pack_bytes, 1u << 20);
  EXPECT_EQ(read.features.read, std::set<std::string>{"r"});
  EXPECT_EQ(read.features.write, std::set<std::string>{"w"});
  EXPECT_EQ(read.features.prune, (std::set<std::string>{"p", "q"}));
  const KeyRing ring = open_ring(read, k_master);
  EXPECT_EQ(ring.box_secret.reveal(), config.ring.box_secret.reveal());
  EXPECT_EQ(ring.id_root.reveal(), config.ring.id_root.reveal());
  EXPECT_EQ(ring.boundary.bytes, config.ring.boundary.bytes);
  EXPECT_EQ(ring.admin_secret.reveal(), config.ring.admin_secret.reveal());
  EXPECT_EQ(ring.writer_secret.reveal(), config.ring.writer_secret.reveal());
}

TEST(RepositoryConfig, shows_no_secret) {
  const NewConfig config = made();
  for (const base::Secret* secret :
       {&config.ring.box_secret, &config.ring.id_root, &config.ring.admin_secret, &k_master})
    EXPECT_EQ(config.config.stored.find(secret->reveal().substr(0, 16)), base::Bytes::npos);
}

TEST(RepositoryConfig, opens_with_its_master_key_only) {
  const Config config = decode_config(made().config.stored);
  try {
    open_ring(config, base::Secret(std::string(32, 'n')));
    FAIL() << "another key opened the ring";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::wrong_key);
  }
}

TEST(RepositoryConfig, with_any_byte_changed_is_refused_though_its_digest_fits) {
  const base::Bytes stored = made().config.stored;
  for (std::size_t i = 0; i < stored.size() - k_digest_bytes; ++i) {
    base::Bytes changed = stored;
    changed[i] ^= 1;
    EXPECT_THROW(decode_config(with_digest(changed)), base::Error) << "byte " << i;
  }
  EXPECT_THROW(decode_config(stored.substr(0, stored.size() - 1)), base::Error);
  EXPECT_THROW(decode_config(""), base::Error);
}

// Fields of one repository and ring of another, both signed by the same administrator's key.
TEST(RepositoryConfig, whose_fields_were_exchanged_does_not_open) {
  const NewConfig config = made();
  base::Bytes changed = config.config.stored;
  changed[k_header_bytes + k_repository_id_bytes + 1] ^= 1;  // the size of blocks
  changed.resize(changed.size() - k_digest_bytes - crypto::k_signature_bytes);
  append_signature(changed, config.config.identity, {0, config.ring.admin_secret});
  close_object(changed);
  const Config read = decode_config(changed);
  EXPECT_NE(read.block_bytes, config.config.block_bytes);
  EXPECT_THROW(open_ring(read, k_master), base::Error);
}

TEST(RepositoryConfig, with_sizes_that_make_no_sense_is_refused) {
  test::SeededRandom random(6);
  EXPECT_THROW(decode_config(make_config(k_master, 0, 1u << 20, {}, random).config.stored), base::Error);
  EXPECT_THROW(decode_config(make_config(k_master, 4096, 0, {}, random).config.stored), base::Error);
  EXPECT_THROW(decode_config(make_config(k_master, 4096, k_pack_bytes_max + 1, {}, random).config.stored), base::Error);
}

TEST(Features, that_are_not_known_are_named_with_what_they_are_needed_for) {
  EXPECT_NO_THROW(require_features({}, "write"));
  try {
    require_features({"erasure-codes"}, "write");
    FAIL() << "an unknown feature was taken";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unsupported);
    EXPECT_NE(error.message().find("to write"), std::string::npos);
    EXPECT_NE(error.message().find("erasure-codes"), std::string::npos);
  }
}

TEST(TrustDomain, each_has_a_key_of_its_own_in_each_repository) {
  const KeyRing ring = made().ring;
  EXPECT_EQ(domain_id_key(ring, 1).reveal(), domain_id_key(ring, 1).reveal());
  EXPECT_NE(domain_id_key(ring, 1).reveal(), domain_id_key(ring, 2).reveal());
  EXPECT_NE(domain_id_key(ring, 1).reveal(), domain_id_key(made(7).ring, 1).reveal());
}

}  // namespace
}  // namespace holdfast::repository
