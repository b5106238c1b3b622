// The directory of a layer: entries, and the nodes that hold them.
//   <entries> ::= <count> <entry>*
//   <entry>   ::= <sized first key> <16-byte id> <varint rows> <varint bytes> <sized filter>
//   <node>    ::= <u8 1> <u8 height> <entries>
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "repository/layer.h"

namespace holdfast::repository {

void encode_entries(base::ByteWriter& out, const std::vector<DirectoryEntry>& entries);
// Throws Error{corruption}, also where first keys do not ascend.
std::vector<DirectoryEntry> decode_entries(base::ByteReader& in);
// Encoded size of one entry.
std::size_t entry_size(const DirectoryEntry& entry) noexcept;

base::Bytes encode_node(std::uint8_t height, const std::vector<DirectoryEntry>& entries);
// `height` is what the node must have: 1 names row blocks.  Throws Error{corruption}.
std::vector<DirectoryEntry> decode_node(base::ByteView plain, std::uint8_t height);

}  // namespace holdfast::repository
