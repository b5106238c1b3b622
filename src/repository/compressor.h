// Compression of blocks and snapshots.
//
//   <compressed> ::= 0x00 <bytes>         -- stored as they are, because zstd did not make them smaller
//                  | 0x01 <zstd frame>    -- with its content size
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"

namespace holdfast::repository {

inline constexpr int k_zstd_level = 3;

// Thread-safe.  Keeps the contexts of zstd, which are dear to make, for the next caller.
class Compressor {
public:
  Compressor();
  ~Compressor();
  base::Bytes compress(base::ByteView plain);
  // Throws Error{corruption} naming `name` unless exactly `plain_bytes` come out.
  base::Bytes decompress(base::ByteView compressed, std::size_t plain_bytes, std::string_view name);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::repository
