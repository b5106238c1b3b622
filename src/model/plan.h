// A plan: what a restore will do, row by row, with the reason; a value that can be read, kept and applied later.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "base/time.h"

namespace holdfast::model {

enum class Action { create, update, remove, skip, conflict };
std::string_view to_string(Action action) noexcept;

// What to do with rows that the target has already.
enum class Existing { skip, update, replace, fail };
std::optional<Existing> parse_existing(std::string_view text) noexcept;
std::string_view to_string(Existing existing) noexcept;

// One changed field: a column, and inside JSON columns the path ("metadata.owners[0].owner").  Values are JSON text for
// JSON fields, plain text otherwise; absent = not there.
struct FieldChange {
  std::string path;
  std::optional<std::string> before;
  std::optional<std::string> after;
  friend bool operator==(const FieldChange&, const FieldChange&) = default;
};

// A step is applied only while the live row is still `before`: what somebody changed after the plan is a conflict, not
// lost.
struct Step {
  std::string collection;
  std::string path;  // key as people write it
  Action action = Action::skip;
  std::string reason;
  std::vector<FieldChange> fields;
  base::Bytes key;
  std::optional<base::Row> before;  // of the target, as planned
  std::optional<base::Row> after;   // what it shall be
};

struct Plan {
  static constexpr int k_version = 1;
  std::string id;          // random, names the journal
  std::string repository;  // id of the repository
  std::string snapshot;    // full name
  std::string target;      // connector
  std::string selection;   // as given; empty: everything
  Existing existing = Existing::update;
  bool removes = false;  // rows that the snapshot does not have are removed
  base::Instant made;
  std::vector<Step> steps;

  std::uint64_t count(Action action) const noexcept;
};

std::string to_json(const Plan& plan);  // readable, one step a line; binary values as base64 where they are not UTF-8
Plan plan_from_json(std::string_view text);  // throws Error{config}; unknown fields are refused

}  // namespace holdfast::model
