#include "repository/keychain.h"

#include "crypto/sign.h"
#include "repository/names.h"
#include "repository_fixture.h"

namespace holdfast::repository {
namespace {

using base::ErrorKind;
using test::error_of;
using test::RepositoryWorld;

constexpr std::string_view k_name = "sessions/x";

struct KeychainWorld : RepositoryWorld {
  Config config = decode_config(backend->get_all(k_config_name));
  KeyRing ring = open_ring(config, test::fresh_repository().master.secret);
  Keychain keys{*backend, config, open_ring(config, test::fresh_repository().master.secret)};
  SnapshotId session = open()->begin_session(std::nullopt)->id();
  SessionKey key = make_session_key(config.identity, session, random);

  base::Bytes sealed(const Signer& signer) {
    return seal_object(ObjectKind::session, config.identity, key, signer, "payload", random);
  }
  base::Bytes sealed() { return sealed({session.writer, ring.writer_secret}); }
  std::optional<ErrorKind> refusal(base::ByteView object, ObjectKind kind = ObjectKind::session) {
    return error_of([&] { keys.open(object, kind, k_name); });
  }
};

base::Bytes with_digest(base::Bytes object) {
  object.resize(object.size() - k_digest_bytes);
  close_object(object);
  return object;
}

TEST(Keychain, opens_what_a_certified_writer_sealed) {
  KeychainWorld world;
  const Keychain::Opened opened = world.keys.open(world.sealed(), ObjectKind::session, k_name);
  EXPECT_EQ(opened.payload, "payload");
  EXPECT_EQ(opened.header.session, world.session);
}

TEST(Keychain, refuses_any_changed_byte_though_the_digest_fits) {
  KeychainWorld world;
  const base::Bytes object = world.sealed();
  for (std::size_t i = 0; i < object.size() - k_digest_bytes; ++i) {
    base::Bytes changed = object;
    changed[i] ^= 1;
    EXPECT_TRUE(world.refusal(with_digest(changed))) << "byte " << i;
  }
  for (const std::size_t size : {std::size_t{0}, k_header_bytes, k_header_bytes + k_wrapped_bytes, object.size() - 1})
    EXPECT_EQ(world.refusal(base::ByteView(object).substr(0, size)), ErrorKind::corruption) << size;
}

TEST(Keychain, refuses_an_object_of_another_kind) {
  KeychainWorld world;
  EXPECT_EQ(world.refusal(world.sealed(), ObjectKind::snapshot), ErrorKind::corruption);
}

TEST(Keychain, refuses_who_is_not_certified) {
  KeychainWorld world;
  const crypto::SignKeys stranger = crypto::make_sign_keys(world.random);
  EXPECT_EQ(world.refusal(world.sealed({world.session.writer, stranger.secret_key})), ErrorKind::corruption);
  world.key = make_session_key(world.config.identity, {world.session.writer + 9, 1}, world.random);
  EXPECT_EQ(world.refusal(world.sealed({world.session.writer + 9, stranger.secret_key})), ErrorKind::corruption);
}

// A writer may sign, but the key that it wraps must be wrapped for the session that the header names.
TEST(Keychain, refuses_the_session_key_of_another_session) {
  KeychainWorld world;
  const SnapshotId later{world.session.writer, world.session.sequence + 1};
  const SessionKey other = make_session_key(world.config.identity, later, world.random);
  world.key.wrapped = other.wrapped;
  EXPECT_EQ(world.refusal(world.sealed()), ErrorKind::corruption);
}

TEST(Keychain, does_not_take_a_kept_session_key_for_another_wrapping) {
  KeychainWorld world;
  EXPECT_EQ(world.keys.session_key(world.session, world.key.wrapped, k_name).reveal(), world.key.key.reveal());
  base::Bytes damaged = world.key.wrapped;
  damaged[50] ^= 1;
  EXPECT_EQ(error_of([&] { world.keys.session_key(world.session, damaged, k_name); }), ErrorKind::corruption);
  EXPECT_EQ(world.keys.session_key(world.session, world.key.wrapped, k_name).reveal(), world.key.key.reveal());
}

TEST(VerifySealed, needs_no_secret) {
  KeychainWorld world;
  WriterDirectory writers(*world.backend, world.config);
  const base::Bytes object = world.sealed();
  const SealedParts parts = verify_sealed(object, ObjectKind::session, world.config.identity, writers, k_name);
  EXPECT_EQ(parts.header.session, world.session);
  EXPECT_EQ(parts.wrapped, world.key.wrapped);
  EXPECT_EQ(parts.signature.size(), crypto::k_signature_bytes);
}

}  // namespace
}  // namespace holdfast::repository
