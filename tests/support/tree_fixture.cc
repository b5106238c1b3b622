#include "support/tree_fixture.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/key.h"

namespace holdfast::test {

using base::Bytes;
using base::KeyRange;
using repository::Tree;

Bytes numbered_key(std::uint64_t number) {
  static const char* const k_aspects[] = {"browsePathsV2", "datasetKey", "ownership", "schemaMetadata", "status"};
  Bytes key;
  base::append_text(key, fmt::format("urn:li:dataset:(urn:li:dataPlatform:hive,db.table_{:06},PROD)", number / 7));
  base::append_text(key, k_aspects[number % 7 % 5]);
  base::append_int(key, static_cast<std::int64_t>(number % 7 / 5));
  return key;
}

Values some_values(std::uint64_t seed, std::uint32_t columns) {
  std::mt19937_64 random(seed);
  Values values;
  for (std::uint32_t i = 0; i < columns; ++i) {
    switch (random() % 9) {
      case 0:
        values.emplace_back(std::nullopt);
        break;
      case 1:
        values.emplace_back(Bytes());
        break;
      case 2:
        values.emplace_back(Bytes(random() % 900, static_cast<char>('a' + random() % 26)));
        break;
      case 3:
        values.emplace_back(Bytes("\1binary\0", 8));
        break;
      default:
        values.emplace_back(fmt::format("{{\"value\":{},\"flag\":{}}}", random() % 100000, random() % 2));
        break;
    }
  }
  return values;
}

Model read_tree(repository::BlockSource& source, const Tree& tree, const KeyRange& range) {
  Model model;
  for (repository::TreeCursor cursor(source, tree, range); cursor.valid(); cursor.next()) {
    base::Row row = base::to_row(cursor.current());
    model.emplace(std::move(row.key), std::move(row.columns));
  }
  return model;
}

Captured capture(MemoryBlocks& blocks, const Model& rows, const std::optional<Tree>& parent,
                 const std::vector<Bytes>& cuts, repository::TreeShape shape) {
  const repository::BoundaryKey key = boundary_key();
  repository::TreeUpdate update(blocks, blocks, key, "aspect", "{}", shape, parent,
                                parent ? std::optional(base::Instant{}) : std::nullopt);
  std::vector<base::ColumnView> columns;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    KeyRange range{.from = i == 0 ? Bytes() : cuts[i - 1], .to = {}};
    if (i < cuts.size()) range.to = cuts[i];
    repository::RangeUpdate part = update.begin(range);
    for (auto row = rows.lower_bound(range.from); row != rows.end() && range.contains(row->first); ++row) {
      const base::Row owned{.key = row->first, .columns = row->second};
      part.add(base::to_view(owned, columns));
    }
    part.complete();
  }
  Tree tree = update.finish();
  return {.tree = std::move(tree), .counts = update.counts()};
}

void mutate(Model& model, std::mt19937_64& random, std::size_t changes, std::uint64_t keys, std::uint32_t columns) {
  for (std::size_t i = 0; i < changes; ++i) {
    const Bytes key = numbered_key(random() % keys);
    const auto found = model.find(key);
    const std::uint64_t what = random() % 4;
    if (found == model.end()) {
      model[key] = some_values(random(), columns);
    } else if (what == 0) {
      model.erase(found);
    } else if (what == 1) {
      found->second = some_values(random() % 64, columns);  // values come back now and then
    } else {
      found->second[random() % columns] = some_values(random() % 64, 1).front();
    }
  }
}

namespace {

std::string shown(const Bytes& key, char kind, const Values* before, const Values* after) {
  std::string line = fmt::format("{} {}", kind, base::to_hex(key));
  for (const Values* values : {before, after}) {
    line += values ? " [" : " -";
    for (std::size_t i = 0; values && i < values->size(); ++i)
      line += (*values)[i] ? "'" + *(*values)[i] + "'" : "null";
  }
  return line;
}

}  // namespace

std::vector<std::string> diff_lines(MemoryBlocks& blocks, const Tree& a, const Tree& b,
                                    const std::vector<const Tree*>& between, repository::Values values) {
  std::vector<std::string> lines;
  repository::diff(blocks, boundary_key(), a, b, between, values, [&](const repository::Difference& difference) {
    std::optional<Values> before;
    std::optional<Values> after;
    if (difference.before) before = base::to_row(*difference.before).columns;
    if (difference.after) after = base::to_row(*difference.after).columns;
    lines.push_back(shown(Bytes(difference.key), "acr"[static_cast<int>(difference.kind)], before ? &*before : nullptr,
                          after ? &*after : nullptr));
  });
  return lines;
}

std::vector<std::string> expected_lines(const Model& a, const Model& b, repository::Values values) {
  std::map<Bytes, std::string> lines;
  const bool with = values == repository::Values::yes;
  for (const auto& [key, row] : a) {
    const auto other = b.find(key);
    if (other == b.end()) lines[key] = shown(key, 'r', with ? &row : nullptr, nullptr);
    if (other != b.end() && other->second != row)
      lines[key] = shown(key, 'c', with ? &row : nullptr, with ? &other->second : nullptr);
  }
  for (const auto& [key, row] : b) {
    if (!a.contains(key)) lines[key] = shown(key, 'a', nullptr, with ? &row : nullptr);
  }
  std::vector<std::string> out;
  for (const auto& [key, line] : lines) out.push_back(line);
  return out;
}

repository::ContentHash content_of(const Model& model) {
  repository::ContentHash hash;
  repository::RowHasher hasher(boundary_key());
  std::vector<base::ColumnView> columns;
  for (const auto& [key, values] : model) {
    const base::Row row{.key = key, .columns = values};
    hash.add(hasher, base::to_view(row, columns));
  }
  return hash;
}

std::uint64_t bytes_of(const Model& model) {
  std::uint64_t bytes = 0;
  for (const auto& [key, values] : model) {
    bytes += key.size();
    for (const auto& value : values) bytes += value ? value->size() : 0;
  }
  return bytes;
}

}  // namespace holdfast::test
