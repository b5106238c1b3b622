// A collection: one kind of resource as a platform keeps it (for DataHub "aspect"), described so that the engine and
// the screen can handle its rows without knowing the platform.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"

namespace holdfast::model {

// path: a text whose parts are joined by '/', which it begins with; only the first part of a key may be one.
enum class KeyPartType { text, integer, path };
struct KeyPart {
  std::string name;  // "urn"
  KeyPartType type = KeyPartType::text;
  friend bool operator==(const KeyPart&, const KeyPart&) = default;
};

enum class ColumnContent { text, json, instant, number, bytes };
struct Column {
  std::string name;         // as the source calls it
  std::string source_type;  // as the source declares it: "timestamp(6)"
  ColumnContent content = ColumnContent::text;
  bool nullable = true;
  friend bool operator==(const Column&, const Column&) = default;
};

// A word that a selection may use of this collection ("creator"), and where its rows hold the values.  Several of one
// word are alternatives.
struct Field {
  std::string word;  // id, creator, tag or name
  std::string in;    // a key part or a column, by its name
  // Inside a JSON column: members joined by '.', [*] is every item of an array: "settings.tags", "members[*].value".
  // Where it leads to an object, its members count as NAME and NAME=VALUE; to an array, its items.
  std::string path{};
  friend bool operator==(const Field&, const Field&) = default;
};

// Values of `instant` columns are "YYYY-MM-DD hh:mm:ss.ffffff", always six digits, in UTC where the type has a zone and
// as stored where it has none, so that equal instants are equal bytes whichever server they came from.  All other
// values are the server's text or bytes, unchanged.
struct Collection {
  std::string name;
  std::vector<KeyPart> key;
  std::vector<Column> columns;
  // Without any, `name` is the first part of the key (of a path its last component) and `id` the second.
  std::vector<Field> fields{};
  friend bool operator==(const Collection&, const Collection&) = default;
};

// The form in which a tree keeps its collection (repository::Tree::schema).
std::string to_json(const Collection& collection);
Collection collection_from_json(std::string_view text);  // throws Error{corruption}

// Whether the objects of a collection are named by URNs, which then say what they are of: its first key part is "urn".
bool names_are_urns(const Collection& collection) noexcept;

// The first part of a key as it stands in a path.
std::string first_part_to_path(const Collection& collection, std::string_view text);
std::string first_part_from_path(const Collection& collection, std::string_view text);

// Keys as people write them (model/path.h): parts joined by '/', trailing integer parts may be left out where they are
// 0.  A path is read from its right end, so that URNs may hold any slashes.
std::string key_to_path(const Collection& collection, base::ByteView key);
// Throws Error{usage} when the path has too few parts.
base::Bytes path_to_key(const Collection& collection, std::string_view path);

}  // namespace holdfast::model
