// Objects of one kind of a workspace: JSON documents by id, in the order in which they were made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/databricks/call.h"
#include "sim/databricks/json.h"
#include "sim/databricks/paging.h"

namespace holdfast::sim::databricks {

struct Document {
  std::string id;
  Json* body = nullptr;  // never null; lives until the document is removed
};

class Documents {
public:
  Documents();
  ~Documents();
  Documents(const Documents&) = delete;
  Documents& operator=(const Documents&) = delete;

  Json& add(const std::string& id, Json body);  // replaces one of the same id, at its place
  Json* find(const std::string& id) const;
  Json& get(const std::string& id, std::string_view kind) const;  // 404 naming the kind and the id
  void remove(const std::string& id);
  std::size_t size() const noexcept { return entries_.size(); }
  std::vector<Document> all() const;  // oldest first
  std::vector<Document> newest_first() const;
  // The first whose string `field` is `value`; nullptr: none.
  Json* find_by(std::string_view field, std::string_view value) const;

private:
  struct Entry;
  std::map<std::uint64_t, std::unique_ptr<Entry>> entries_;  // by the order of making
  std::unordered_map<std::string, std::uint64_t> by_id_;
  std::uint64_t made_ = 0;
};

struct ListStyle {
  std::string_view field;  // of the reply
  PageStyle page;
  std::function<Json(const Document&)> show;  // nothing: the body as it is
};
// {field: […], "next_page_token": …}.  The token is left out at the end.
Reply list_reply(const Call& call, const std::vector<Document>& documents, const ListStyle& style);
// The same without pages.
Reply whole_list_reply(const std::vector<Document>& documents, std::string_view field,
                       const std::function<Json(const Document&)>& show = {});

// PATCH with update_mask: "display_name,warehouse_id", "*".  What the mask names and `changes` lacks is removed. Throws
// where it names anything but `fields`, those that an update takes; empty: that is not looked at.
void apply_mask(Json& body, const Json& changes, std::string_view mask,
                std::initializer_list<std::string_view> fields = {});

std::string rfc3339(std::int64_t ms);

}  // namespace holdfast::sim::databricks
