// The id map of a source and a target in the local state: write-once records idmap/<source>-<target>/<number>, names in
// hex, each a few entries; what a later record says replaces what an earlier one said.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/id_map.h"
#include "storage/backend.h"

namespace holdfast::engine {

class IdMapStore {  // thread-safe
public:
  // Reads what there is.  Throws Error{corruption} naming a record that cannot be read.
  IdMapStore(storage::Backend& state, const std::string& source, const std::string& target);

  // On return the entries are durable, and known.  An entry takes the place of what its source or its target stood for
  // before: the platform has the last word.  Entries of several threads share a record.  Throws Error{internal} where
  // one has no kind or no id, since a record of it could not be read.
  void learn(const std::vector<model::IdEntry>& entries);
  std::optional<model::IdEntry> by_source(std::string_view kind, std::string_view id) const;
  std::optional<model::IdEntry> by_target(std::string_view kind, std::string_view id) const;
  model::IdMap snapshot() const;

private:
  void write(const std::vector<model::IdEntry>& entries);
  void take(const model::IdEntry& entry);

  storage::Backend& state_;
  const std::string folder_;
  mutable std::mutex mutex_;
  std::condition_variable written_;
  model::IdMap map_;
  std::uint64_t next_ = 0;               // number of the next record
  std::vector<model::IdEntry> waiting_;  // to be written by whoever is next
  std::uint64_t asked_ = 0;              // entries handed over so far
  std::uint64_t durable_ = 0;            // of these
  bool writing_ = false;
  std::exception_ptr failed_;  // once a record could not be written, nothing more is learnt
};

// What one connector's resources stand for on the other, whichever of them was restored from which.
model::IdMap ids_between(storage::Backend& state, const std::string& source, const std::string& target);

// What was made anew on a connector has another id since.  `anew` is the id map of it into itself.  All that one of its
// resources ever had, itself among them.
std::set<std::string> ids_ever(const model::IdMap& anew, const std::string& kind, const std::string& id);
model::IdMap turned_round(const model::IdMap& ids);
// The same id map for a side of its source, a snapshot or what is there, which may know what was made anew by another
// of its ids than the map does: that id stands for the same.  `has` says what the side has.
model::IdMap ids_as_called(model::IdMap ids, const model::IdMap& anew,
                           const std::function<bool(const std::string& kind, const std::string& id)>& has);

struct ConnectorId {
  std::string kind;
  std::string id;
};
// What every id map of the local state names on this connector, whichever side of it that is.
std::vector<ConnectorId> ids_of(storage::Backend& state, const std::string& connector);

}  // namespace holdfast::engine
