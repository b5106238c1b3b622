// A plan for resources: what a restore into a platform of calls will do, resource by resource, with the reason; a value
// that can be read, kept and applied later.  The bodies stay in the snapshot: a step names the row that it brings.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "model/id_map.h"
#include "model/mapping.h"
#include "model/plan.h"

namespace holdfast::model {

enum class ResourceAction {
  create,
  update,
  recreate,  // removed and created: a field that only create takes differs
  activate,  // only what fires by itself is set
  remove,
  skip,
  conflict,  // left alone; the reason says what somebody has to decide
  manual,    // no API can do it
};
std::string_view to_string(ResourceAction action) noexcept;

// What becomes of schedules, triggers and whatever else starts by itself.
enum class FiringMode {
  paused,    // all arrives paused
  kept,      // what is new arrives paused, what is there fires as it does
  recorded,  // as the snapshot says
};
std::string_view to_string(FiringMode mode) noexcept;

// Of a column whose items stay where nobody asks for removals (KindColumn::kept), one that goes.
struct RemovedItem {
  std::string column;
  std::string key;
  std::string one;  // for messages: "secret"
};

struct ResourceStep {
  std::string kind;
  std::string path;  // as people write it: "jobs/nightly-load/17"
  ResourceAction action = ResourceAction::skip;
  std::string reason;
  std::vector<FieldChange> fields;
  bool writes_body = true;              // of an update
  std::vector<std::string> columns;     // beside the body, that are written
  std::vector<std::string> notes;       // links that nobody knows, old ids in free text
  std::vector<std::string> tasks;       // what remains to be done by hand: a full sentence, and lines that come along
  std::vector<std::string> candidates;  // ids on the target, of which one has to be chosen
  std::vector<std::uint32_t> needs;     // steps that must have made their resource before
  // Steps that are ended before, well or not: columns name what they bring; of a remove, what needs it goes by them.
  std::vector<std::uint32_t> after;
  bool patched = false;  // its body is written again when all is there: a cycle was cut
  base::Bytes key;       // of the row in the snapshot; of a remove, on the target
  std::string source_id;
  std::string source_name;  // natural names
  std::string target_id;    // empty: it is not there yet
  std::string target_name;
  // Of a create: the id of what stood for it before, and is gone.  Else the fingerprint of the target's body as it was
  // planned, of an activation those of all documents in which something fires: somebody who changed it since is not
  // overwritten.
  std::string seen;
  // Of an update what the target had in each of `columns` that is written after the body, and of what is removed in
  // each that goes with it, also where it is created again; see engine/resources/seen_column.h.
  std::map<std::string, std::string> seen_columns;
  std::vector<RemovedItem> removed_items;  // of an update, and those that go with what is removed
  std::uint64_t calls = 0;

  bool writes() const noexcept {
    return action == ResourceAction::create || action == ResourceAction::update || action == ResourceAction::recreate ||
           action == ResourceAction::activate || action == ResourceAction::remove;
  }
};

struct ResourcePlan {
  static constexpr int k_version = 3;
  std::string id;          // random, names the journal
  std::string repository;  // id of the repository
  std::string snapshot;    // full name
  std::string source;      // connectors
  std::string target;
  // As the target called itself when the plan was made (platform::k_workspace_attribute); empty: it did not say.  That
  // of the source its snapshot says.
  std::string target_workspace{};
  std::string selection;  // as given; empty: everything
  Existing existing = Existing::update;
  bool removes = false;
  FiringMode firing = FiringMode::paused;
  base::Instant made;
  Mapping mapping;                             // rules that were in force
  std::vector<IdEntry> matches;                // found on the target; the id map learns them first
  std::set<std::string> absent;                // "users/bob": named, and not on the target
  std::map<std::string, std::uint64_t> calls;  // by rate family
  std::vector<ResourceStep> steps;             // in the order in which they are done
  std::string sha256{};                        // of the rest, in hex, of a plan that is kept in a file; else empty

  std::uint64_t count(ResourceAction action) const noexcept;
  std::map<std::string, std::uint64_t> removed_items() const;  // how many of each: "secret"
  bool does_nothing() const noexcept;
};

std::string to_json(const ResourcePlan& plan);  // readable, one step a line
// Throws Error{config}: unknown fields are refused, and steps that do what the plan says that it does not.
ResourcePlan resource_plan_from_json(std::string_view text);

}  // namespace holdfast::model
