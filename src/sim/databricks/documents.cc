#include "sim/databricks/documents.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/time.h"
#include "sim/databricks/api_error.h"

namespace holdfast::sim::databricks {

struct Documents::Entry {
  std::string id;
  Json body;
};

Documents::Documents() = default;
Documents::~Documents() = default;

Json& Documents::add(const std::string& id, Json body) {
  const auto known = by_id_.find(id);
  if (known != by_id_.end()) return entries_.at(known->second)->body = std::move(body);
  by_id_.emplace(id, ++made_);
  auto& entry = entries_[made_];
  entry = std::make_unique<Entry>(Entry{id, std::move(body)});
  return entry->body;
}

Json* Documents::find(const std::string& id) const {
  const auto known = by_id_.find(id);
  return known == by_id_.end() ? nullptr : &entries_.at(known->second)->body;
}

Json& Documents::get(const std::string& id, std::string_view kind) const {
  Json* found = find(id);
  if (found == nullptr) throw missing(fmt::format("{} {} does not exist.", kind, id));
  return *found;
}

void Documents::remove(const std::string& id) {
  const auto known = by_id_.find(id);
  if (known == by_id_.end()) return;
  entries_.erase(known->second);
  by_id_.erase(known);
}

std::vector<Document> Documents::all() const {
  std::vector<Document> out;
  out.reserve(entries_.size());
  for (const auto& [order, entry] : entries_) out.push_back({entry->id, &entry->body});
  return out;
}

std::vector<Document> Documents::newest_first() const {
  std::vector<Document> out = all();
  std::reverse(out.begin(), out.end());
  return out;
}

Json* Documents::find_by(std::string_view field, std::string_view value) const {
  for (const auto& [order, entry] : entries_) {
    const auto found = entry->body.find(field);
    if (found != entry->body.end() && found->is_string() && found->get_ref<const std::string&>() == value) {
      return &entry->body;
    }
  }
  return nullptr;
}

Reply list_reply(const Call& call, const std::vector<Document>& documents, const ListStyle& style) {
  const Page page = page_by_token(
      call, documents.size(), [&](std::size_t i) { return documents[i].id; }, style.page);
  Json items = Json::array();
  for (std::size_t i = page.begin; i < page.end; ++i) {
    items.push_back(style.show ? style.show(documents[i]) : *documents[i].body);
  }
  Json body = Json::object();
  // An empty list is left out of the reply, as the platform's own serializer does.
  if (!items.empty()) body[std::string(style.field)] = std::move(items);
  if (!page.next_token.empty()) body["next_page_token"] = page.next_token;
  return reply(body);
}

Reply whole_list_reply(const std::vector<Document>& documents, std::string_view field,
                       const std::function<Json(const Document&)>& show) {
  Json items = Json::array();
  for (const Document& document : documents) items.push_back(show ? show(document) : *document.body);
  Json body = Json::object();
  if (!items.empty()) body[std::string(field)] = std::move(items);
  return reply(body);
}

void apply_mask(Json& body, const Json& changes, std::string_view mask,
                std::initializer_list<std::string_view> fields) {
  if (mask == "*") {
    body.update(changes);
    return;
  }
  Json changed = body;
  while (!mask.empty()) {
    const std::size_t comma = mask.find(',');
    std::string_view name = mask.substr(0, comma);
    mask.remove_prefix(comma == std::string_view::npos ? mask.size() : comma + 1);
    // A path into a field changes the whole of what `changes` has below its first name.
    const std::string field(name.substr(0, name.find('.')));
    if (fields.size() != 0 && std::find(fields.begin(), fields.end(), field) == fields.end())
      throw invalid(fmt::format("Unknown field path in update_mask: '{}'", name));
    const auto found = changes.find(field);
    if (found != changes.end()) {
      changed[field] = *found;
    } else {
      changed.erase(field);
    }
  }
  body = std::move(changed);
}

std::string rfc3339(std::int64_t ms) {
  return base::to_rfc3339(base::Instant(std::chrono::milliseconds(ms)));
}

}  // namespace holdfast::sim::databricks
