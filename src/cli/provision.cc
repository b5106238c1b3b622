#include "cli/provision.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/plan_view.h"
#include "engine/outside.h"
#include "platform/outside.h"
#include "ui/printers.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;
using json = nlohmann::ordered_json;
using platform::Provision;

// By the newest snapshot; none without one.
std::vector<std::string> storage_of(Context& context, const std::string& name, platform::Connector& connector,
                                    platform::KnowsOutside& outside) {
  std::vector<std::string> out;
  const auto snapshot = context.repository().latest(name);
  if (!snapshot) {
    context.events().note(
        fmt::format("there is no backup of {}: storage that its resources refer to is not named", name));
    return out;
  }
  const engine::Outside found = engine::find_outside(context.repository(), *snapshot, connector.kinds(),
                                                     outside.outside_fields(), context.stop());
  for (const engine::OutsidePlace& place : found.storage) out.push_back(place.endpoint.name);
  return out;
}

base::Fact list_fact(std::string name, const std::vector<std::string>& texts) {
  return {std::move(name), texts.empty() ? "nothing" : fmt::format("{}", fmt::join(texts, ", ")), to_line(json(texts))};
}

void tell(Context& context, const std::string& source, const Provision& made) {
  for (const platform::Diagnosis& line : made.lines)
    context.events().warning(
        fmt::format("{}: {}{}{}", line.subject, line.text, line.advice.empty() ? "" : ".  ", line.advice));
  if (made.made == Provision::Made::as_skeleton)
    context.events().warning(
        fmt::format("the template is a skeleton: Azure's management did not tell what {} is there", source));
  for (const std::string& task : made.by_hand) context.events().warning(fmt::format("to be done by hand: {}", task));
}

}  // namespace

int provision_after(Context& context, const std::string& source, const std::string& target, const std::string& file) {
  const auto connector = context.open_connector(source);
  platform::KnowsOutside* outside = connector->outside();
  if (!outside)
    throw Error(ErrorKind::unsupported, fmt::format("no template is known for the platform of {}", source),
                "Make the second one by hand, and bring everything into it with \"holdfast migrate\".");
  const Provision made = outside->provision(
      {.name = target, .storage = storage_of(context, source, *connector, *outside)}, context.stop());
  if (!file.empty()) write_text_file("template", made.text, file);
  if (file.empty() && !context.json()) {
    context.out().write(made.text);
    context.out().flush();
  }
  tell(context, source, made);
  const bool whole = made.made == Provision::Made::after_its_resource;
  std::vector<base::Fact> facts{ui::fact_text("source", source), ui::fact_text("target", target),
                                ui::fact_text("template", whole ? "after the resource" : "a skeleton"),
                                list_fact("to_fill_in", made.parameters)};
  if (!file.empty()) facts.push_back(ui::fact_text("file", file));
  // To standard output comes the template, and nothing else; or the events, of which it is a part then.
  if (file.empty() && context.json()) facts.push_back({"text", "", to_line(json::parse(made.text))});
  if (!file.empty() || context.json()) context.events().summary("provision", facts);
  return whole ? k_exit_ok : k_exit_partial;
}

}  // namespace holdfast::cli
