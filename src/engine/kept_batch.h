// Rows that a backup had read, as they lie in the local state until a snapshot has them.
//
//   <batch>      ::= <version:u8> <sweep:u8> <origin> <upon> <count> <collection>* <count> <row>*
//   <collection> ::= <JSON of a model::Collection>, as all texts: a varint length and the bytes
//   <row>        ::= <number of its collection> <micros since 1970:u64> <key> <count> <column>*
//   <column>     ::= 0x00 | 0x01 <bytes>
//
// Counts and numbers are varints.  What lies on disk is this, sealed (Repository::seal_local).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/row.h"
#include "base/time.h"
#include "platform/platform.h"

namespace holdfast::engine {

struct KeptRow {
  std::size_t collection = 0;  // in KeptBatch::collections
  base::Instant read;
  base::Row row;
  friend bool operator==(const KeptRow&, const KeptRow&) = default;
};

// What a backup has to have in common with an earlier one, to take over what that had read.
struct KeptRun {
  std::string origin;  // which account of the platform, in the platform's words
  std::string upon;    // name of the connector's newest snapshot when it began; empty: there was none
  platform::Sweep sweep = platform::Sweep::everything;
  friend bool operator==(const KeptRun&, const KeptRun&) = default;
};

struct KeptBatch {
  KeptRun run;
  std::vector<std::string> collections;  // JSON: rows are given back in the same columns only
  std::vector<KeptRow> rows;
  friend bool operator==(const KeptBatch&, const KeptBatch&) = default;
};

base::Bytes encode_kept(const KeptBatch& batch);
// Throws Error{corruption} naming `name`.
KeptBatch decode_kept(base::ByteView bytes, std::string_view name);

}  // namespace holdfast::engine
