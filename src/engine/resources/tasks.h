// What of a step no API can do, as tasks for people.
#pragma once

#include "engine/resources/decide.h"

namespace holdfast::engine {

// Neither made nor changed by any call, whatever is in it.
bool by_hand_only(const model::ReadyKind& kind);

// Nor tied to what it is made after: nothing but an id of the platform's own tells two of one name apart (tokens, a
// credential).  Those of either side are that side's alone.
bool of_its_side_only(const model::ReadyKind& kind);

// Those of a step whose action is known, or of what is to be made: that one becomes manual where no API makes it.
// `live`: what the target has, if anything.
void add_tasks(const PlanFacts& facts, const model::Resource& resource, const model::Resource* live,
               model::ResourceStep& step);
// The same for what is there and needs no write: manual, where something is to be brought by hand all the same, and
// skipped where nobody can tell; else it is left without a reason.
void add_lacking(const PlanFacts& facts, const model::Resource& resource, const model::Resource& live,
                 model::ResourceStep& step);
// Of a removal: manual, where it would lose what no snapshot has.
void leave_to_people(const PlanFacts& facts, const model::Resource& live, model::ResourceStep& step);

}  // namespace holdfast::engine
