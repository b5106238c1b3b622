// Values too large for a row block lie in overflow blocks of their own; the row block keeps a reference.
//   <reference> ::= <varint size of the value> <16-byte BlockId>*     one id per started k_overflow_piece bytes
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "repository/block_store.h"

namespace holdfast::repository {

inline constexpr std::size_t k_overflow_piece = std::size_t{1} << 20;

// Stores the pieces; returns the reference.
base::Bytes write_overflow(BlockSink& sink, base::ByteView value);
// Cuts a reference off the front of `in`.  Throws Error{corruption}.
base::ByteView read_overflow_reference(base::ByteReader& in);
// Size of the value that a reference from read_overflow_reference stands for.
std::uint64_t overflow_size(base::ByteView reference);
// The value, into `out`.  Throws Error{corruption} where a piece is missing or has another length than it should.
void read_overflow(BlockSource& source, base::ByteView reference, base::Bytes& out);

}  // namespace holdfast::repository
