#include "repository/key_slot.h"

#include <fmt/format.h>

#include "base/error.h"
#include "crypto/kdf.h"
#include "crypto/wrap.h"
#include "repository/names.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

constexpr std::size_t k_slot_id_bytes = 8;
constexpr std::size_t k_label_bytes_max = 256;

bool is_kind(std::string_view kind) {
  return kind == "passphrase" || kind == "file" || kind == "command";
}

bool is_affordable(const KdfCost& cost) {
  return cost.passes >= crypto::k_argon_passes_min && cost.passes <= crypto::k_argon_passes_max &&
         cost.memory_bytes >= crypto::k_argon_memory_min && cost.memory_bytes <= crypto::k_argon_memory_max;
}

base::Bytes slot_context(std::string_view slot_id, base::ByteView bound) {
  base::ByteWriter out;
  out.raw("holdfast 1 slot");
  out.sized(slot_id);
  out.raw(bound);
  return out.take();
}

}  // namespace

StoredSlot make_slot(base::ByteView repository_id, const NewSlot& wanted, const base::Secret& master,
                     const KeyMaterial& key, base::Random& random) {
  if (!is_kind(wanted.kind))
    throw Error(ErrorKind::usage, fmt::format("a key is of kind passphrase, file or command, not '{}'", wanted.kind));
  if (key.secret.empty())
    throw Error(ErrorKind::usage, "the key is empty", "Give a passphrase or a key file that is not empty.");
  if (!is_affordable(wanted.cost))
    throw Error(ErrorKind::usage, "the cost of the key derivation lies outside its bounds");
  if (wanted.label.size() > k_label_bytes_max)
    throw Error(ErrorKind::usage, "the label of a key is longer than 256 bytes");
  StoredSlot out;
  out.info = {base::to_hex(random.bytes(k_slot_id_bytes)), wanted.kind, wanted.label, wanted.created, false};
  const base::Bytes kdf_salt = random.bytes(crypto::k_argon_salt_bytes);
  base::ByteWriter object;
  object.raw(encode_header(make_header(ObjectKind::slot, {}, random)));
  object.raw(repository_id);
  object.sized(wanted.kind);
  object.sized(wanted.label);
  object.u64(static_cast<std::uint64_t>(wanted.created.time_since_epoch().count()));
  object.u32(wanted.cost.passes);
  object.u64(wanted.cost.memory_bytes);
  object.raw(kdf_salt);
  const base::Secret derived = crypto::argon2id(key.secret, kdf_salt, wanted.cost.passes, wanted.cost.memory_bytes);
  const base::Bytes context = slot_context(out.info.id, object.bytes());
  object.sized(crypto::wrap_under(derived, context, master.reveal(), random));
  out.object = object.take();
  close_object(out.object);
  return out;
}

Slot decode_slot(base::ByteView object, std::string_view slot_id) {
  const std::string name = slot_name(slot_id);
  decode_header(object, ObjectKind::slot, name);
  const base::ByteView body = object_body(object, name);
  base::ByteReader in(body, name);
  Slot out;
  out.info.id = slot_id;
  out.repository_id = base::Bytes(in.raw(k_repository_id_bytes));
  out.info.kind = in.sized();
  out.info.label = in.sized();
  out.info.created = base::Instant(base::Duration(static_cast<std::int64_t>(in.u64())));
  out.cost.passes = in.u32();
  out.cost.memory_bytes = in.u64();
  out.kdf_salt = base::Bytes(in.raw(crypto::k_argon_salt_bytes));
  out.bound = base::Bytes(object.substr(0, k_header_bytes + body.size() - in.left()));
  out.wrapped = base::Bytes(in.sized());
  in.expect_end();
  if (!is_kind(out.info.kind)) in.fail(fmt::format("'{}' is no kind of key", out.info.kind));
  if (!is_affordable(out.cost)) in.fail("the cost of its key derivation lies outside the bounds");
  return out;
}

std::optional<base::Secret> try_slot(const Slot& slot, const KeyMaterial& key) {
  if (key.secret.empty()) return std::nullopt;
  const base::Secret derived = crypto::argon2id(key.secret, slot.kdf_salt, slot.cost.passes, slot.cost.memory_bytes);
  auto master = crypto::unwrap_under(derived, slot_context(slot.info.id, slot.bound), slot.wrapped);
  if (master && master->reveal().size() != k_master_bytes) return std::nullopt;
  return master;
}

}  // namespace holdfast::repository
