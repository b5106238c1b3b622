// The documents of a resource, made ready for another target: links by what is known of it, names by the rules, what
// fires as asked.  Used alike by the plan, which compares them, and by the application, which writes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "model/kind_set.h"
#include "model/resource_plan.h"
#include "model/resource_text.h"

namespace holdfast::engine {

// What is known of a target.
class LinkTargets {
public:
  virtual ~LinkTargets() = default;
  enum class State {
    there,
    coming,    // it is to be made, and is not there yet
    left_out,  // the snapshot has it, but it was not asked for
    unknown,
  };
  struct Id {
    State state = State::unknown;
    std::string value{};   // on the target
    std::string path{};    // of what is left out, or coming: "clusters/etl/17"
    bool brought = false;  // by the plan that is being applied, whether it is there by now or not
  };
  virtual Id id(std::size_t kind, std::string_view source_id) const = 0;
  // Natural names of the target; a path is there when something above it is.
  virtual bool has_name(std::size_t kind, std::string_view name) const = 0;
  virtual bool has_path(std::string_view space, std::string_view path) const = 0;
};

struct LinkReport {
  std::vector<std::string> notes;    // kept or left out, and said
  std::vector<std::string> refused;  // why it cannot be written
  std::vector<std::string> absent;   // "users/bob": names that the target lacks and that were left out
  bool cut = false;                  // a link was left out until what it names is there
};

struct ResourceContext {
  const model::KindSet& kinds;
  const model::Mapping& mapping;
  const LinkTargets& targets;
  model::FiringMode firing = model::FiringMode::paused;
  // Of links at which a cycle may be cut, which are left out: those to what is not there yet, or to all that is
  // brought, so that it is the same at any time.
  enum class Cuts { what_is_not_there, all_that_comes } cuts = Cuts::what_is_not_there;
};

// A document of the target, less what the server fills in; one that is not there is "{}".
model::JsonText live_document(const base::Row& live, const model::ReadyDocument& document);
// A document with names and ids of the target, less what the server fills in; one that the snapshot does not have is
// "{}".  Throws Error{corruption} where it is no JSON, as all of these.
model::JsonText rewritten_document(const ResourceContext& context, const model::Resource& resource,
                                   const model::ReadyDocument& document, LinkReport& report);
// The body with everything in it as it shall be on the target, less what the server fills in.  `live` is the target's
// body where there is one, less the same.
model::JsonText prepared_body(const ResourceContext& context, const model::Resource& resource,
                              const model::JsonText* live, LinkReport& report);
// A column beside the body: nullopt where the snapshot does not have it.  `live` is the target's row where there is
// one.
std::optional<std::string> prepared_column(const ResourceContext& context, const model::Resource& resource,
                                           std::size_t column, const base::Row* live, LinkReport& report);
// Both as they are compared; the JSON is edited further.
std::string compared_body(model::JsonText& json, const model::ReadyKind& kind);
std::string compared_column(std::string text, const model::ReadyKind& kind, std::size_t column);

// The target's own.
std::string compared_live_body(model::JsonText& json, const model::ReadyKind& kind);
std::optional<std::string> compared_live_column(const model::Resource& live, const model::ReadyKind& kind,
                                                std::size_t column);

// For noticing that somebody changed it (engine/fingerprint.h).  Of a resource of the target, contents included: they
// are in its time of change, or are told from themselves.
std::string seen_fingerprint(const base::Row& row, const model::ReadyKind& kind);
// Whether everything that was to be written is in the body, whatever else the server put in.
bool holds_all_of(const model::JsonText& body, const model::JsonText& written);

}  // namespace holdfast::engine
