// Writers: who may sign.  The administrator's key certifies each; readers refuse what no certified writer signed.
//
//   <writer> ::= <header> <public:32 bytes> <domain:u32> <label:sized> <created:u64> <signature:64 bytes> <digest>
//
// The header's writer is the one that is certified; its sequence is 0.  The first writer stands in config, in trust
// domain 0.
//
//   <writer key file> ::= "holdfast-writer-key-1:" and, in hex, <id:16> <box_public:32> <admin_public:32> (bytes)
//                         <writer:u32> <domain:u32> <secret:64> <id_key:32> <boundary:32> (bytes)
//                         <check:4 bytes of SHA-256>
#pragma once

#include <map>
#include <mutex>

#include "repository/config.h"
#include "storage/backend.h"

namespace holdfast::repository {

struct Writer {
  std::uint32_t id = 0;
  base::Bytes public_key;
  std::uint32_t domain = 0;  // nobody deduplicates against the blocks of another domain
  std::string label;
};

base::Bytes encode_writer(const Writer& writer, base::Instant created, const Identity& identity,
                          const base::Secret& admin_secret, base::Random& random);
// Throws Error{corruption} unless the administrator signed it for this number.
Writer decode_writer(base::ByteView object, std::uint32_t writer, const Identity& identity);

// Certificates, fetched when first asked for.  Thread-safe.
class WriterDirectory {
public:
  WriterDirectory(storage::Backend& backend, const Config& config);
  // Throws Error{corruption} when there is no such writer or its certificate is damaged.
  Writer get(std::uint32_t writer);

private:
  storage::Backend& backend_;
  const Identity identity_;
  std::mutex mutex_;
  std::map<std::uint32_t, Writer> known_;
};

// What a write-only host holds.
struct WriterSecrets {
  Identity identity;
  Signer signer;
  std::uint32_t domain = 0;
  base::Secret id_key;
  BoundaryKey boundary;
};
base::Secret encode_writer_key(const WriterSecrets& secrets);
// Throws Error{wrong_key}.
WriterSecrets decode_writer_key(const base::Secret& text);

}  // namespace holdfast::repository
