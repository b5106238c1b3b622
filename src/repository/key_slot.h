// Key slots: the master key, wrapped by what a person or a host holds.
//
//   <slot>    ::= <header> <fields> <wrapped:sized> <digest>
//   <fields>  ::= <repository id:16 bytes> <kind:sized> <label:sized> <created:u64>
//                 <passes:u32> <memory:u64> <kdf_salt:16 bytes>
//   <wrapped> ::= the 32 bytes of the master key, wrapped under Argon2id(secret, kdf_salt);
//                 slot id, header and fields are bound in
//
// `created` is microseconds since 1970 as two's complement.  A slot is not signed: whoever can change it can only make
// it fail.
#pragma once

#include <string>

#include "repository/sealed.h"

namespace holdfast::repository {

inline constexpr std::size_t k_master_bytes = 32;

struct Slot {
  SlotInfo info;              // `current` is not stored
  base::Bytes repository_id;  // one of another repository is what an init that did not end left behind
  KdfCost cost;
  base::Bytes kdf_salt;
  base::Bytes wrapped;
  base::Bytes bound;  // header and fields as stored
};

struct NewSlot {
  std::string kind;
  std::string label;
  base::Instant created;
  KdfCost cost;
};
struct StoredSlot {
  SlotInfo info;
  base::Bytes object;
};
// Throws Error{usage} for a kind that is none of passphrase, file, command, for an empty secret and for a cost out of
// bounds.
StoredSlot make_slot(base::ByteView repository_id, const NewSlot& wanted, const base::Secret& master,
                     const KeyMaterial& key, base::Random& random);
// Throws Error{corruption}: also for costs outside the bounds, before any of them is spent.
Slot decode_slot(base::ByteView object, std::string_view slot_id);
// nullopt when the key does not fit.  Costs one Argon2id.
std::optional<base::Secret> try_slot(const Slot& slot, const KeyMaterial& key);

}  // namespace holdfast::repository
