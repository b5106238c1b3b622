// Draws the curves behind the shape of trees: sizes over block sizes and layouts, bytes added by changes and by sixty
// snapshots, speeds, and reads of a look-up.  Prints Markdown.
#include <fmt/format.h>
#include <zdict.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "bench/curves/datasets.h"
#include "bench/curves/measure.h"
#include "repository/key_hash.h"
#include "repository/row_block.h"
#include "repository/tree.h"

namespace holdfast::bench {
namespace {

using base::Bytes;
using base::ByteView;
using repository::BoundaryKey;
using repository::Tree;
using repository::TreeShape;

constexpr std::size_t k_block_bytes[] = {16 << 10, 32 << 10, 64 << 10, 128 << 10, 256 << 10, 512 << 10};
constexpr std::size_t k_dictionary_bytes = 112 << 10;
constexpr std::size_t k_training_bytes = 12 << 20;

BoundaryKey boundary_key() {
  BoundaryKey key;
  key.bytes.fill('c');
  return key;
}

double mb(std::uint64_t bytes) {
  return static_cast<double>(bytes) / 1e6;
}

// A row as a dump tool writes it.
void append_text(Bytes& out, const base::Row& row) {
  out += "('";
  for (const char c : row.key) {
    if (c != '\0') out += c;
  }
  for (const auto& column : row.columns) {
    out += column ? ",'" : ",NULL";
    if (!column) continue;
    for (const char c : *column) {
      if (c == '"' || c == '\'' || c == '\\') out += '\\';
      out += c;
    }
    out += '\'';
  }
  out += "),\n";
}

std::uint64_t size_of(const base::Row& row) {
  std::uint64_t size = row.key.size();
  for (const auto& column : row.columns) size += column ? column->size() : 0;
  return size;
}

struct Reference {
  std::uint64_t raw = 0;
  std::uint64_t stream = 0;  // one zstd -3 stream over all rows as text
  std::uint32_t columns = 0;
};

Reference reference(const Dataset& data) {
  Reference out;
  Compressor compressor;
  Bytes text;
  for (std::uint64_t i = 0; i < data.rows(); ++i) {
    const base::Row row = data.make(i);
    out.columns = static_cast<std::uint32_t>(row.columns.size());
    out.raw += size_of(row);
    append_text(text, row);
    if (text.size() < 1 << 20) continue;
    compressor.append(text);
    text.clear();
  }
  compressor.append(text);
  out.stream = compressor.end();
  return out;
}

TreeShape shape_for(const Dataset& data, const Reference& reference, std::size_t block_bytes) {
  const std::uint64_t row = std::max<std::uint64_t>(1, reference.raw / data.rows());
  return {.columns = reference.columns,
          .rows_per_block = static_cast<std::uint32_t>(std::max<std::uint64_t>(1, block_bytes / row)),
          .entries_per_node = 256};
}

// Every row into the buffer of its block; `flush` where the tree would end the block.
void in_blocks(const Dataset& data, const TreeShape& shape,
               const std::function<void(const repository::RowBuffer&, const Bytes& text)>& flush) {
  const repository::KeyHasher hasher(boundary_key());
  repository::RowBuffer rows(shape.columns);
  Bytes text;
  std::vector<repository::Cell> cells;
  for (std::uint64_t i = 0; i < data.rows(); ++i) {
    const base::Row row = data.make(i);
    cells.clear();
    for (const auto& column : row.columns) {
      cells.push_back(column ? repository::Cell{.kind = repository::Cell::Kind::value, .bytes = *column}
                             : repository::Cell{.kind = repository::Cell::Kind::null, .bytes = {}});
    }
    const repository::KeyHash hash = hasher(row.key);
    rows.add({.op = repository::Op::insert,
              .carried = repository::all_columns(shape.columns),
              .key = row.key,
              .cells = cells},
             hash);
    append_text(text, row);
    if (!repository::ends_block(hash, shape.rows_per_block) && i + 1 < data.rows()) continue;
    flush(rows, text);
    rows.clear();
    text.clear();
  }
}

Bytes train(const std::vector<Bytes>& blocks) {
  Bytes samples;
  std::vector<std::size_t> sizes;
  const std::size_t step = std::max<std::size_t>(1, blocks.size() / 400);
  for (std::size_t i = 0; i < blocks.size() && samples.size() < k_training_bytes; i += step) {
    samples += blocks[i];
    sizes.push_back(blocks[i].size());
  }
  Bytes dictionary(k_dictionary_bytes, '\0');
  const std::size_t size = ZDICT_trainFromBuffer(dictionary.data(), dictionary.size(), samples.data(), sizes.data(),
                                                 static_cast<unsigned>(sizes.size()));
  dictionary.resize(ZDICT_isError(size) ? 0 : size);
  return dictionary;
}

void sizes(const Dataset& data, const Reference& reference) {
  fmt::print(
      "| blocks | rows as text | columns apart, rows' order | columns apart, grouped | as written | as written, with "
      "dictionary |\n"
      "|---|---|---|---|---|---|\n");
  for (const std::size_t block_bytes : k_block_bytes) {
    Compressor compressor;
    repository::RowBlockWriter writer;
    std::uint64_t totals[4] = {};
    std::vector<Bytes> blocks;
    in_blocks(data, shape_for(data, reference, block_bytes), [&](const repository::RowBuffer& rows, const Bytes& text) {
      totals[0] += compressor.size(text);
      totals[1] += compressor.size(writer.encode(rows, repository::ValueOrder::rows));
      totals[2] += compressor.size(writer.encode(rows, repository::ValueOrder::grouped));
      const ByteView chosen = writer.encode(rows);
      totals[3] += compressor.size(chosen);
      blocks.emplace_back(chosen);
    });
    Compressor with;
    const Bytes dictionary = train(blocks);
    if (!dictionary.empty()) with.use_dictionary(dictionary);
    std::uint64_t trained = dictionary.size();
    for (const Bytes& block : blocks) trained += with.size(block);
    fmt::print("| {} KiB | {:.2f} | {:.2f} | {:.2f} | {:.2f} | {:.2f} |\n", block_bytes >> 10, mb(totals[0]),
               mb(totals[1]), mb(totals[2]), mb(totals[3]), mb(trained));
  }
}

struct Captured {
  Tree tree;
  double seconds = 0;
};

Captured capture(MeasuringStore& store, const Dataset& data, const TreeShape& shape,
                 const std::optional<Tree>& parent) {
  repository::TreeUpdate update(store, store, boundary_key(), "rows", "{}", shape, parent, std::nullopt);
  repository::RangeUpdate range = update.begin({});
  std::vector<base::Row> rows;
  std::vector<base::ColumnView> columns;
  Captured out;
  for (std::uint64_t i = 0; i < data.rows();) {
    rows.clear();  // made apart, so that making them is not timed
    for (; rows.size() < 1024 && i < data.rows(); ++i) rows.push_back(data.make(i));
    const Stopwatch watch;
    for (const base::Row& row : rows) range.add(base::to_view(row, columns));
    out.seconds += watch.seconds();
  }
  const Stopwatch watch;
  range.complete();
  out.tree = update.finish();
  out.seconds += watch.seconds();
  return out;
}

struct Changed {
  std::uint64_t rows = 0;
  std::uint64_t alone = 0;  // zstd -3 of the changed rows as text
};

Changed changed_alone(const Dataset& before, const Dataset& after) {
  Changed out;
  Compressor compressor;
  Bytes text;
  for (std::uint64_t i = 0; i < after.rows(); ++i) {
    const base::Row row = after.make(i);
    if (row == before.make(i)) continue;
    ++out.rows;
    text.clear();
    append_text(text, row);
    compressor.append(text);
  }
  out.alone = compressor.end();
  return out;
}

void changes(const Dataset& data, const Reference& reference, Change::Kind kind, const std::vector<double>& fractions) {
  fmt::print(
      "| change | rows | they alone, kB | blocks | delta layer, kB | ratio | blocks rewritten, kB "
      "|\n|---|---|---|---|---|---|---|\n");
  for (const double fraction : fractions) {
    for (const Change::Spread spread : {Change::Spread::scattered, Change::Spread::clustered}) {
      const auto after = data.with({.kind = kind, .fraction = fraction, .seed = 7, .spread = spread});
      const Changed changed = changed_alone(data, *after);
      for (const std::size_t block_bytes : {std::size_t{64} << 10, std::size_t{128} << 10, std::size_t{256} << 10}) {
        const TreeShape shape = shape_for(data, reference, block_bytes);
        MeasuringStore store;
        const Tree parent = capture(store, data, shape, std::nullopt).tree;
        const std::uint64_t full = store.stored();
        capture(store, *after, shape, parent);
        const std::uint64_t layer = store.stored() - full;
        capture(store, *after, shape, std::nullopt);
        fmt::print("| {} % {} | {} | {:.0f} | {} KiB | {:.0f} | {:.2f} | {:.0f} |\n", fraction * 100,
                   spread == Change::Spread::scattered ? "scattered" : "clustered", changed.rows,
                   static_cast<double>(changed.alone) / 1e3, block_bytes >> 10, static_cast<double>(layer) / 1e3,
                   static_cast<double>(layer) / static_cast<double>(changed.alone),
                   static_cast<double>(store.stored() - full - layer) / 1e3);
      }
    }
  }
}

double read_all(MeasuringStore& store, const Tree& tree) {
  const Stopwatch watch;
  std::uint64_t rows = 0;
  for (repository::TreeCursor cursor(store, tree); cursor.valid(); cursor.next())
    rows += cursor.current().columns.size() + 1;
  return rows == 0 ? 0 : watch.seconds();
}

std::uint64_t look_up_gets(MeasuringStore& store, const Dataset& data, const Tree& tree) {
  const std::uint64_t before = store.gets();
  for (std::uint64_t i = 0; i < 100; ++i)
    repository::find(store, boundary_key(), tree, data.make(i * (data.rows() / 100)).key);
  return store.gets() - before;
}

void speeds(const Dataset& data, const Reference& reference) {
  fmt::print(
      "| blocks | first capture, MB/s | unchanged again, MB/s | read all, MB/s | blocks read a look-up "
      "|\n|---|---|---|---|---|\n");
  for (const std::size_t block_bytes : k_block_bytes) {
    MeasuringStore store;
    store.stop_measuring();
    const TreeShape shape = shape_for(data, reference, block_bytes);
    const Captured first = capture(store, data, shape, std::nullopt);
    const Captured again = capture(store, data, shape, first.tree);
    const double read = read_all(store, first.tree);
    fmt::print("| {} KiB | {:.0f} | {:.0f} | {:.0f} | {:.2f} |\n", block_bytes >> 10, mb(reference.raw) / first.seconds,
               mb(reference.raw) / again.seconds, mb(reference.raw) / read,
               static_cast<double>(look_up_gets(store, data, first.tree)) / 100);
  }
}

void sixty(std::unique_ptr<Dataset> data, const Reference& reference, std::size_t block_bytes) {
  MeasuringStore store;
  const TreeShape shape = shape_for(*data, reference, block_bytes);
  Tree tree = capture(store, *data, shape, std::nullopt).tree;
  const std::uint64_t full = store.stored();
  std::uint64_t alone = 0;
  fmt::print(
      "| snapshot | changed rows alone, MB | added, MB | ratio | delta layers | blocks read a look-up "
      "|\n|---|---|---|---|---|---|\n");
  for (std::uint64_t i = 1; i <= 60; ++i) {
    auto after = data->with(
        {.kind = Change::Kind::content, .fraction = 0.01, .seed = 100 + i, .spread = Change::Spread::scattered});
    alone += changed_alone(*data, *after).alone;
    tree = capture(store, *after, shape, tree).tree;
    data = std::move(after);
    const std::uint64_t added = store.stored() - full;
    if (i % 10 != 0) continue;
    fmt::print("| {} | {:.2f} | {:.2f} | {:.2f} | {} | {:.2f} |\n", i, mb(alone), mb(added),
               static_cast<double>(added) / static_cast<double>(alone), tree.layers.size() - 1,
               static_cast<double>(look_up_gets(store, *data, tree)) / 100);
  }
}

void run(std::string_view name, std::unique_ptr<Dataset> data, std::string_view parts) {
  const Reference against = reference(*data);
  fmt::print("\n## {}\n\n{} rows, {:.1f} MB; as text in one zstd -3 stream {:.2f} MB.\n\n", name, data->rows(),
             mb(against.raw), mb(against.stream));
  const auto wanted = [&](char part) { return parts.find(part) != std::string_view::npos; };
  if (wanted('s')) sizes(*data, against);
  if (wanted('c')) {
    fmt::print("\n");
    changes(*data, against, Change::Kind::content, {0.001, 0.01, 0.1});
  }
  if (wanted('r')) {
    fmt::print("\nRe-ingestion:\n\n");
    changes(*data, against, Change::Kind::reingest, {0.3});
  }
  if (wanted('v')) {
    fmt::print("\n");
    speeds(*data, against);
  }
  if (wanted('6')) {
    fmt::print("\n");
    sixty(std::move(data), against, 256 << 10);
  }
}

}  // namespace
}  // namespace holdfast::bench

// curves [--rows N] [--parts LETTERS]: s sizes, c changes, r re-ingestion (aspects only), v speeds, 6 sixty snapshots,
// d the two kinds of documents as well.
int main(int argc, char** argv) {
  using namespace holdfast::bench;
  std::uint64_t rows = 270000;
  std::string_view parts = "scrv6d";
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name(argv[i]);
    if (i + 1 == argc || (name != "--rows" && name != "--parts")) {
      fmt::print(stderr, "curves [--rows N] [--parts LETTERS]\n");
      return 2;
    }
    if (name == "--rows") rows = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--parts") parts = argv[i + 1];
  }
  if (rows < 1000) {
    fmt::print(stderr, "curves: at least 1000 rows are needed\n");
    return 2;
  }
  // A line at a time, into a file too: it takes long, and somebody watches.
  (void)std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  run("DataHub aspects", aspects(rows), parts);
  if (parts.find('d') == std::string_view::npos) return 0;
  std::string documents(parts);
  std::erase(documents, 'r');
  run("Small API documents", api_documents(rows), documents);
  run("Documents of 8 KB", large_documents(rows / 12), documents);
  return 0;
}
