#include "repository/sealed.h"

#include <fmt/format.h>

#include "base/error.h"
#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "crypto/sign.h"
#include "crypto/wrap.h"

namespace holdfast::repository {

namespace {

base::Bytes wrap_context(const Identity& identity, const SnapshotId& session) {
  base::ByteWriter out;
  out.raw("holdfast 1 session key");
  out.raw(identity.id);
  out.u32(k_epoch);
  out.u32(session.writer);
  out.u64(session.sequence);
  return out.take();
}

base::Bytes signed_message(base::ByteView covered, const Identity& identity) {
  base::Bytes out = "holdfast 1 signed";
  out += identity.id;
  out += covered;
  return out;
}

}  // namespace

SessionKey make_session_key(const Identity& identity, const SnapshotId& session, base::Random& random) {
  SessionKey out{session, base::Secret(random.bytes(crypto::k_key_bytes)), {}};
  out.wrapped = crypto::wrap_to(identity.box_public, wrap_context(identity, session), out.key, random);
  return out;
}

base::Secret unwrap_session_key(const Identity& identity, const base::Secret& box_secret, const SnapshotId& session,
                                base::ByteView wrapped, std::string_view name) {
  auto key = crypto::unwrap_with(box_secret, wrap_context(identity, session), wrapped);
  if (!key || key->reveal().size() != crypto::k_key_bytes)
    throw base::Error(base::ErrorKind::corruption, fmt::format("{} is damaged: its session key does not unwrap", name));
  return *std::move(key);
}

base::Secret object_key(const base::Secret& session_key, const Header& header) {
  base::Bytes info = "holdfast 1 object key ";
  info.push_back(static_cast<char>(header.kind));
  return crypto::hkdf(session_key.reveal(), header.salt, info);
}

base::Bytes associated_data(const Identity& identity, const Header& header, base::ByteView place) {
  base::Bytes out = identity.id;
  out += encode_header(header);
  out += place;
  return out;
}

void append_signature(base::Bytes& object, const Identity& identity, const Signer& signer) {
  object += crypto::sign(signer.secret_key, signed_message(object, identity));
}

bool signature_fits(base::ByteView covered, base::ByteView signature, const Identity& identity,
                    base::ByteView public_key) {
  return crypto::verify(public_key, signed_message(covered, identity), signature);
}

base::Bytes seal_object(ObjectKind kind, const Identity& identity, const SessionKey& session, const Signer& signer,
                        base::ByteView payload, base::Random& random) {
  const Header header = make_header(kind, session.session, random);
  base::Bytes out = encode_header(header);
  out += session.wrapped;
  crypto::seal(object_key(session.key, header), 0, associated_data(identity, header), payload, out);
  append_signature(out, identity, signer);
  close_object(out);
  return out;
}

}  // namespace holdfast::repository
