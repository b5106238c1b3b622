#include "engine/kept_batch.h"

#include <fmt/format.h>

#include <utility>

namespace holdfast::engine {

namespace {

constexpr std::uint8_t k_version = 1;
constexpr std::size_t k_row_bytes_min = 1 + 8 + 1 + 1;

void put_row(base::ByteWriter& out, const KeptRow& kept) {
  out.varint(kept.collection);
  out.u64(static_cast<std::uint64_t>(kept.read.time_since_epoch().count()));
  out.sized(kept.row.key);
  out.varint(kept.row.columns.size());
  for (const auto& column : kept.row.columns) {
    out.u8(column ? 1 : 0);
    if (column) out.sized(*column);
  }
}

KeptRow get_row(base::ByteReader& in, std::size_t collections) {
  KeptRow out;
  const std::uint64_t collection = in.varint();
  if (collection >= collections) in.fail(fmt::format("a row is of collection {} of {}", collection, collections));
  out.collection = static_cast<std::size_t>(collection);
  out.read = base::Instant(base::Duration(static_cast<std::int64_t>(in.u64())));
  out.row.key = base::Bytes(in.sized());
  for (std::size_t left = in.count(); left > 0; --left) {
    const std::uint8_t there = in.u8();
    if (there > 1) in.fail("a mark that is neither 0 nor 1");
    out.row.columns.push_back(there == 1 ? std::optional(base::Bytes(in.sized())) : std::nullopt);
  }
  return out;
}

}  // namespace

base::Bytes encode_kept(const KeptBatch& batch) {
  base::ByteWriter out;
  out.u8(k_version);
  out.u8(batch.run.sweep == platform::Sweep::everything ? 1 : 0);
  out.sized(batch.run.origin);
  out.sized(batch.run.upon);
  out.varint(batch.collections.size());
  for (const std::string& collection : batch.collections) out.sized(collection);
  out.varint(batch.rows.size());
  for (const KeptRow& row : batch.rows) put_row(out, row);
  return out.take();
}

KeptBatch decode_kept(base::ByteView bytes, std::string_view name) {
  base::ByteReader in(bytes, name);
  if (const std::uint8_t version = in.u8(); version != k_version)
    in.fail(fmt::format("it is of version {}, which this program does not know", version));
  KeptBatch out;
  const std::uint8_t sweep = in.u8();
  if (sweep > 1) in.fail("a mark that is neither 0 nor 1");
  out.run.sweep = sweep == 1 ? platform::Sweep::everything : platform::Sweep::changes;
  out.run.origin = in.sized();
  out.run.upon = in.sized();
  for (std::size_t left = in.count(); left > 0; --left) out.collections.emplace_back(in.sized());
  for (std::size_t left = in.count(k_row_bytes_min); left > 0; --left)
    out.rows.push_back(get_row(in, out.collections.size()));
  in.expect_end();
  return out;
}

}  // namespace holdfast::engine
