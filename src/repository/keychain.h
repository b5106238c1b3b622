// What a reader needs to open objects: certificates, and with the key ring also session keys and the keys of block ids.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "repository/writers.h"

namespace holdfast::repository {

// The parts of a <sealed object> (sealed.h), as views into it.
struct SealedParts {
  Header header;
  base::ByteView wrapped;
  base::ByteView sealed;
  base::ByteView signature;
  base::ByteView covered;  // by the signature
};
// Checks digest and header, nothing else.
SealedParts split_sealed(base::ByteView object, ObjectKind kind, std::string_view name);
// The same, and that a certified writer signed it.  Needs no secret.
SealedParts verify_sealed(base::ByteView object, ObjectKind kind, const Identity& identity, WriterDirectory& writers,
                          std::string_view name);

// Thread-safe.
class Keychain {
public:
  // `backend` and `config` outlive it.
  Keychain(storage::Backend& backend, const Config& config, KeyRing ring);

  const Identity& identity() const noexcept { return config_.identity; }
  const KeyRing& ring() const noexcept { return ring_; }
  WriterDirectory& writers() noexcept { return writers_; }

  // Unwraps once per session; throws Error{corruption} naming `name`.  `wrapped` stands in an object whose signature
  // was checked.
  base::Secret session_key(const SnapshotId& session, base::ByteView wrapped, std::string_view name);
  // The same for packs, which nobody signs: anybody can wrap a key to the repository.  Throws Error{corruption} naming
  // `name` unless an object that the session's writer signed holds the same key.
  base::Secret pack_session_key(const SnapshotId& session, base::ByteView wrapped, std::string_view name);
  base::Secret id_key(std::uint32_t domain);

  struct Opened {
    Header header;
    base::Bytes payload;
  };
  // A <sealed object> with one payload: digest, signature and seal are checked.
  Opened open(base::ByteView object, ObjectKind kind, std::string_view name);

private:
  struct KnownSession {
    base::Bytes wrapped;
    base::Secret key;
  };
  std::optional<base::Secret> known_key(const SnapshotId& session, base::ByteView wrapped);

  storage::Backend& backend_;
  const Config& config_;
  const KeyRing ring_;
  WriterDirectory writers_;
  std::mutex mutex_;
  std::map<SnapshotId, KnownSession> sessions_;  // from signed objects only
  std::map<std::uint32_t, base::Secret> id_keys_;
};

}  // namespace holdfast::repository
