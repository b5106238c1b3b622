// The envelope that all stored objects share.
//
//   <object> ::= <header> <body> <digest>
//   <header> ::= "HOLDFAST" <version:u16> <kind:u8> <suite:u8> <epoch:u32> <writer:u32> <sequence:u64> <salt:32 bytes>
//   <digest> ::= SHA-256 of everything before it, in the clear, so that a store is checked without a key
//
// Numbers are little-endian.  Writer and sequence name the session that wrote the object; both are zero for config and
// slots.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "repository/repository.h"
#include "storage/backend.h"

namespace holdfast::repository {

inline constexpr std::string_view k_magic = "HOLDFAST";
inline constexpr std::uint16_t k_format_version = 1;
inline constexpr std::uint8_t k_suite = 1;   // AES-256-GCM, HKDF and HMAC with SHA-256, X25519, Ed25519, Argon2id, zstd
inline constexpr std::uint32_t k_epoch = 1;  // of the key that session keys are wrapped to
inline constexpr std::size_t k_salt_bytes = 32;
inline constexpr std::size_t k_header_bytes = 60;
inline constexpr std::size_t k_digest_bytes = 32;
inline constexpr std::uint64_t k_object_bytes_max = std::uint64_t{80}
                                                    << 20;  // packs and index runs have their own bounds

enum class ObjectKind : std::uint8_t {
  config = 1,
  slot = 2,
  writer = 3,
  session = 4,
  pack = 5,
  index = 6,
  snapshot = 7,
  forget = 8,
};

struct Header {
  ObjectKind kind = ObjectKind::config;
  std::uint32_t epoch = k_epoch;
  SnapshotId session;
  base::Bytes salt;  // 32 bytes
  friend bool operator==(const Header&, const Header&) = default;
};

Header make_header(ObjectKind kind, const SnapshotId& session, base::Random& random);
base::Bytes encode_header(const Header& header);
// Throws Error{corruption} naming `name` for anything that is not a header of this kind, Error{unsupported} for a newer
// format, suite or epoch.
Header decode_header(base::ByteView object, ObjectKind kind, std::string_view name);

// A whole object that is no pack and no index run.  Throws Error{corruption} when it is larger than such an object can
// be, before more of it is in memory.
base::Bytes whole_object(storage::Backend& backend, std::string_view name);

// Appends the digest.
void close_object(base::Bytes& object);
// Checks the digest and returns the bytes between header and digest, in `object`.
base::ByteView object_body(base::ByteView object, std::string_view name);
// The digest that ends the object: what `parent_hash` chains.
base::ByteView object_digest(base::ByteView object);

// Whether an error says that an object is lost, damaged or beyond this program, and not that the store fails: then
// other objects may serve, and the walk goes on.
bool is_damage(const base::Error& error) noexcept;

}  // namespace holdfast::repository
