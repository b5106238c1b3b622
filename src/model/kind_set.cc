#include "model/kind_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/error.h"
#include "base/key.h"
#include "model/path.h"

namespace holdfast::model {

namespace {

using base::Error;
using base::ErrorKind;

std::optional<JsonPath> maybe(const std::string& path) {
  if (path.empty()) return std::nullopt;
  return JsonPath(path);
}

std::size_t column_of(const Kind& kind, std::string_view name) {
  const auto& columns = kind.collection.columns;
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& one) { return one.name == name; });
  if (found == columns.end())
    throw Error(ErrorKind::internal, fmt::format("kind '{}' has no column '{}'", kind.collection.name, name));
  return static_cast<std::size_t>(found - columns.begin());
}

struct DocumentRules {
  const std::vector<std::string>& server_fields;
  const std::vector<OmittedItem>& omitted;
  const std::vector<UnorderedArray>& unordered;
};

ReadyDocument ready_document(const Kind& kind, std::string_view name, const DocumentRules& rules) {
  ReadyDocument out;
  out.column = column_of(kind, name);
  std::vector<std::string> paths;
  for (const Link& link : kind.links) {
    if (link.column != name) continue;
    out.links.push_back(&link);
    out.cut_items.push_back(maybe(link.cut_item));
    paths.push_back(link.field);
  }
  out.link_paths = JsonPaths(paths);
  out.dropped = JsonPaths(rules.server_fields);
  for (const OmittedItem& item : rules.omitted)
    out.omitted.push_back({JsonPath(item.items), {JsonPath(item.when.field), item.when.equals}});
  std::vector<std::string> arrays;
  for (const UnorderedArray& array : rules.unordered) {
    arrays.push_back(array.field);
    std::vector<JsonPath>& keys = out.unordered_keys.emplace_back();
    for (const std::string& key : array.keys) keys.emplace_back(key);
  }
  out.unordered = JsonPaths(arrays);
  for (const Firing& firing : kind.firing) {
    if (firing.column != name) continue;
    const bool below = !firing.within.empty() && firing.field.starts_with(firing.within + '.');
    const std::string field = below ? firing.field.substr(firing.within.size() + 1) : firing.field;
    const bool several = firing.within.find('*') != std::string::npos;
    out.firing.push_back({&firing, maybe(firing.within), JsonPath(field), below, several});
    out.defaults.push_back({JsonPath(firing.field), firing.absent});
  }
  return out;
}

// Its kind stands where it will stay: links are pointed to.
void make_ready(ReadyKind& out) {
  const Kind& kind = out.kind;
  out.body = column_of(kind, k_body);
  out.id = maybe(kind.id);
  out.name = maybe(kind.name);
  out.creator = maybe(kind.creator);
  out.created = maybe(kind.created);
  out.modified = maybe(kind.modified);
  out.definition = maybe(kind.definition);
  for (const std::string& field : kind.same_by) out.same_by.emplace_back(field);
  for (const std::string& field : kind.create_only) out.create_only.emplace_back(field);
  for (const std::string& field : kind.set_later) out.set_later.emplace_back(field);
  for (const Condition& condition : kind.system) out.system.push_back({JsonPath(condition.field), condition.equals});
  for (const Manual& manual : kind.manual) {
    if (manual.when.field.empty()) {
      out.manual.emplace_back(std::nullopt);
    } else {
      out.manual.emplace_back(ReadyCondition{JsonPath(manual.when.field), manual.when.equals});
    }
  }
  ReadyDocument body = ready_document(kind, k_body, {kind.server_fields, kind.omitted, kind.unordered});
  body.secret = JsonPaths(kind.secret_fields);
  body.sensitive = JsonPaths(kind.sensitive);
  for (const FieldDefault& one : kind.defaults) body.defaults.push_back({JsonPath(one.field), one.value});
  out.documents.push_back(std::move(body));
  for (const KindColumn& column : kind.columns)
    if (kind.collection.columns[column_of(kind, column.name)].content == ColumnContent::json)
      out.documents.push_back(
          ready_document(kind, column.name, {column.server_fields, column.omitted, column.unordered}));
  for (const Link& link : kind.links) (void)column_of(kind, link.column);
  for (const Firing& firing : kind.firing) (void)column_of(kind, firing.column);
  for (const Manual& manual : kind.manual) (void)column_of(kind, manual.column);
}

std::string value_text(const JsonText& json, const std::optional<JsonPath>& path) {
  if (!path) return {};
  const JsonText::Id id = path->find(json);
  return id == JsonText::k_none ? std::string() : json.string(id);
}

}  // namespace

bool ReadyCondition::holds(const JsonText& json, JsonText::Id from) const {
  bool out = false;
  field.visit(json, from, [&](JsonText::Id id) {
    if (!json.removed(id) && (equals.empty() || json.print(id) == equals)) out = true;
  });
  return out;
}

const ReadyDocument* ReadyKind::document(std::size_t column) const noexcept {
  for (const ReadyDocument& one : documents)
    if (one.column == column) return &one;
  return nullptr;
}

std::size_t ReadyKind::column(std::string_view column_name) const {
  return column_of(kind, column_name);
}

KindSet::KindSet(const std::vector<Kind>& kinds) {
  for (const Kind& kind : kinds) {
    auto ready = std::make_unique<ReadyKind>();
    ready->kind = kind;
    make_ready(*ready);
    kinds_.push_back(std::move(ready));
  }
  for (std::size_t i = 0; i < kinds_.size(); ++i)
    if (find(kinds_[i]->label()) != i)
      throw Error(ErrorKind::internal, fmt::format("kind '{}' stands in the table twice", kinds_[i]->label()));
}

std::optional<std::size_t> KindSet::find(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < kinds_.size(); ++i)
    if (kinds_[i]->label() == name) return i;
  return std::nullopt;
}

bool KindSet::is_space(std::string_view name) const noexcept {
  return std::any_of(kinds_.begin(), kinds_.end(), [&](const auto& one) { return one->kind.space == name; });
}

std::vector<std::size_t> KindSet::meant(std::string_view to) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < kinds_.size(); ++i)
    if (kinds_[i]->label() == to || (!to.empty() && kinds_[i]->kind.space == to)) out.push_back(i);
  return out;
}

Resource KindSet::resource(std::size_t kind, base::Row row) const {
  const ReadyKind& ready = at(kind);
  Resource out{.kind = kind, .row = std::move(row), .id = {}, .name = {}, .system = false};
  base::KeyReader key(out.row.key);
  const auto& parts = ready.kind.collection.key;
  std::string last;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    last = parts[i].type == KeyPartType::integer ? std::to_string(key.integer()) : key.text();
    if (i + 1 == parts.size() && ready.kind.names == Names::shared) break;
    out.name += i == 0 ? last : '/' + to_path_part(last);
  }
  if (ready.kind.names == Names::shared) out.id = last;
  const bool look = (out.id.empty() && ready.id) || !ready.system.empty();
  if (look && ready.body < out.row.columns.size() && out.row.columns[ready.body]) {
    try {
      const JsonText body(*out.row.columns[ready.body]);
      if (out.id.empty()) out.id = value_text(body, ready.id);
      out.system = std::any_of(ready.system.begin(), ready.system.end(),
                               [&](const ReadyCondition& condition) { return condition.holds(body); });
    } catch (Error& error) {
      error.add_frame(fmt::format("reading the body of {}", path_of(out)));
      throw;
    }
  }
  if (out.id.empty()) out.id = out.name;
  return out;
}

std::string KindSet::folded(std::size_t kind, std::string_view name) const {
  return at(kind).kind.name_case == Kind::Case::ignored ? base::lower(name) : std::string(name);
}

std::string KindSet::mapped_name(std::size_t kind, std::string_view name, const Mapping& mapping) const {
  const ReadyKind& ready = at(kind);
  if (!ready.kind.space.empty()) return mapped_path(ready.kind.space, name, mapping);
  if (const auto rules = mapping.names.find(ready.label()); rules != mapping.names.end()) {
    const std::string wanted = folded(kind, name);
    for (const auto& [old, mapped] : rules->second)
      if (folded(kind, old) == wanted) return mapped;
  }
  const std::optional<Container> above = container(kind, name);
  if (!above) return std::string(name);
  return mapped_name(above->kind, above->name, mapping) + std::string(name.substr(above->name.size()));
}

std::optional<KindSet::Container> KindSet::container(std::size_t kind, std::string_view name) const {
  const Kind::Above& above = at(kind).kind.above;
  const std::optional<std::size_t> owner = above.kind.empty() ? std::nullopt : find(above.kind);
  const std::size_t end = name.rfind(above.separator);
  if (!owner || end == std::string_view::npos || end == 0) return std::nullopt;
  return Container{.kind = *owner, .name = std::string(name.substr(0, end))};
}

std::optional<KindSet::Home> KindSet::home(std::string_view space, std::string_view path) const {
  for (const auto& ready : kinds_) {
    const Kind& kind = ready->kind;
    if (kind.space != space || kind.homes_below.empty() || !path.starts_with(kind.homes_below)) continue;
    const std::optional<std::size_t> owner = find(kind.home_of);
    const std::string_view name =
        path.substr(kind.homes_below.size(), path.find('/', kind.homes_below.size()) - kind.homes_below.size());
    if (owner && !name.empty()) return Home{.kind = *owner, .name = std::string(name), .below = kind.homes_below};
  }
  return std::nullopt;
}

std::string KindSet::mapped_path(std::string_view space, std::string_view path, const Mapping& mapping) const {
  std::string ruled = mapping.path(space, path);
  if (ruled != path) return ruled;
  const auto owner = home(space, path);
  if (!owner) return ruled;
  const std::string mapped = mapped_name(owner->kind, owner->name, mapping);
  const std::string_view below = owner->below;
  return fmt::format("{}{}{}", below, mapped, path.substr(below.size() + owner->name.size()));
}

std::string KindSet::path_of(const Resource& resource) const {
  const Kind& kind = at(resource.kind).kind;
  return fmt::format("{}/{}", kind.collection.name, key_to_path(kind.collection, resource.row.key));
}

}  // namespace holdfast::model
