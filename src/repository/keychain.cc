#include "repository/keychain.h"

#include <fmt/format.h>

#include "base/error.h"
#include "crypto/aead.h"
#include "crypto/sign.h"
#include "repository/names.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

// A session key is 32 bytes, but ten thousand snapshots have ten thousand of them.
constexpr std::size_t k_sessions_max = 4096;

}  // namespace

SealedParts split_sealed(base::ByteView object, ObjectKind kind, std::string_view name) {
  SealedParts out;
  out.header = decode_header(object, kind, name);
  const base::ByteView body = object_body(object, name);
  base::ByteReader in(body, name);
  out.wrapped = in.raw(k_wrapped_bytes);
  if (in.left() < crypto::k_signature_bytes + crypto::k_tag_bytes) in.fail("it is cut short");
  out.sealed = in.raw(in.left() - crypto::k_signature_bytes);
  out.covered = object.substr(0, k_header_bytes + body.size() - in.left());
  out.signature = in.raw(crypto::k_signature_bytes);
  return out;
}

SealedParts verify_sealed(base::ByteView object, ObjectKind kind, const Identity& identity, WriterDirectory& writers,
                          std::string_view name) {
  const SealedParts parts = split_sealed(object, kind, name);
  const Writer writer = writers.get(parts.header.session.writer);
  if (!signature_fits(parts.covered, parts.signature, identity, writer.public_key))
    throw Error(ErrorKind::corruption,
                fmt::format("{} is damaged or forged: writer {:08x} did not sign it", name, writer.id));
  return parts;
}

Keychain::Keychain(storage::Backend& backend, const Config& config, KeyRing ring)
    : backend_(backend), config_(config), ring_(std::move(ring)), writers_(backend, config) {}

std::optional<base::Secret> Keychain::known_key(const SnapshotId& session, base::ByteView wrapped) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(session);
  if (found == sessions_.end() || found->second.wrapped != wrapped) return std::nullopt;
  return found->second.key;
}

base::Secret Keychain::session_key(const SnapshotId& session, base::ByteView wrapped, std::string_view name) {
  if (auto known = known_key(session, wrapped)) return *std::move(known);
  base::Secret key = unwrap_session_key(identity(), ring_.box_secret, session, wrapped, name);
  const std::lock_guard lock(mutex_);
  if (sessions_.size() >= k_sessions_max) sessions_.clear();
  sessions_[session] = {base::Bytes(wrapped), key};
  return key;
}

base::Secret Keychain::pack_session_key(const SnapshotId& session, base::ByteView wrapped, std::string_view name) {
  if (auto known = known_key(session, wrapped)) return *std::move(known);
  const std::pair<ObjectKind, std::string> signed_ones[] = {{ObjectKind::session, session_name(session)},
                                                            {ObjectKind::snapshot, snapshot_name(session)}};
  for (const auto& [kind, signed_name] : signed_ones) {
    try {
      const base::Bytes object = backend_.get_all(signed_name);
      const SealedParts parts = verify_sealed(object, kind, identity(), writers_, signed_name);
      if (parts.header.session == session && parts.wrapped == wrapped) return session_key(session, wrapped, name);
    } catch (const Error& error) {
      if (!is_damage(error)) throw;  // the other one may be whole
    }
  }
  throw Error(ErrorKind::corruption,
              fmt::format("{} is damaged or forged: nothing that writer {:08x} signed holds its session key", name,
                          session.writer));
}

base::Secret Keychain::id_key(std::uint32_t domain) {
  const std::lock_guard lock(mutex_);
  const auto found = id_keys_.find(domain);
  if (found != id_keys_.end()) return found->second;
  return id_keys_[domain] = domain_id_key(ring_, domain);
}

Keychain::Opened Keychain::open(base::ByteView object, ObjectKind kind, std::string_view name) {
  const SealedParts parts = verify_sealed(object, kind, identity(), writers_, name);
  const base::Secret key = object_key(session_key(parts.header.session, parts.wrapped, name), parts.header);
  auto payload = crypto::open(key, 0, associated_data(identity(), parts.header), parts.sealed);
  if (!payload) throw Error(ErrorKind::corruption, fmt::format("{} is damaged: its seal does not open", name));
  return {parts.header, *std::move(payload)};
}

}  // namespace holdfast::repository
