// Wrapping short secrets: to a public key (X25519) or under a symmetric key.  AES-GCM does not commit to its key, so
// both carry a commitment: a wrapped secret opens with one key only.
//   <wrapped to public key> ::= ephemeral_public:32 commitment:32 sealed
//   <wrapped under key>     ::= salt:32 commitment:32 sealed
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/random.h"
#include "base/secret.h"

namespace holdfast::crypto {

struct BoxKeys {
  base::Bytes public_key;   // 32 bytes
  base::Secret secret_key;  // 32 bytes
};
BoxKeys make_box_keys(base::Random& random);

// `context` is bound in: repository, kind, epoch, and whatever else must not be swapped.
base::Bytes wrap_to(base::ByteView public_key, base::ByteView context, const base::Secret& secret,
                    base::Random& random);
std::optional<base::Secret> unwrap_with(const base::Secret& secret_key, base::ByteView context, base::ByteView wrapped);

base::Bytes wrap_under(const base::Secret& key, base::ByteView context, base::ByteView secret, base::Random& random);
std::optional<base::Secret> unwrap_under(const base::Secret& key, base::ByteView context, base::ByteView wrapped);

}  // namespace holdfast::crypto
