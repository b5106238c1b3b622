// What a host keeps beside a repository, sealed.
//
//   <local> ::= "HOLDFAST LOCAL 1" <salt:32 bytes> <plain size:u32> <sealed>
//   <sealed> ::= <compressed> (compressor.h) under a key of its own, which is derived from the key ring and the salt;
//                bound into the seal: the repository, all bytes before it, the name
#include <fmt/format.h>

#include "base/error.h"
#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "repository/repository_impl.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

constexpr std::string_view k_local_magic = "HOLDFAST LOCAL 1";
constexpr std::uint32_t k_local_bytes_max = 1U << 30U;

base::Secret local_key(const KeyRing& ring, base::ByteView salt) {
  return crypto::hkdf(ring.id_root.reveal(), salt, "holdfast 1 local");
}

base::Bytes bound(const Config& config, base::ByteView head, std::string_view name) {
  base::ByteWriter out;
  out.raw("holdfast 1 local");
  out.raw(config.identity.id);
  out.raw(head);
  out.raw(name);
  return out.take();
}

}  // namespace

base::Bytes Repository::seal_local(std::string_view name, base::ByteView plain) {
  if (plain.size() > k_local_bytes_max)
    throw Error(ErrorKind::internal, fmt::format("{} would be larger than it may be", name));
  const base::Bytes salt = impl_->environment.random->bytes(k_salt_bytes);
  base::ByteWriter head;
  head.raw(k_local_magic);
  head.raw(salt);
  head.u32(static_cast<std::uint32_t>(plain.size()));
  base::Bytes out = head.take();
  const base::Bytes associated = bound(impl_->config, out, name);
  crypto::seal(local_key(impl_->keys.ring(), salt), 0, associated, impl_->compressor.compress(plain), out);
  return out;
}

base::Bytes Repository::open_local(std::string_view name, base::ByteView sealed) {
  base::ByteReader in(sealed, name);
  if (in.raw(k_local_magic.size()) != k_local_magic) in.fail("it is nothing that this program keeps");
  const base::ByteView salt = in.raw(k_salt_bytes);
  const std::uint32_t plain_bytes = in.u32();
  const base::ByteView head = sealed.substr(0, sealed.size() - in.left());
  const auto compressed = crypto::open(local_key(impl_->keys.ring(), salt), 0, bound(impl_->config, head, name),
                                       sealed.substr(head.size()));
  if (!compressed || plain_bytes > k_local_bytes_max) in.fail("its seal does not fit");
  return impl_->compressor.decompress(*compressed, plain_bytes, name);
}

}  // namespace holdfast::repository
