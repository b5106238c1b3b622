// Keys of several parts as one byte string whose byte order is the order of the parts.
//   <key>  ::= <part>*
//   <text> ::= the bytes, each 0x00 written as 0x00 0xff, then 0x00 0x00
//   <int>  ::= 8 bytes, big-endian, the sign bit flipped
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/row.h"

namespace holdfast::base {

void append_text(Bytes& key, ByteView text);
void append_int(Bytes& key, std::int64_t number);
// The smallest key greater than every key that starts with `prefix`; empty when there is none.
Bytes after_prefix(ByteView prefix);
// The beginning of all keys whose next text part begins with `text`.
void append_open_text(Bytes& key, ByteView text);

// The smallest key above `key`, which need not be one that append_* writes.
Bytes after_key(ByteView key);
KeyRange range_of_key(ByteView key);        // this one key
KeyRange range_of_prefix(ByteView prefix);  // all keys that begin with it

class KeyReader {  // throws Error{corruption} on bytes that append_* did not write
public:
  explicit KeyReader(ByteView key) noexcept : rest_(key) {}
  Bytes text();
  std::int64_t integer();
  bool at_end() const noexcept { return rest_.empty(); }

private:
  ByteView rest_;
};

}  // namespace holdfast::base
