// What a plan of resources is made from: the resources of a snapshot, and those of a live platform.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/events.h"
#include "model/kind_set.h"
#include "model/selection.h"
#include "platform/platform.h"
#include "repository/repository.h"

namespace holdfast::engine {

struct LiveSide {
  std::vector<model::Resource> resources{};
  std::vector<std::vector<base::KeyRange>> unread{};  // by kind: what the platform did not let us read
  std::vector<std::size_t> partial{};                 // kinds of which it offers more than it let us read
  std::string attributes{};                           // of the capture
};

// What is read, by the name that people gave it.
struct LiveConnector {
  std::string name;
  platform::Connector& connector;
  platform::CaptureOptions capture{};
};

// Makes a resource smaller before it is kept in memory.  Called by several threads.
using Shrink = std::function<void(model::Resource&)>;

// All of every kind, also what nobody selected: links lead anywhere.  What could not be read is said as warnings.
LiveSide read_live_side(const LiveConnector& from, const model::KindSet& kinds, base::Events& events,
                        std::stop_token stop, const Shrink& shrink = {});

// In the layout of the kinds, whatever the layout of the snapshot.  Throws Error{unsupported} when it has no collection
// that is one of the kinds.
std::vector<model::Resource> read_stored_side(repository::Repository& repository, const repository::Snapshot& snapshot,
                                              const model::KindSet& kinds, std::stop_token stop,
                                              const Shrink& shrink = {});

// The selection with what it has to see of all rows before it can decide.
model::Selection taught(model::Selection selection, const model::KindSet& kinds,
                        std::initializer_list<const std::vector<model::Resource>*> sides);
// A plan keeps its selection as the text that several of them make; nullopt: it cannot be told any more.
std::optional<model::Selection> selection_of(const std::string& text);
// Throws Error{not_found} naming the first --select of which no side has a resource.  What it has to see of all rows,
// it was taught.
void require_each_selected(const model::Selection& selection, const model::KindSet& kinds,
                           std::initializer_list<const std::vector<model::Resource>*> sides);
bool selected(const model::Selection& selection, const model::KindSet& kinds, const model::Resource& resource);

// One row of the same, in the same layout.  Thread-safe.
std::optional<base::Row> stored_row(repository::Repository& repository, const repository::Snapshot& snapshot,
                                    const model::ReadyKind& kind, base::ByteView key);

}  // namespace holdfast::engine
