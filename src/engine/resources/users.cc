#include "engine/resources/users.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "model/resource_text.h"

namespace holdfast::engine {

namespace {

using model::LinkForm;
using model::LinkUse;
using model::Resource;

constexpr std::size_t k_named = 20;  // in a text; the rest is counted

std::string_view last_part(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// "tools.jar" is the name of "…/tools.jar", "…/1f2e-tools.jar" and "…/1f2e_tools.jar".
bool is_copy_of(std::string_view path, std::string_view name) {
  const std::string_view last = last_part(path);
  if (name.empty() || !last.ends_with(name)) return false;
  const std::string_view before = last.substr(0, last.size() - name.size());
  return before.empty() || before.ends_with('-') || before.ends_with('_');
}

bool leads_to(const model::Kind& kind, const Resource& resource, const LinkUse& use) {
  if (use.links.front()->form != LinkForm::path) return false;
  return (use.links.front()->to == kind.space && use.value == resource.name) ||
         is_copy_of(use.value, last_part(resource.name));
}

}  // namespace

std::vector<std::string> users_of(const model::KindSet& kinds, const ResourceIndex& index, const Resource& resource) {
  const model::Kind& kind = kinds.at(resource.kind).kind;
  std::vector<std::string> out;
  for (const Resource& other : index.resources()) {
    bool found = false;
    for (const model::ReadyDocument& document : kinds.at(other.kind).documents) {
      if (document.links.empty() || document.column >= other.row.columns.size()) continue;
      const auto& text = other.row.columns[document.column];
      if (!text) continue;
      base::in_context([&] { return fmt::format("reading {}", kinds.path_of(other)); },
                       [&] {
                         const model::JsonText json(*text);
                         model::visit_links(json, document, [&](const LinkUse& use) {
                           found = found || leads_to(kind, resource, use);
                         });
                       });
    }
    if (found) out.push_back(kinds.path_of(other));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string users_text(const model::KindSet& kinds, const ResourceIndex& index, const Resource& resource) {
  std::vector<std::string> users = users_of(kinds, index, resource);
  if (users.empty()) return "nothing in the snapshot";
  const std::size_t more = users.size() > k_named ? users.size() - k_named : 0;
  users.resize(users.size() - more);
  const std::string text = fmt::format("{}", fmt::join(users, ", "));
  return more == 0 ? text : fmt::format("{} and {} more", text, more);
}

}  // namespace holdfast::engine
