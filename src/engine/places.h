// What a path below a collection stands for, in one tree.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "model/collection.h"
#include "repository/tree.h"

namespace holdfast::engine {

struct SplitPath {
  std::string_view collection;
  std::string_view rest;  // as it stands: names may begin and end with slashes
};
SplitPath split_path(std::string_view path);
std::string_view without_end_slashes(std::string_view path);

// The keys under a path, and which key part comes next.
struct Place {
  base::KeyRange range;
  std::size_t next_part = 0;
};

// An object, or rows of it.  The first part of a key may hold slashes: the longest one that exists is meant, what
// follows are the further parts.  nullopt: there is none.
std::optional<Place> place_of(repository::BlockSource& source, const repository::Tree& tree,
                              const model::Collection& collection, std::string_view path);

// Where keys are paths, the beginning of what lies in a folder ("/Users/anna/"), of all of it where `path` is empty.
std::optional<std::string> folder_of(const model::Collection& collection, std::string_view path);
base::KeyRange range_of_folder(std::string_view folder);

// An object, rows of it, or a folder.
std::optional<base::KeyRange> range_of_path(repository::BlockSource& source, const repository::Tree& tree,
                                            const model::Collection& collection, std::string_view path);

// The objects of an entity type, short ("dataset") or as URNs begin ("urn:li:dataset"), if there are any.
std::optional<base::KeyRange> range_of_type(repository::BlockSource& source, const repository::Tree& tree,
                                            std::string_view name);
// "dataset" of "urn:li:dataset:(…)"; what is no URN counts as a type of its own up to the first colon.
std::string entity_type(std::string_view name);

std::string first_part(base::ByteView key);
// The n-th part of a key as it stands in a path.
std::string part_in_words(const model::Collection& collection, base::ByteView key, std::size_t wanted);

// A few first parts, as paths have them, that are like the wanted one; empty where none is.
std::vector<std::string> names_like(repository::BlockSource& source, const repository::Tree& tree,
                                    const model::Collection& collection, std::string_view wanted);

}  // namespace holdfast::engine
