#include "engine/outside.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "engine/browse.h"
#include "engine/stop_guard.h"
#include "model/base64.h"
#include "model/json_text.h"
#include "model/kind_set.h"

namespace holdfast::engine {

namespace {

using model::Endpoint;
using model::JsonText;
using platform::OutsideField;

constexpr std::string_view k_hidden = "(address not readable)";

// The fields of one column of one kind.
struct ReadyFields {
  std::vector<const OutsideField*> fields;
  model::JsonPaths paths;
};

// Archives and pictures hold anything, by chance a host too.
bool is_text(std::string_view content) {
  constexpr std::size_t k_enough = 4096;
  return content.substr(0, k_enough).find('\0') == std::string_view::npos;
}

std::vector<Endpoint> places_in(const OutsideField& field, const std::string& value) {
  switch (field.form) {
    case OutsideField::Form::urls:
      return model::urls_in(value, field.what);
    case OutsideField::Form::host:
      return model::hosts_in(value, field.what);
    case OutsideField::Form::name:
      if (value.empty()) return {};
      return {{Endpoint::Type::service, field.what, value}};
    case OutsideField::Form::hidden:
      if (value != "true") return {};
      return {{Endpoint::Type::service, field.what, std::string(k_hidden)}};
    case OutsideField::Form::base64:
      break;
  }
  try {
    const base::Bytes script = model::base64_decode(value);
    return is_text(script) ? model::urls_in(script, field.what) : std::vector<Endpoint>{};
  } catch (const base::Error&) {
    return {};  // it is no base64, and was searched as it is
  }
}

}  // namespace

struct OutsideFinder::Impl {
  Impl(const std::vector<model::Kind>& all_kinds, const std::vector<OutsideField>& all_fields)
      : kinds(all_kinds), fields(all_fields) {}

  const ReadyFields& fields_of(const std::string& kind, const std::string& column);
  // Which values the server fills in.
  std::vector<bool> filled_in(const std::string& kind, const std::string& column, const JsonText& json) const;
  void look_at_json(const model::Collection& collection, std::size_t column, base::ByteView text,
                    const std::string& path);
  void take(Endpoint endpoint, Referrer referrer);

  model::KindSet kinds;
  std::vector<OutsideField> fields;
  std::map<std::pair<std::string, std::string>, ReadyFields> ready;
  struct Seen {
    std::string what;
    std::vector<Referrer> referrers;
    std::set<Referrer> known;
  };
  // By type and name: one place may be told in several words.
  std::map<std::pair<Endpoint::Type, std::string>, Seen> seen;
};

const ReadyFields& OutsideFinder::Impl::fields_of(const std::string& kind, const std::string& column) {
  const auto [place, fresh] = ready.try_emplace({kind, column});
  if (!fresh) return place->second;
  std::vector<std::string> paths;
  for (const OutsideField& field : fields) {
    if ((!field.kind.empty() && field.kind != kind) || field.column != column) continue;
    place->second.fields.push_back(&field);
    paths.push_back(field.field);
  }
  place->second.paths = model::JsonPaths(paths);
  return place->second;
}

void OutsideFinder::Impl::take(Endpoint endpoint, Referrer referrer) {
  // What is only known to be there is told apart by what it is.
  std::string key = endpoint.name == k_hidden ? endpoint.what + endpoint.name : endpoint.name;
  Seen& place = seen[{endpoint.type, std::move(key)}];
  if (place.what.empty()) place.what = std::move(endpoint.what);
  if (place.known.insert(referrer).second) place.referrers.push_back(std::move(referrer));
}

std::vector<bool> OutsideFinder::Impl::filled_in(const std::string& kind, const std::string& column,
                                                 const JsonText& json) const {
  std::vector<bool> out(json.size());
  const auto known = kinds.find(kind);
  if (!known) return out;
  const model::ReadyKind& ready_kind = kinds.at(*known);
  for (const model::ReadyDocument& document : ready_kind.documents)
    if (ready_kind.kind.collection.columns[document.column].name == column)
      document.dropped.visit(json, [&](std::size_t, JsonText::Id id) { out[id] = true; });
  for (JsonText::Id id = 1; id < json.size(); ++id)  // parents come before children
    if (out[json.parent(id)]) out[id] = true;
  return out;
}

void OutsideFinder::Impl::look_at_json(const model::Collection& collection, std::size_t column, base::ByteView text,
                                       const std::string& path) {
  const JsonText json{std::string(text)};
  const std::string& name = collection.columns[column].name;
  const std::vector<bool> skipped = filled_in(collection.name, name, json);
  const auto referrer = [&](JsonText::Id id) { return Referrer{collection.name, path, json.where(id)}; };
  // What a table says of a field goes before what its text looks like, and where it names the kind, also before who
  // fills it in.
  const ReadyFields& known = fields_of(collection.name, name);
  known.paths.visit(json, [&](std::size_t i, JsonText::Id id) {
    if (json.type(id) == JsonText::Type::object || json.type(id) == JsonText::Type::array) return;
    if (skipped[id] && known.fields[i]->kind.empty()) return;
    for (Endpoint& one : places_in(*known.fields[i], json.string(id))) take(std::move(one), referrer(id));
  });
  for (JsonText::Id id = 0; id < json.size(); ++id) {
    if (skipped[id]) continue;
    if (json.is_member(id))
      for (Endpoint& one : model::endpoints_in(json.name(id))) take(std::move(one), referrer(id));
    if (json.type(id) == JsonText::Type::string)
      for (Endpoint& one : model::endpoints_in(json.string(id))) take(std::move(one), referrer(id));
  }
}

OutsideFinder::OutsideFinder(const std::vector<model::Kind>& kinds, const std::vector<OutsideField>& fields)
    : impl_(std::make_unique<Impl>(kinds, fields)) {}
OutsideFinder::~OutsideFinder() = default;

void OutsideFinder::look_at(const model::Collection& collection, const base::RowView& row) {
  const std::string path = model::key_to_path(collection, row.key);
  for (std::size_t i = 0; i < collection.columns.size() && i < row.columns.size(); ++i) {
    if (!row.columns[i]) continue;
    const base::ByteView value = *row.columns[i];
    const model::Column& column = collection.columns[i];
    if (column.content == model::ColumnContent::json) {
      impl_->look_at_json(collection, i, value, path);
    } else if (is_text(value)) {
      for (Endpoint& one : model::endpoints_in(value))
        impl_->take(std::move(one), {collection.name, path, column.name});
    }
  }
}

Outside OutsideFinder::found() const {
  Outside out;
  for (const auto& [key, place] : impl_->seen) {
    const bool hidden = key.second.ends_with(k_hidden);
    OutsidePlace one{.endpoint = {key.first, place.what, hidden ? std::string(k_hidden) : key.second},
                     .referrers = place.referrers};
    (key.first == Endpoint::Type::storage ? out.storage : out.services).push_back(std::move(one));
  }
  return out;
}

Outside find_outside(repository::Repository& repository, const repository::Snapshot& snapshot,
                     const std::vector<model::Kind>& kinds, const std::vector<OutsideField>& fields,
                     std::stop_token stop) {
  OutsideFinder finder(kinds, fields);
  StoppableSource source(repository.blocks(), stop);
  for (const repository::Tree& tree : snapshot.trees) {
    const model::Collection collection = collection_of(tree);
    for (repository::TreeCursor cursor(source, tree); cursor.valid(); cursor.next()) {
      throw_if_stopped(stop);
      finder.look_at(collection, cursor.current());
    }
  }
  return finder.found();
}

}  // namespace holdfast::engine
