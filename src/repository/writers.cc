#include "repository/writers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "repository/names.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

constexpr std::string_view k_key_prefix = "holdfast-writer-key-1:";
constexpr std::size_t k_check_bytes = 4;

base::Bytes check_of(base::ByteView bytes) {
  return base::Bytes(crypto::view(crypto::sha256(bytes)).substr(0, k_check_bytes));
}

[[noreturn]] void no_writer_key() {
  throw Error(ErrorKind::wrong_key, "this is not the key of a writer",
              "Make one with a repository that is opened by its own key.");
}

}  // namespace

base::Bytes encode_writer(const Writer& writer, base::Instant created, const Identity& identity,
                          const base::Secret& admin_secret, base::Random& random) {
  base::ByteWriter out;
  out.raw(encode_header(make_header(ObjectKind::writer, {writer.id, 0}, random)));
  out.raw(writer.public_key);
  out.u32(writer.domain);
  out.sized(writer.label);
  out.u64(static_cast<std::uint64_t>(created.time_since_epoch().count()));
  base::Bytes object = out.take();
  append_signature(object, identity, {0, admin_secret});
  close_object(object);
  return object;
}

Writer decode_writer(base::ByteView object, std::uint32_t writer, const Identity& identity) {
  const std::string name = writer_name(writer);
  const Header header = decode_header(object, ObjectKind::writer, name);
  const base::ByteView body = object_body(object, name);
  base::ByteReader in(body, name);
  Writer out;
  out.id = header.session.writer;
  out.public_key = base::Bytes(in.raw(crypto::k_public_bytes));
  out.domain = in.u32();
  out.label = in.sized();
  in.u64();
  const base::ByteView covered = object.substr(0, k_header_bytes + body.size() - in.left());
  const base::ByteView signature = in.raw(crypto::k_signature_bytes);
  in.expect_end();
  if (out.id != writer) in.fail(fmt::format("it certifies writer {:08x}", out.id));
  if (!signature_fits(covered, signature, identity, identity.admin_public))
    in.fail("the administrator did not sign it");
  return out;
}

WriterDirectory::WriterDirectory(storage::Backend& backend, const Config& config)
    : backend_(backend), identity_(config.identity) {
  known_[config.first_writer] = Writer{config.first_writer, config.writer_public, k_root_domain, {}};
}

Writer WriterDirectory::get(std::uint32_t writer) {
  const std::lock_guard lock(mutex_);
  if (const auto found = known_.find(writer); found != known_.end()) return found->second;
  const std::string name = writer_name(writer);
  base::Bytes object;
  try {
    object = whole_object(backend_, name);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    throw Error(ErrorKind::corruption, fmt::format("there is no certificate of writer {:08x}", writer));
  }
  return known_[writer] = decode_writer(object, writer, identity_);
}

base::Secret encode_writer_key(const WriterSecrets& secrets) {
  base::ByteWriter out;
  out.raw(secrets.identity.id);
  out.raw(secrets.identity.box_public);
  out.raw(secrets.identity.admin_public);
  out.u32(secrets.signer.writer);
  out.u32(secrets.domain);
  out.raw(secrets.signer.secret_key.reveal());
  out.raw(secrets.id_key.reveal());
  out.raw({secrets.boundary.bytes.data(), secrets.boundary.bytes.size()});
  out.raw(check_of(out.bytes()));
  const base::Secret plain(out.take());
  return base::Secret(std::string(k_key_prefix) + base::to_hex(plain.reveal()));
}

WriterSecrets decode_writer_key(const base::Secret& text) {
  std::string_view hex = text.reveal();
  while (!hex.empty() && (hex.back() == '\n' || hex.back() == '\r' || hex.back() == ' ')) hex.remove_suffix(1);
  if (hex.substr(0, k_key_prefix.size()) != k_key_prefix) no_writer_key();
  try {
    const base::Secret plain(base::from_hex(hex.substr(k_key_prefix.size())));
    base::ByteReader in(plain.reveal(), "the writer's key");
    WriterSecrets out;
    out.identity.id = base::Bytes(in.raw(k_repository_id_bytes));
    out.identity.box_public = base::Bytes(in.raw(crypto::k_public_bytes));
    out.identity.admin_public = base::Bytes(in.raw(crypto::k_public_bytes));
    out.signer.writer = in.u32();
    out.domain = in.u32();
    out.signer.secret_key = base::Secret(base::Bytes(in.raw(64)));
    out.id_key = base::Secret(base::Bytes(in.raw(32)));
    const base::ByteView boundary = in.raw(out.boundary.bytes.size());
    std::copy(boundary.begin(), boundary.end(), out.boundary.bytes.begin());
    const base::ByteView covered = plain.reveal().substr(0, plain.reveal().size() - in.left());
    if (in.raw(k_check_bytes) != check_of(covered)) no_writer_key();
    in.expect_end();
    return out;
  } catch (const Error&) {
    no_writer_key();
  }
}

}  // namespace holdfast::repository
