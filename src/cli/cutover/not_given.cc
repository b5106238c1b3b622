#include "cli/cutover/not_given.h"

#include <fmt/format.h>

#include "base/error.h"
#include "engine/cutover/beside_mark.h"
#include "engine/cutover/firing_states.h"
#include "engine/reference.h"
#include "engine/resources/id_map_store.h"
#include "model/kind_set.h"

namespace holdfast::cli {
namespace {

std::uint64_t not_given(Context& context, engine::CutoverStore& store, const engine::Pair& pair,
                        const repository::Snapshot& recorded) {
  repository::Repository& repository = context.repository();
  const engine::FiringStates fired = engine::firing_states(
      repository, recorded, model::KindSet(context.kinds_of(recorded.platform)), {}, context.stop(),
      engine::kept_beside(store, repository, pair.source, recorded.id.name()).values);
  const model::IdMap ids =
      engine::ids_as_called(engine::IdMapStore(context.state(), pair.source, pair.target).snapshot(),
                            engine::IdMapStore(context.state(), pair.source, pair.source).snapshot(),
                            [&](const std::string& kind, const std::string& id) {
                              return fired.contains({kind, id});
                            });
  return engine::not_given(fired, *pair.given, ids);
}

}  // namespace

std::optional<std::uint64_t> not_given(Context& context, engine::CutoverStore& store, const engine::Pair& pair) {
  if (pair.active != pair.target || !pair.complete) return 0;
  const std::optional<repository::Snapshot> recorded =
      engine::resolve_kept(context.repository(), pair.before.empty() ? pair.recorded : pair.before);
  if (!pair.given || !recorded || recorded->connector != pair.source) return std::nullopt;
  try {
    return not_given(context, store, pair, *recorded);
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    context.events().warning(fmt::format("whether all that fired on {} was activated on {} is not known: {}",
                                         pair.source, pair.target, error.message()));
    return std::nullopt;
  }
}

}  // namespace holdfast::cli
