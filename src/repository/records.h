// The payloads of the objects that are sealed whole: sessions, snapshots, forget records.
//
//   <text>     ::= <length:varint> <bytes>
//   <instant>  ::= <microseconds since 1970, two's complement:u64>
//   <id>       ::= <writer:u32> <sequence:u64>
//   <maybe id> ::= 0x00 | 0x01 <id>
//
//   <session>  ::= <maybe id: parent> <host:text> <program:text> <started:instant>
//   <forget>   ::= <snapshot:id> <number:u32> <mark:u8> <reason:text> <host:text> <at:instant>
//   <mark>     ::= 1 forget | 2 undelete
//   <snapshot> ::= <plain size:u32> <compressed>, of:
//                  <parent: maybe id> <parent digest:text> <connector:text> <platform:text> <host:text> <program:text>
//                  <started:instant> <taken:instant> <committed:instant> <attributes:text> <outcomes> <runs>
//                  <raw:varint> <stored:varint> <added:varint> <changed:varint> <gone:varint> <unchanged:varint>
//                  <bytes:varint> <trees>
//   <outcomes> ::= <count:varint> <text>*
//   <runs>     ::= <count:varint> (<id> <number:u32>)*
//   <trees>    ::= <count:varint> <tree>*           -- docs/format/trees.md
//
// The session that an object belongs to stands in its header and its name; both must agree.
#pragma once

#include "repository/compressor.h"
#include "repository/keychain.h"
#include "repository/names.h"

namespace holdfast::repository {

struct SessionRecord {
  std::optional<SnapshotId> parent;
  std::string host;
  std::string program;
  base::Instant started;
  friend bool operator==(const SessionRecord&, const SessionRecord&) = default;
};
base::Bytes encode_session(const SessionRecord& record);
SessionRecord decode_session(base::ByteView payload, std::string_view name);

struct ForgetRecord {
  ForgetName name;
  std::string reason;
  std::string host;
  base::Instant at;
};
base::Bytes encode_forget(const ForgetRecord& record);
// Throws Error{corruption} unless the payload says what the name says.
ForgetRecord decode_forget(base::ByteView payload, const ForgetName& expected);

base::Bytes encode_snapshot(const Snapshot& snapshot, Compressor& compressor);
// Fills everything but `id` and `forgotten`.
Snapshot decode_snapshot(base::ByteView payload, Compressor& compressor, std::string_view name);

// A stored snapshot object, checked against its name and opened.  Trees that inherit are left as they are.
Snapshot open_snapshot(base::ByteView object, const SnapshotId& id, Keychain& keys, Compressor& compressor);

}  // namespace holdfast::repository
