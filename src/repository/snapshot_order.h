// The order in which people see snapshots: lists, latest, latest~N.
//
// A snapshot stands where the instant is that it shows (`taken`); equal ones by writer, then by sequence.  What clocks
// say gives way to what is known: those of one writer and connector come in the order of their numbers, and one that
// the newest left of another writer builds on comes before it.  So the order is found from its newest end, each
// writer's newest at a time, and `latest` need not read what lies further back.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "repository/repository.h"

namespace holdfast::repository {

// Oldest first.
std::vector<Snapshot> in_order(std::vector<Snapshot> snapshots);

// The same order of one connector from its newest end, reading no more than it must: the next of each writer, and where
// there are several writers, the parents that tell whether one of these builds on another.  Not thread-safe.
class NewestFirst {
public:
  using Ids = std::map<std::uint32_t, std::vector<SnapshotId>>;  // by writer, ascending
  // nullopt for one that cannot be read: it is passed over.
  using Read = std::function<std::optional<Snapshot>(const SnapshotId&)>;
  // An empty connector stands for all of them; then those of one writer come in the order of their numbers, whatever
  // their connector.
  NewestFirst(const Ids& ids, std::string_view connector, Read read);
  // nullopt at the end.
  std::optional<Snapshot> next();

private:
  struct Line {  // what is left of one writer
    std::vector<SnapshotId> ids;
    Snapshot newest;
  };
  bool advance(Line& line);
  std::optional<Snapshot> read(const SnapshotId& id);
  std::optional<SnapshotId> parent_of(const SnapshotId& id);
  std::optional<SnapshotId> foreign_ancestor(const SnapshotId& id);
  bool leads_to(const SnapshotId& wanted, const SnapshotId& from);
  bool is_followed(const Line& line);

  std::string connector_;
  Read read_;
  std::vector<Line> lines_;
  std::map<SnapshotId, std::optional<SnapshotId>> parents_;  // of all that were read
  std::map<SnapshotId, std::optional<SnapshotId>> foreign_;  // foreign_ancestor() as far as it was asked
};

}  // namespace holdfast::repository
