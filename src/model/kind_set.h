// The kinds of a platform, made ready for use: paths parsed once, kinds found by name and by space.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/json_path.h"
#include "model/kind.h"
#include "model/mapping.h"

namespace holdfast::model {

struct ReadyCondition {
  JsonPath field;
  std::string equals;
  bool holds(const JsonText& json, JsonText::Id from = JsonText::k_root) const;
};

struct ReadyFiring {
  const Firing* firing = nullptr;
  std::optional<JsonPath> within;
  JsonPath field;  // from what `within` leads to where it lies below, else from the root
  bool below = false;
  bool several = false;  // `within` may lead to several
};

// What the table says of one column that holds a JSON document.
struct ReadyDocument {
  std::size_t column = 0;  // of the collection
  std::vector<const Link*> links;
  std::vector<std::optional<JsonPath>> cut_items;  // of each link
  JsonPaths link_paths;
  JsonPaths dropped;  // the server's fields
  JsonPaths secret;
  JsonPaths sensitive;
  struct Omitted {
    JsonPath items;
    ReadyCondition when;
  };
  std::vector<Omitted> omitted;
  JsonPaths unordered;
  std::vector<std::vector<JsonPath>> unordered_keys;  // of each
  std::vector<ReadyCondition> defaults;
  std::vector<ReadyFiring> firing;
};

struct ReadyKind {
  Kind kind;
  std::size_t body = 0;  // column
  std::optional<JsonPath> id, name, creator, created, modified, definition;
  std::vector<JsonPath> same_by;
  std::vector<JsonPath> create_only;
  std::vector<JsonPath> set_later;
  std::vector<ReadyCondition> system;
  std::vector<std::optional<ReadyCondition>> manual;                 // of each Kind::manual
  std::vector<ReadyDocument> documents;                              // the body's first
  const ReadyDocument* document(std::size_t column) const noexcept;  // nullptr: the column is no JSON document
  std::size_t column(std::string_view column_name) const;            // throws Error{internal} when there is none
  const std::string& label() const noexcept { return kind.collection.name; }
};

// One resource as a snapshot or a live platform has it.
struct Resource {
  std::size_t kind = 0;
  base::Row row;
  std::string id;
  std::string name;  // natural name
  bool system = false;
};

class KindSet {
public:
  // Throws Error{internal} naming the kind that has no body, or names a column, kind or path that is not there.
  explicit KindSet(const std::vector<Kind>& kinds);

  std::size_t size() const noexcept { return kinds_.size(); }
  const ReadyKind& at(std::size_t index) const noexcept { return *kinds_[index]; }
  std::optional<std::size_t> find(std::string_view name) const noexcept;
  bool is_space(std::string_view name) const noexcept;
  // Kinds that a link `to` may mean: one kind, all kinds of a space, none.
  std::vector<std::size_t> meant(std::string_view to) const;

  // Reads id, name and condition from the row.  Throws Error{corruption} naming the row when its body is no JSON.
  Resource resource(std::size_t kind, base::Row row) const;
  // As it is found: with ASCII letters in lower case where their case does not count.
  std::string folded(std::size_t kind, std::string_view name) const;
  std::string mapped_name(std::size_t kind, std::string_view name, const Mapping& mapping) const;
  std::string mapped_path(std::string_view space, std::string_view path, const Mapping& mapping) const;
  struct Home {
    std::size_t kind = 0;
    std::string name;        // whose home it is
    std::string_view below;  // "/Users/"
  };
  std::optional<Home> home(std::string_view space, std::string_view path) const;
  // What a resource of this name lies in, where names say so; see Kind::Above.
  struct Container {
    std::size_t kind = 0;
    std::string name;
  };
  std::optional<Container> container(std::size_t kind, std::string_view name) const;
  // As people write it: "jobs/nightly-load/17".
  std::string path_of(const Resource& resource) const;

private:
  std::vector<std::unique_ptr<const ReadyKind>> kinds_;  // links point into them
};

}  // namespace holdfast::model
