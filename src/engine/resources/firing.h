// What fires by itself in a resource: as it arrives, and as it is set later.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/row.h"
#include "engine/resources/body.h"
#include "model/plan.h"
#include "model/resource_plan.h"
#include "model/resource_text.h"

namespace holdfast::engine {

// Sets what fires in a document that is to be written.  `live` is the same document of the target where there is one,
// less what the server fills in; it counts for FiringMode::kept, and for what guards.  Of a resource that is written
// half (`report.cut`), nothing fires until it is whole.
void arrange_firing(model::FiringMode mode, const model::ReadyDocument& document, model::JsonText& json,
                    const model::JsonText* live, LinkReport& report);

// Whether what the target has decides about what is written.
bool follows_target(model::FiringMode mode, const model::ReadyDocument& document);

// Whether this step of an activation starts nothing: all that it sets is paused by it.
bool only_pauses(const model::Kind& kind, const model::ResourceStep& step);

// What the snapshot recorded, in terms of the target.
std::vector<model::FiringValue> recorded_firing(const ResourceContext& context, const model::Resource& wanted,
                                                const model::ReadyDocument& document);

// A document as it came, with these states of what fires in it, less what the server fills in; nullopt: it stays as it
// is.  What the server filled in tells what each of them is the state of.
std::string with_firing(const base::Row& row, const model::ReadyDocument& document,
                        const std::vector<std::optional<std::string>>& states);

// What setting it, and nothing else, does to a document of the target.
struct FiringChange {
  std::string text;                        // of the document, as it is written; of a column, with ids of the server
  std::vector<std::string> members;        // at its top, that are written otherwise than they were found
  std::vector<model::FieldChange> fields;  // empty: it fires as it shall
  std::vector<std::string> notes;          // where the two sides are not alike
  std::string seen;                        // fingerprint of the document as it was found
};
// `recorded` is what it is set to; nullptr: all of it is paused, but what guards stays as it is.
FiringChange firing_change(const model::ReadyKind& kind, const model::ReadyDocument& document, const base::Row& live,
                           const std::vector<model::FiringValue>* recorded);

}  // namespace holdfast::engine
