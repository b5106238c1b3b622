// The object `config`: identity, fixed parameters, public keys, feature flags and the sealed key ring.
//
//   <config>   ::= <header> <fields> <ring:sized> <signature:64 bytes> <digest>
//   <fields>   ::= <id:16 bytes> <block_bytes:u32> <pack_bytes:u32> <box_public:32 bytes> <admin_public:32 bytes>
//                  <first_writer:u32> <writer_public:32 bytes>
//                  <features>{3}                                -- needed to read, to write, to prune
//   <features> ::= <count:varint> <name:sized>*
//   <ring>     ::= <box_secret:32> <id_root:32> <boundary:32> <admin_secret:64> <writer_secret:64> (bytes),
//                  wrapped under the master key, with header and fields bound in
//   <sized>    ::= <length:varint> <bytes>
//
// The first writer is whoever holds the master key.  Its number is drawn at random, never 0: ids of snapshots are made
// of writer and sequence, and so those of two repositories differ from the first snapshot on.
//
// The administrator's key signs it.  Whoever holds the master key needs no trust in that signature: the ring opens only
// together with the fields that it was wrapped with.
#pragma once

#include <set>
#include <string>

#include "repository/layer.h"
#include "repository/sealed.h"

namespace holdfast::repository {

struct Features {
  std::set<std::string> read;
  std::set<std::string> write;
  std::set<std::string> prune;
};

struct Config {
  Identity identity;
  std::uint32_t first_writer = 0;  // whoever holds the master key
  base::Bytes writer_public;       // of the first writer
  std::uint32_t block_bytes = 0;
  std::uint32_t pack_bytes = 0;
  Features features;
  base::Bytes stored;  // the whole object
};

struct KeyRing {
  base::Secret box_secret;
  base::Secret id_root;
  BoundaryKey boundary;
  base::Secret admin_secret;
  base::Secret writer_secret;
};

inline constexpr std::uint32_t k_root_domain = 0;
inline constexpr std::uint32_t k_pack_bytes_max = 1u << 30;

struct NewConfig {
  Config config;
  KeyRing ring;
};
// Draws all keys; `master` is 32 bytes.  `config.stored` is what to put.
NewConfig make_config(const base::Secret& master, std::uint32_t block_bytes, std::uint32_t pack_bytes,
                      const Features& features, base::Random& random);
// A number for a new writer: random, never 0.  Whether it is taken is for the caller to see.
std::uint32_t draw_writer(base::Random& random);
// Checks digest, signature and bounds.  Throws Error{corruption} or Error{unsupported}.
Config decode_config(base::ByteView object);
// Throws Error{wrong_key} when `master` does not open it.
KeyRing open_ring(const Config& config, const base::Secret& master);
// Throws Error{unsupported} naming what this program does not know among `needed`.
void require_features(const std::set<std::string>& needed, std::string_view operation);

// The key of block ids of a trust domain.
base::Secret domain_id_key(const KeyRing& ring, std::uint32_t domain);

}  // namespace holdfast::repository
