#include "repository/records.h"

#include <fmt/format.h>

#include "base/error.h"

namespace holdfast::repository {

namespace {

constexpr std::uint32_t k_snapshot_bytes_max = 64u << 20;

void put_instant(base::ByteWriter& out, base::Instant instant) {
  out.u64(static_cast<std::uint64_t>(instant.time_since_epoch().count()));
}
base::Instant get_instant(base::ByteReader& in) {
  return base::Instant(base::Duration(static_cast<std::int64_t>(in.u64())));
}

void put_id(base::ByteWriter& out, const SnapshotId& id) {
  out.u32(id.writer);
  out.u64(id.sequence);
}
SnapshotId get_id(base::ByteReader& in) {
  SnapshotId out;
  out.writer = in.u32();
  out.sequence = in.u64();
  return out;
}

void put_maybe_id(base::ByteWriter& out, const std::optional<SnapshotId>& id) {
  out.u8(id ? 1 : 0);
  if (id) put_id(out, *id);
}
std::optional<SnapshotId> get_maybe_id(base::ByteReader& in) {
  const std::uint8_t there = in.u8();
  if (there > 1) in.fail("a mark that is neither 0 nor 1");
  if (there == 0) return std::nullopt;
  return get_id(in);
}

void put_runs(base::ByteWriter& out, const std::vector<std::string>& names) {
  out.varint(names.size());
  for (const std::string& name : names) {
    const auto run = RunName::parse(name);
    if (!run) throw base::Error(base::ErrorKind::internal, fmt::format("'{}' is no name of an index run", name));
    put_id(out, run->session);
    out.u32(run->number);
  }
}
std::vector<std::string> get_runs(base::ByteReader& in) {
  std::vector<std::string> out(in.count(16));
  for (std::string& name : out) {
    const SnapshotId session = get_id(in);
    name = RunName{session, in.u32()}.name();
  }
  return out;
}

void put_counts(base::ByteWriter& out, const UpdateCounts& counts) {
  out.varint(counts.added);
  out.varint(counts.changed);
  out.varint(counts.gone);
  out.varint(counts.unchanged);
  out.varint(counts.bytes);
}
UpdateCounts get_counts(base::ByteReader& in) {
  UpdateCounts out;
  out.added = in.varint();
  out.changed = in.varint();
  out.gone = in.varint();
  out.unchanged = in.varint();
  out.bytes = in.varint();
  return out;
}

Snapshot decode_fields(base::ByteReader& in) {
  Snapshot out;
  out.parent = get_maybe_id(in);
  out.parent_hash = base::Bytes(in.sized());
  out.connector = in.sized();
  out.platform = in.sized();
  out.host = in.sized();
  out.program = in.sized();
  out.started = get_instant(in);
  out.taken = get_instant(in);
  out.committed = get_instant(in);
  out.attributes = in.sized();
  out.outcomes.resize(in.count());
  for (std::string& outcome : out.outcomes) outcome = in.sized();
  out.index_runs = get_runs(in);
  out.bytes_added_raw = in.varint();
  out.bytes_added_stored = in.varint();
  out.counts = get_counts(in);
  for (std::size_t left = in.count(); left > 0; --left) out.trees.push_back(decode_tree(in));
  in.expect_end();
  return out;
}

}  // namespace

base::Bytes encode_session(const SessionRecord& record) {
  base::ByteWriter out;
  put_maybe_id(out, record.parent);
  out.sized(record.host);
  out.sized(record.program);
  put_instant(out, record.started);
  return out.take();
}

SessionRecord decode_session(base::ByteView payload, std::string_view name) {
  base::ByteReader in(payload, name);
  SessionRecord out;
  out.parent = get_maybe_id(in);
  out.host = in.sized();
  out.program = in.sized();
  out.started = get_instant(in);
  in.expect_end();
  return out;
}

base::Bytes encode_forget(const ForgetRecord& record) {
  base::ByteWriter out;
  put_id(out, record.name.snapshot);
  out.u32(record.name.number);
  out.u8(static_cast<std::uint8_t>(record.name.mark));
  out.sized(record.reason);
  out.sized(record.host);
  put_instant(out, record.at);
  return out.take();
}

ForgetRecord decode_forget(base::ByteView payload, const ForgetName& expected) {
  const std::string name = expected.name();
  base::ByteReader in(payload, name);
  ForgetRecord out;
  out.name = expected;
  const SnapshotId snapshot = get_id(in);
  const std::uint32_t number = in.u32();
  const std::uint8_t mark = in.u8();
  if (snapshot != expected.snapshot || number != expected.number || mark != static_cast<std::uint8_t>(expected.mark))
    in.fail("it was written under another name");
  out.reason = in.sized();
  out.host = in.sized();
  out.at = get_instant(in);
  in.expect_end();
  return out;
}

base::Bytes encode_snapshot(const Snapshot& snapshot, Compressor& compressor) {
  base::ByteWriter out;
  put_maybe_id(out, snapshot.parent);
  out.sized(snapshot.parent_hash);
  out.sized(snapshot.connector);
  out.sized(snapshot.platform);
  out.sized(snapshot.host);
  out.sized(snapshot.program);
  put_instant(out, snapshot.started);
  put_instant(out, snapshot.taken);
  put_instant(out, snapshot.committed);
  out.sized(snapshot.attributes);
  out.varint(snapshot.outcomes.size());
  for (const std::string& outcome : snapshot.outcomes) out.sized(outcome);
  put_runs(out, snapshot.index_runs);
  out.varint(snapshot.bytes_added_raw);
  out.varint(snapshot.bytes_added_stored);
  put_counts(out, snapshot.counts);
  out.varint(snapshot.trees.size());
  for (const Tree& tree : snapshot.trees) encode_tree(out, tree);
  if (out.size() > k_snapshot_bytes_max)
    throw base::Error(base::ErrorKind::refused,
                      fmt::format("the record of this snapshot would take {} bytes", out.size()),
                      "A snapshot holds 64 MiB of attributes, outcomes and directories at most.");
  base::ByteWriter payload;
  payload.u32(static_cast<std::uint32_t>(out.size()));
  payload.raw(compressor.compress(out.bytes()));
  return payload.take();
}

Snapshot decode_snapshot(base::ByteView payload, Compressor& compressor, std::string_view name) {
  base::ByteReader in(payload, name);
  const std::uint32_t plain_bytes = in.u32();
  if (plain_bytes > k_snapshot_bytes_max) in.fail(fmt::format("{} bytes are too many", plain_bytes));
  const base::Bytes plain = compressor.decompress(in.raw(in.left()), plain_bytes, name);
  base::ByteReader fields(plain, name);
  return decode_fields(fields);
}

Snapshot open_snapshot(base::ByteView object, const SnapshotId& id, Keychain& keys, Compressor& compressor) {
  const std::string name = snapshot_name(id);
  const Keychain::Opened opened = keys.open(object, ObjectKind::snapshot, name);
  if (opened.header.session != id)
    throw base::Error(base::ErrorKind::corruption,
                      fmt::format("{} is damaged or swapped: it is snapshot {}", name, opened.header.session.name()));
  Snapshot out = decode_snapshot(opened.payload, compressor, name);
  out.id = id;
  return out;
}

}  // namespace holdfast::repository
