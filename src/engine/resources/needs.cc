#include "engine/resources/needs.h"

#include <fmt/format.h>

#include <algorithm>
#include <stop_token>
#include <utility>

#include "base/error.h"
#include "base/task_group.h"
#include "model/resource_text.h"

namespace holdfast::engine {

namespace {

using model::GraphEdge;
using model::Link;
using model::LinkForm;
using model::LinkUse;
using model::Resource;
constexpr std::uint32_t k_none = ResourceIndex::k_none;
constexpr std::size_t k_block = 256;  // resources that are worth a thread
constexpr std::size_t k_threads = 4;

bool is_created_with(const model::Kind& kind, std::size_t column) {
  const std::string& name = kind.collection.columns[column].name;
  return std::any_of(kind.columns.begin(), kind.columns.end(), [&](const model::KindColumn& one) {
    return one.name == name && one.written == model::KindColumn::Written::with_create;
  });
}

class Needs {
public:
  Needs(const model::KindSet& kinds, const ResourceIndex& index) : kinds_(kinds), index_(index) {}

  void add(std::uint32_t from) {
    from_ = from;
    hard_ = true;
    const Resource& resource = index_.resources()[from];
    const model::ReadyKind& kind = kinds_.at(resource.kind);
    edge(index_.container(resource), Link::Cut::never);
    if (!kind.kind.space.empty())
      if (const auto home = kinds_.home(kind.kind.space, resource.name)) named(home->kind, home->name);
    for (const model::ReadyDocument& document : kind.documents) {
      if (document.links.empty() || document.column >= resource.row.columns.size()) continue;
      const auto& text = resource.row.columns[document.column];
      if (!text) continue;
      hard_ = document.column == kind.body || is_created_with(kind.kind, document.column);
      base::in_context([&] { return fmt::format("reading {}", kinds_.path_of(resource)); },
                       [&] {
                         const model::JsonText json(*text);
                         model::visit_links(json, document, [&](const LinkUse& use) { link(use); });
                       });
    }
  }

  ResourceNeeds take() { return std::move(needs_); }

private:
  void edge(std::uint32_t to, Link::Cut cut) {
    if (to == k_none) return;
    // Its own name and path are no need; its own id is (a job that runs itself).
    if (to == from_ && cut == Link::Cut::never) return;
    const bool may_cut = cut == Link::Cut::may || !hard_;
    needs_.order.push_back({from_, to, may_cut});
    if (hard_) needs_.hard.push_back({from_, to, may_cut});
  }

  void named(std::size_t kind, std::string_view name) {
    for (const std::uint32_t to : index_.by_name(kind, name)) edge(to, Link::Cut::never);
  }

  void link(const LinkUse& use) {
    const LinkForm form = use.links.front()->form;
    for (const Link* one : use.links) {
      const std::vector<std::size_t> meant = kinds_.meant(one->to);
      if (meant.empty()) continue;
      if (form == LinkForm::path) {
        edge(index_.at_or_above(kinds_.at(meant.front()).kind.space, use.value), one->cut);
        continue;
      }
      for (const std::size_t kind : meant) {
        if (form == LinkForm::id) edge(index_.by_id(kind, use.value), one->cut);
        if (form == LinkForm::name || form == LinkForm::secret) named(kind, use.value);
      }
    }
  }

  const model::KindSet& kinds_;
  const ResourceIndex& index_;
  std::uint32_t from_ = 0;
  bool hard_ = true;
  ResourceNeeds needs_;
};

}  // namespace

ResourceNeeds needs_of(const model::KindSet& kinds, const ResourceIndex& index,
                       const std::function<bool(std::uint32_t)>& asked) {
  std::vector<std::uint32_t> wanted;
  for (std::uint32_t i = 0; i < index.resources().size(); ++i)
    if (asked(i)) wanted.push_back(i);
  const std::size_t threads = std::clamp<std::size_t>(wanted.size() / k_block, 1, k_threads);
  std::vector<ResourceNeeds> parts(threads);
  base::TaskGroup group{std::stop_token{}};
  for (std::size_t thread = 0; thread < threads; ++thread)
    group.spawn([&, thread](const std::stop_token&) {
      Needs needs(kinds, index);
      for (std::size_t i = thread; i < wanted.size(); i += threads) needs.add(wanted[i]);
      parts[thread] = needs.take();
    });
  group.wait();
  ResourceNeeds out = std::move(parts.front());
  for (std::size_t i = 1; i < threads; ++i) {
    out.order.insert(out.order.end(), parts[i].order.begin(), parts[i].order.end());
    out.hard.insert(out.hard.end(), parts[i].hard.begin(), parts[i].hard.end());
  }
  return out;
}

}  // namespace holdfast::engine
