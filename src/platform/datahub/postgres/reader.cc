#include "platform/datahub/postgres/reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/key.h"
#include "platform/datahub/sql/text.h"

namespace holdfast::platform::datahub::postgres {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::uint64_t k_budget_step = 256 * 1024;  // bytes between two looks at the limits
constexpr std::int64_t k_sample_pages = 300;

bool is_raw(const std::string& type) noexcept {
  for (const std::string_view raw : {"text", "varchar", "bpchar", "json", "bytea"})
    if (type == raw) return true;
  return false;
}

// --- ranges

// The URN at the start of a bound, as far as it is there; a bound may end anywhere.
struct BoundText {
  std::string urn;
  bool whole = false;  // the URN ends inside the bound
  bool more = false;   // and something follows it
};

BoundText bound_text(base::ByteView bound) {
  BoundText out;
  for (std::size_t i = 0; i < bound.size(); ++i) {
    if (bound[i] != '\0') {
      out.urn += bound[i];
      continue;
    }
    out.whole = i + 1 < bound.size() && bound[i + 1] == '\0';
    out.more = i + 2 < bound.size();
    break;
  }
  return out;
}

std::string ordered_urn(const ReadTarget& target) {
  return target.key_order_is_bytes ? "urn" : "urn COLLATE pg_catalog.\"C\"";
}

std::string lower_condition(const Client& client, const ReadTarget& target, base::ByteView from) {
  std::string urn = bound_text(from).urn;
  // A shorter prefix is a lower bound still.
  if (const auto bad = invalid_utf8(urn)) urn.resize(*bad);
  return urn.empty() ? std::string() : fmt::format("{} >= {}", ordered_urn(target), client.literal(urn));
}

std::string upper_condition(const Client& client, const ReadTarget& target, base::ByteView to) {
  const BoundText bound = bound_text(to);
  // No text stands for the upper bound then: the rows above it are read and dropped.
  if (invalid_utf8(bound.urn)) return {};
  const bool exclusive = bound.whole && !bound.more;
  return fmt::format("{} {} {}", ordered_urn(target), exclusive ? "<" : "<=", client.literal(bound.urn));
}

std::string select_rows(const ReadTarget& target, const std::string& condition) {
  std::string columns = "urn, aspect, version::bigint";
  for (const ReadColumn& column : target.columns) {
    columns += ", " + quote_name(column.name);
    if (column.wire == Wire::cast) columns += "::text";
  }
  return fmt::format("SELECT {} FROM {}{}{}", columns, qualified(target.schema, target.table),
                     condition.empty() ? "" : " WHERE ", condition);
}

// --- cutting

struct Sample {
  std::string urn;
  std::int64_t bytes = 0;
};

std::int64_t pages_of(Client& client, const ReadTarget& target) {
  return client
      .query("SELECT pg_catalog.pg_relation_size($1::regclass) / current_setting('block_size')::bigint",
             {qualified(target.schema, target.table)})
      .number(0, 0);
}

std::string sample_statement(Client& client, const ReadTarget& target) {
  const std::int64_t pages = pages_of(client, target);
  const double percent =
      pages <= k_sample_pages ? 100.0 : 100.0 * static_cast<double>(k_sample_pages) / static_cast<double>(pages);
  // pg_column_size() looks at the stored size and brings no large value in from its side table.
  std::string bytes = "40";
  for (const ReadColumn& column : target.columns)
    bytes += fmt::format(" + coalesce(pg_catalog.pg_column_size({}), 0)", quote_name(column.name));
  return fmt::format("SELECT urn, {} FROM {} TABLESAMPLE SYSTEM ({:.6f}) REPEATABLE (1)", bytes,
                     qualified(target.schema, target.table), percent);
}

}  // namespace

Wire wire_of(const ColumnPart& column) {
  if (column.type_name == "timestamp" || column.type_name == "timestamptz") return Wire::instant;
  return is_raw(column.type_name) ? Wire::bytes : Wire::cast;
}

ReadTarget read_target(const TableParts& parts, const model::Collection& collection) {
  ReadTarget out;
  out.schema = parts.schema;
  out.table = parts.table;
  const ColumnPart* urn = parts.column("urn");
  const ColumnPart* aspect = parts.column("aspect");
  out.key_order_is_bytes = urn && aspect && urn->order_is_bytes && aspect->order_is_bytes;
  for (const model::Column& column : collection.columns) {
    const ColumnPart* part = parts.column(column.name);
    if (part == nullptr)
      throw Error(ErrorKind::unsupported,
                  fmt::format("table {}.{} has no column {}", parts.schema, parts.table, column.name),
                  "The table was changed since; add the column, or restore the whole table.");
    out.columns.push_back({column.name, wire_of(*part), part->type_name == "bytea"});
  }
  return out;
}

std::string range_condition(const Client& client, const ReadTarget& target, const base::KeyRange& range) {
  std::string out = lower_condition(client, target, range.from);
  const std::string upper = range.to ? upper_condition(client, target, *range.to) : std::string();
  if (!out.empty() && !upper.empty()) out += " AND ";
  return out + upper;
}

std::string copy_statement(const Client& client, const ReadTarget& target, const base::KeyRange& range) {
  const char* order = target.key_order_is_bytes
                          ? "urn, aspect, version"
                          : "urn COLLATE pg_catalog.\"C\", aspect COLLATE pg_catalog.\"C\", version";
  return fmt::format("COPY ({} ORDER BY {}) TO STDOUT (FORMAT binary)",
                     select_rows(target, range_condition(client, target, range)), order);
}

void read_range(Client& client, const ReadTarget& target, const base::KeyRange& range, const ReadLimits& limits,
                RowSink& sink) {
  client.set_stop(limits.stop);
  if (range.to && range.from >= *range.to) return;
  CopyDecoder decoder(target.columns, &range, sink);
  std::uint64_t unspent = 0;
  const auto look = [&](std::uint64_t bytes) {
    if (limits.age) limits.age->check();
    if (limits.budget && !limits.budget->spend(bytes, limits.stop))
      throw Error(ErrorKind::cancelled, "stopped while reading");
  };
  look(0);
  client.copy_out(copy_statement(client, target, range), [&](base::ByteView bytes) {
    decoder.message(bytes);
    unspent += bytes.size();
    if (unspent < k_budget_step) return;
    look(unspent);
    unspent = 0;
  });
  look(unspent);
}

std::vector<PageRange> cut_pages(Client& client, const ReadTarget& target, unsigned wanted) {
  const std::int64_t pages = pages_of(client, target);
  const std::int64_t count = std::clamp<std::int64_t>(pages, 1, wanted);
  std::vector<PageRange> out;
  for (std::int64_t i = 0; i < count; ++i) out.push_back({.from = pages * i / count, .to = pages * (i + 1) / count});
  out.back().to.reset();
  return out;
}

void read_pages(Client& client, const ReadTarget& target, const PageRange& range, RowSink& sink, std::stop_token stop) {
  client.set_stop(stop);
  CopyDecoder decoder(target.columns, nullptr, sink);
  std::string condition = fmt::format("ctid >= '({},0)'", range.from);
  if (range.to) condition += fmt::format(" AND ctid < '({},0)'", *range.to);
  client.copy_out(fmt::format("COPY ({}) TO STDOUT (FORMAT binary)", select_rows(target, condition)),
                  [&](base::ByteView bytes) { decoder.message(bytes); });
}

std::vector<base::KeyRange> sample_ranges(Client& client, const ReadTarget& target, unsigned wanted) {
  const Rows rows = client.query(sample_statement(client, target));
  std::vector<Sample> samples;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    samples.push_back({rows.text(i, 0), rows.number(i, 1)});
    total += samples.back().bytes;
  }
  std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.urn < b.urn; });
  std::vector<base::KeyRange> out = {{}};
  std::int64_t passed = 0;
  std::string last;
  for (const Sample& sample : samples) {
    const std::int64_t due = total * static_cast<std::int64_t>(out.size()) / std::max(1U, wanted);
    if (out.size() < wanted && passed >= due && passed > 0 && sample.urn != last) {
      base::Bytes cut;
      base::append_text(cut, sample.urn);
      out.back().to = cut;
      out.push_back({std::move(cut), std::nullopt});
    }
    passed += sample.bytes;
    last = sample.urn;
  }
  return out;
}

}  // namespace holdfast::platform::datahub::postgres
