#include "repository/config.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "crypto/kdf.h"
#include "crypto/sign.h"
#include "crypto/wrap.h"
#include "repository/names.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

constexpr std::size_t k_secret_bytes = 32;
constexpr std::size_t k_sign_secret_bytes = 64;

void encode_features(base::ByteWriter& out, const std::set<std::string>& names) {
  out.varint(names.size());
  for (const std::string& name : names) out.sized(name);
}

std::set<std::string> decode_features(base::ByteReader& in) {
  std::set<std::string> out;
  for (std::size_t left = in.count(); left > 0; --left) out.emplace(in.sized());
  return out;
}

base::Bytes encode_fields(const Config& config) {
  base::ByteWriter out;
  out.raw(config.identity.id);
  out.u32(config.block_bytes);
  out.u32(config.pack_bytes);
  out.raw(config.identity.box_public);
  out.raw(config.identity.admin_public);
  out.u32(config.first_writer);
  out.raw(config.writer_public);
  encode_features(out, config.features.read);
  encode_features(out, config.features.write);
  encode_features(out, config.features.prune);
  return out.take();
}

base::Bytes ring_context(base::ByteView header, base::ByteView fields) {
  base::Bytes out = "holdfast 1 key ring";
  out += header;
  out += fields;
  return out;
}

base::Secret encode_ring(const KeyRing& ring) {
  base::ByteWriter out;
  out.raw(ring.box_secret.reveal());
  out.raw(ring.id_root.reveal());
  out.raw({ring.boundary.bytes.data(), ring.boundary.bytes.size()});
  out.raw(ring.admin_secret.reveal());
  out.raw(ring.writer_secret.reveal());
  return base::Secret(out.take());
}

KeyRing decode_ring(const base::Secret& plain) {
  base::ByteReader in(plain.reveal(), "the key ring in config");
  KeyRing out;
  out.box_secret = base::Secret(base::Bytes(in.raw(k_secret_bytes)));
  out.id_root = base::Secret(base::Bytes(in.raw(k_secret_bytes)));
  const base::ByteView boundary = in.raw(out.boundary.bytes.size());
  std::copy(boundary.begin(), boundary.end(), out.boundary.bytes.begin());
  out.admin_secret = base::Secret(base::Bytes(in.raw(k_sign_secret_bytes)));
  out.writer_secret = base::Secret(base::Bytes(in.raw(k_sign_secret_bytes)));
  in.expect_end();
  return out;
}

// Where the parts of a stored config lie.
struct Parts {
  base::ByteView header;
  base::ByteView fields;
  base::ByteView ring;
};

Config decode_parts(base::ByteView object, Parts& parts) {
  decode_header(object, ObjectKind::config, k_config_name);
  const base::ByteView body = object_body(object, k_config_name);
  base::ByteReader in(body, k_config_name);
  Config out;
  out.identity.id = base::Bytes(in.raw(k_repository_id_bytes));
  out.block_bytes = in.u32();
  out.pack_bytes = in.u32();
  out.identity.box_public = base::Bytes(in.raw(crypto::k_public_bytes));
  out.identity.admin_public = base::Bytes(in.raw(crypto::k_public_bytes));
  out.first_writer = in.u32();
  out.writer_public = base::Bytes(in.raw(crypto::k_public_bytes));
  out.features.read = decode_features(in);
  out.features.write = decode_features(in);
  out.features.prune = decode_features(in);
  parts.header = object.substr(0, k_header_bytes);
  parts.fields = body.substr(0, body.size() - in.left());
  parts.ring = in.sized();
  const base::ByteView covered = object.substr(0, k_header_bytes + body.size() - in.left());
  const base::ByteView signature = in.raw(crypto::k_signature_bytes);
  in.expect_end();
  if (!signature_fits(covered, signature, out.identity, out.identity.admin_public))
    in.fail("its signature does not fit");
  if (out.block_bytes == 0 || out.pack_bytes == 0 || out.pack_bytes > k_pack_bytes_max)
    in.fail("a size lies outside its bounds");
  if (out.first_writer == 0) in.fail("its first writer has the number 0");
  out.stored = base::Bytes(object);
  return out;
}

}  // namespace

NewConfig make_config(const base::Secret& master, std::uint32_t block_bytes, std::uint32_t pack_bytes,
                      const Features& features, base::Random& random) {
  crypto::BoxKeys box = crypto::make_box_keys(random);
  crypto::SignKeys admin = crypto::make_sign_keys(random);
  crypto::SignKeys writer = crypto::make_sign_keys(random);
  NewConfig out;
  out.ring.box_secret = std::move(box.secret_key);
  out.ring.id_root = base::Secret(random.bytes(k_secret_bytes));
  random.fill(out.ring.boundary.bytes);
  out.ring.admin_secret = std::move(admin.secret_key);
  out.ring.writer_secret = std::move(writer.secret_key);
  out.config.identity = {random.bytes(k_repository_id_bytes), box.public_key, admin.public_key};
  out.config.first_writer = draw_writer(random);
  out.config.writer_public = writer.public_key;
  out.config.block_bytes = block_bytes;
  out.config.pack_bytes = pack_bytes;
  out.config.features = features;

  const base::Bytes header = encode_header(make_header(ObjectKind::config, {}, random));
  const base::Bytes fields = encode_fields(out.config);
  const base::Secret ring = encode_ring(out.ring);
  base::ByteWriter object;
  object.raw(header);
  object.raw(fields);
  object.sized(crypto::wrap_under(master, ring_context(header, fields), ring.reveal(), random));
  out.config.stored = object.take();
  append_signature(out.config.stored, out.config.identity, {0, out.ring.admin_secret});
  close_object(out.config.stored);
  return out;
}

std::uint32_t draw_writer(base::Random& random) {
  for (;;) {
    const base::Bytes drawn = random.bytes(sizeof(std::uint32_t));
    const std::uint32_t out = base::ByteReader(drawn, "a drawn number").u32();
    if (out != 0) return out;
  }
}

Config decode_config(base::ByteView object) {
  Parts parts;
  return decode_parts(object, parts);
}

KeyRing open_ring(const Config& config, const base::Secret& master) {
  Parts parts;
  decode_parts(config.stored, parts);
  const auto plain = crypto::unwrap_under(master, ring_context(parts.header, parts.fields), parts.ring);
  if (!plain)
    throw Error(ErrorKind::wrong_key, "the key does not open this repository's config",
                "Check that repository and key belong together.");
  return decode_ring(*plain);
}

void require_features(const std::set<std::string>& needed, std::string_view operation) {
  // Format 1 as first written knows no flag: every one that is set came with a later program.
  if (needed.empty()) return;
  throw Error(ErrorKind::unsupported,
              fmt::format("to {} this repository needs the feature '{}'", operation, *needed.begin()),
              "Use a newer version of holdfast for this repository.");
}

base::Secret domain_id_key(const KeyRing& ring, std::uint32_t domain) {
  base::ByteWriter info;
  info.raw("holdfast 1 block ids ");
  info.u32(domain);
  return crypto::hkdf(ring.id_root.reveal(), {}, info.bytes());
}

}  // namespace holdfast::repository
