#include "repository/object.h"

#include <fmt/format.h>

#include "crypto/hash.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

[[noreturn]] void newer(std::string_view name, std::string_view what) {
  throw Error(ErrorKind::unsupported, fmt::format("{} needs {}, which this program does not know", name, what),
              "Use a newer version of holdfast for this repository.");
}

}  // namespace

Header make_header(ObjectKind kind, const SnapshotId& session, base::Random& random) {
  return Header{kind, k_epoch, session, random.bytes(k_salt_bytes)};
}

base::Bytes encode_header(const Header& header) {
  base::ByteWriter out;
  out.raw(k_magic);
  out.u16(k_format_version);
  out.u8(static_cast<std::uint8_t>(header.kind));
  out.u8(k_suite);
  out.u32(header.epoch);
  out.u32(header.session.writer);
  out.u64(header.session.sequence);
  out.raw(header.salt);
  return out.take();
}

Header decode_header(base::ByteView object, ObjectKind kind, std::string_view name) {
  base::ByteReader in(object.substr(0, k_header_bytes), name);
  if (in.raw(k_magic.size()) != k_magic) in.fail("it does not begin like an object of a repository");
  const std::uint16_t version = in.u16();
  if (version == 0) in.fail("format version 0");
  if (version > k_format_version) newer(name, fmt::format("repository format {}", version));
  Header out;
  const std::uint8_t stored = in.u8();
  if (stored != static_cast<std::uint8_t>(kind)) in.fail(fmt::format("it is an object of kind {}", stored));
  out.kind = kind;
  const std::uint8_t suite = in.u8();
  if (suite != k_suite) newer(name, fmt::format("cipher suite {}", suite));
  out.epoch = in.u32();
  if (out.epoch != k_epoch) newer(name, fmt::format("key epoch {}", out.epoch));
  out.session.writer = in.u32();
  out.session.sequence = in.u64();
  out.salt = base::Bytes(in.raw(k_salt_bytes));
  return out;
}

void close_object(base::Bytes& object) {
  const crypto::Hash256 digest = crypto::sha256(object);
  object.append(digest.data(), digest.size());
}

base::Bytes whole_object(storage::Backend& backend, std::string_view name) {
  base::Bytes out = backend.get(name, {.offset = 0, .length = k_object_bytes_max + 1});
  if (out.size() <= k_object_bytes_max) return out;
  throw Error(ErrorKind::corruption,
              fmt::format("{} is larger than the {} bytes that it can have", name, k_object_bytes_max));
}

base::ByteView object_body(base::ByteView object, std::string_view name) {
  base::ByteReader in(object, name);
  if (object.size() < k_header_bytes + k_digest_bytes) in.fail(fmt::format("{} bytes are too few", object.size()));
  const base::ByteView covered = object.substr(0, object.size() - k_digest_bytes);
  if (crypto::view(crypto::sha256(covered)) != object_digest(object)) in.fail("its SHA-256 does not match");
  return covered.substr(k_header_bytes);
}

base::ByteView object_digest(base::ByteView object) {
  return object.size() < k_digest_bytes ? base::ByteView{} : object.substr(object.size() - k_digest_bytes);
}

bool is_damage(const Error& error) noexcept {
  return error.kind() == ErrorKind::corruption || error.kind() == ErrorKind::not_found ||
         error.kind() == ErrorKind::unsupported;
}

}  // namespace holdfast::repository
