// What the tests of layers and trees share: a model of a tree, rows, and captures.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "repository/tree.h"
#include "support/memory_blocks.h"

namespace holdfast::test {

using Values = std::vector<std::optional<base::Bytes>>;
using Model = std::map<base::Bytes, Values>;

inline constexpr repository::TreeShape k_small_shape{.columns = 3, .rows_per_block = 8, .entries_per_node = 4};

inline repository::BoundaryKey boundary_key() {
  repository::BoundaryKey key;
  for (std::size_t i = 0; i < key.bytes.size(); ++i) key.bytes[i] = static_cast<char>(i * 7 + 1);
  return key;
}

// Keys with a text part, an aspect and a version, as DataHub has them; every `number` gives another one.
base::Bytes numbered_key(std::uint64_t number);
// Some values: NULL, empty, short, long.
Values some_values(std::uint64_t seed, std::uint32_t columns);

// Reads the whole tree.
Model read_tree(repository::BlockSource& source, const repository::Tree& tree, const base::KeyRange& range = {});

struct Captured {
  repository::Tree tree;
  repository::UpdateCounts counts;
};
// Captures `rows` in ranges cut at `cuts` (ascending).
Captured capture(MemoryBlocks& blocks, const Model& rows, const std::optional<repository::Tree>& parent,
                 const std::vector<base::Bytes>& cuts = {}, repository::TreeShape shape = k_small_shape);

// Random inserts, changes and erasures.
void mutate(Model& model, std::mt19937_64& random, std::size_t changes, std::uint64_t keys, std::uint32_t columns);

// The differences as text, one line each, from a diff and from the models.
std::vector<std::string> diff_lines(MemoryBlocks& blocks, const repository::Tree& a, const repository::Tree& b,
                                    const std::vector<const repository::Tree*>& between, repository::Values values);
std::vector<std::string> expected_lines(const Model& a, const Model& b, repository::Values values);

repository::ContentHash content_of(const Model& model);
std::uint64_t bytes_of(const Model& model);

}  // namespace holdfast::test
