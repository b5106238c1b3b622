#include "repository/sealed.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/aead.h"
#include "crypto/sign.h"
#include "crypto/wrap.h"
#include "support/fakes.h"

namespace holdfast::repository {
namespace {

struct SealedWorld {
  test::SeededRandom random{8};
  crypto::BoxKeys box = crypto::make_box_keys(random);
  crypto::SignKeys sign = crypto::make_sign_keys(random);
  Identity identity{random.bytes(k_repository_id_bytes), box.public_key, base::Bytes(32, 'a')};
  Signer signer{1, sign.secret_key};
};

TEST(SessionKey, unwraps_for_its_session_of_its_repository_only) {
  SealedWorld world;
  const SessionKey key = make_session_key(world.identity, {1, 7}, world.random);
  EXPECT_EQ(key.wrapped.size(), k_wrapped_bytes);
  EXPECT_EQ(unwrap_session_key(world.identity, world.box.secret_key, {1, 7}, key.wrapped, "x").reveal(),
            key.key.reveal());
  Identity other = world.identity;
  other.id[0] ^= 1;
  base::Bytes flipped = key.wrapped;
  flipped[40] ^= 1;
  const base::Secret stranger = crypto::make_box_keys(world.random).secret_key;
  const auto unwrap = [&](const Identity& identity, const base::Secret& secret, const SnapshotId& session,
                          base::ByteView wrapped) {
    return unwrap_session_key(identity, secret, session, wrapped, "x");
  };
  EXPECT_THROW(unwrap(other, world.box.secret_key, {1, 7}, key.wrapped), base::Error);
  EXPECT_THROW(unwrap(world.identity, stranger, {1, 7}, key.wrapped), base::Error);
  EXPECT_THROW(unwrap(world.identity, world.box.secret_key, {1, 8}, key.wrapped), base::Error);
  EXPECT_THROW(unwrap(world.identity, world.box.secret_key, {2, 7}, key.wrapped), base::Error);
  EXPECT_THROW(unwrap(world.identity, world.box.secret_key, {1, 7}, flipped), base::Error);
  EXPECT_THROW(unwrap(world.identity, world.box.secret_key, {1, 7}, ""), base::Error);
}

TEST(ObjectKey, is_another_one_for_each_salt_and_kind) {
  SealedWorld world;
  const base::Secret key(world.random.bytes(32));
  const Header header = make_header(ObjectKind::snapshot, {1, 7}, world.random);
  Header other_salt = header;
  other_salt.salt[31] ^= 1;
  Header other_kind = header;
  other_kind.kind = ObjectKind::session;
  EXPECT_EQ(object_key(key, header).reveal(), object_key(key, header).reveal());
  EXPECT_NE(object_key(key, header).reveal(), object_key(key, other_salt).reveal());
  EXPECT_NE(object_key(key, header).reveal(), object_key(key, other_kind).reveal());
}

TEST(Signature, fits_these_bytes_of_this_repository_by_this_writer_only) {
  SealedWorld world;
  base::Bytes object = "covered";
  append_signature(object, world.identity, world.signer);
  const base::Bytes signature = object.substr(7);
  ASSERT_EQ(signature.size(), crypto::k_signature_bytes);
  EXPECT_TRUE(signature_fits("covered", signature, world.identity, world.sign.public_key));
  Identity other = world.identity;
  other.id[5] ^= 1;
  EXPECT_FALSE(signature_fits("covered", signature, other, world.sign.public_key));
  EXPECT_FALSE(signature_fits("Covered", signature, world.identity, world.sign.public_key));
  EXPECT_FALSE(signature_fits("covered", signature.substr(1), world.identity, world.sign.public_key));
  EXPECT_FALSE(signature_fits("covered", signature, world.identity, world.box.public_key));
}

TEST(SealedObject, never_shows_its_payload_and_never_looks_the_same_twice) {
  SealedWorld world;
  const SessionKey session = make_session_key(world.identity, {1, 7}, world.random);
  const base::Bytes payload(100, 'p');
  const auto seal = [&] {
    return seal_object(ObjectKind::session, world.identity, session, world.signer, payload, world.random);
  };
  const base::Bytes one = seal();
  EXPECT_NE(one, seal());
  EXPECT_EQ(one.find("pppp"), base::Bytes::npos);
  EXPECT_EQ(one.size(), k_header_bytes + k_wrapped_bytes + payload.size() + crypto::k_tag_bytes +
                            crypto::k_signature_bytes + k_digest_bytes);
}

}  // namespace
}  // namespace holdfast::repository
