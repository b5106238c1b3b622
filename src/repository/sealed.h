// Sealing and signing: what a writing session does to its objects.
//
//   <sealed object> ::= <header> <wrapped:112 bytes> <sealed payload> <signature:64 bytes> <digest>
//   <wrapped>       ::= the session key, wrapped to the repository's public key of the header's epoch (crypto/wrap.h)
//   <signature>     ::= Ed25519 of the writer over "holdfast 1 signed", the repository id and all bytes before it
//
// The wrapped key stands in each object, so that a reader opens any of them without fetching the session object.
#pragma once

#include "base/secret.h"
#include "repository/object.h"

namespace holdfast::repository {

inline constexpr std::size_t k_wrapped_bytes = 112;
inline constexpr std::size_t k_repository_id_bytes = 16;

// What a host pins: who the repository is.
struct Identity {
  base::Bytes id;            // 16 bytes
  base::Bytes box_public;    // X25519, epoch 1: session keys are wrapped to it
  base::Bytes admin_public;  // Ed25519: certifies writers
  friend bool operator==(const Identity&, const Identity&) = default;
};

struct Signer {
  std::uint32_t writer = 0;
  base::Secret secret_key;
};

// Random, drawn by one process for one session; leaves it only wrapped.
struct SessionKey {
  SnapshotId session;
  base::Secret key;
  base::Bytes wrapped;
};
SessionKey make_session_key(const Identity& identity, const SnapshotId& session, base::Random& random);
// Throws Error{corruption} naming `name` when it was not wrapped for this session of this repository.
base::Secret unwrap_session_key(const Identity& identity, const base::Secret& box_secret, const SnapshotId& session,
                                base::ByteView wrapped, std::string_view name);

// The key of one object: no two objects share one, because the salt is drawn anew.
base::Secret object_key(const base::Secret& session_key, const Header& header);
// Bound into every seal: format, repository, kind, session and salt (all in the header), then the place inside the
// object.
base::Bytes associated_data(const Identity& identity, const Header& header, base::ByteView place = {});

void append_signature(base::Bytes& object, const Identity& identity, const Signer& signer);
bool signature_fits(base::ByteView covered, base::ByteView signature, const Identity& identity,
                    base::ByteView public_key);

// A whole <sealed object> with one payload.
base::Bytes seal_object(ObjectKind kind, const Identity& identity, const SessionKey& session, const Signer& signer,
                        base::ByteView payload, base::Random& random);

}  // namespace holdfast::repository
