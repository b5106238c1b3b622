#include "engine/cutover/beside_mark.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "engine/attributes.h"
#include "engine/cutover/snapshot_marks.h"
#include "engine/resources/sides.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using json = nlohmann::ordered_json;

// Of all but the values.
constexpr std::size_t k_frame = 64;

struct Written {
  std::string text{};
  std::uint64_t no_room = 0;
};

Written written(const PausedStates& values) {
  Written out;
  for (const PausedState& one : values) {
    const std::string text = to_json(one).dump();
    if (k_frame + out.text.size() + 1 + text.size() > k_beside_mark_max) {
      ++out.no_room;
      continue;
    }
    if (!out.text.empty()) out.text += ',';
    out.text += text;
  }
  return out;
}

}  // namespace

std::string beside_mark(const PausedBeside& beside) {
  if (beside.values.empty() && beside.left_out == 0) return {};
  const Written values = written(beside.values);
  return fmt::format(R"({{"values":[{}],"left_out":{}}})", values.text, beside.left_out + values.no_room);
}

std::uint64_t without_room(const PausedStates& values) {
  return written(values).no_room;
}

PausedBeside said_beside(const repository::Snapshot& snapshot) {
  const std::string text = attribute_of(snapshot.attributes, k_beside_mark);
  if (text.empty()) return {};
  const auto unreadable = [&](std::string_view why) {
    return Error(
        ErrorKind::corruption,
        fmt::format("what was paused beside the recorded states of {} cannot be read from snapshot {}: {}",
                    snapshot.connector, snapshot.id.short_id(), why),
        fmt::format("Use the version of holdfast that wrote it, or go by an earlier one: \"holdfast forget {}\".",
                    snapshot.id.short_id()));
  };
  try {
    const json in = json::parse(text);
    const json& left_out = in.at("left_out");
    if (!left_out.is_number_unsigned()) throw unreadable("left_out is no count");
    PausedBeside out{.left_out = left_out};
    for (const json& one : in.at("values")) out.values.push_back(paused_state_from(one));
    return out;
  } catch (const json::exception& problem) {
    throw unreadable(problem.what());
  }
}

PausedBeside kept_beside(CutoverStore& store, repository::Repository& repository, const std::string& connector,
                         const std::string& recorded) {
  PausedBeside out;
  if (recorded.empty()) return out;
  const std::optional<repository::Snapshot> newest = repository.latest(connector);
  if (newest && attribute_of(newest->attributes, k_states_mark) == recorded) out = said_beside(*newest);
  const std::optional<Fence> fence = store.fence(connector);
  if (!fence || fence->snapshot != recorded) return out;
  // A list grows for as long as its fence stands: what one of the two lacks, the other one came to know.  That
  // which is known here besides is what there was no room for, unless the fence began without it.
  const std::size_t said = out.values.size();
  out.values = paused_beside(std::move(out.values), fence->beside, {});
  const std::uint64_t known = std::min<std::uint64_t>(out.left_out, out.values.size() - said);
  out.left_out = std::max(fence->left_out, out.left_out - known);
  return out;
}

}  // namespace holdfast::engine
