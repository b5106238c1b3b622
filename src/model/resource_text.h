// The document of a resource as it is written and as it is compared: links found and rewritten, what the server fills
// in left out, order that means nothing taken away.  All edits go through JsonText: what nobody declared stays as it
// was.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/kind_set.h"

namespace holdfast::model {

// One value that names something else.
struct LinkUse {
  std::span<const Link* const> links;  // alternatives, never empty; of one form
  std::string_view value;              // id, name, path behind the prefix, scope of a secret, text with storage URLs
  std::function<std::string()> where;  // for messages: "settings.tasks[0].existing_cluster_id"
};

struct LinkAnswer {
  enum class What { keep, value, leave_out } what = What::keep;
  std::string value{};
};
using AnswerLink = std::function<LinkAnswer(const LinkUse&)>;

// Asks about each link of the document and edits it as answered.
void rewrite_links(JsonText& json, const ReadyDocument& document, const AnswerLink& answer);
// Only looks.
void visit_links(const JsonText& json, const ReadyDocument& document, const std::function<void(const LinkUse&)>& visit);

// Leaves out what the server fills in.
void drop_server_fields(JsonText& json, const ReadyDocument& document);
// Leaves out what cannot be compared, puts unordered arrays into one order.  Comes after all other edits.
void put_in_order(JsonText& json, const ReadyDocument& document);
// The part that users write, as edited.
std::string definition_text(const JsonText& json, const ReadyKind& kind);

// One that fires in a document.
struct FiringValue {
  const Firing* firing = nullptr;
  std::string value;  // JSON; what absence means where the field is not there
  std::string item;   // what it is the state of, less the state: the same text for equal ones
  std::string where;  // for messages: "settings.triggers[1].pause_status"
  bool several = false;
};
// In the order of the table and of the text.
std::vector<FiringValue> firing_values(const JsonText& json, const ReadyDocument& document);
// For each of `values`, the index of which of `others` is the state of the same: of what may be there several times,
// one that is equal in all else.  Each of the others is taken once.
std::vector<std::optional<std::size_t>> same_firing(const std::vector<FiringValue>& values,
                                                    const std::vector<FiringValue>& others);
// Sets the fields of firing_values() of the same document, in that order; nullopt: it stays as it is.  A field that is
// to have the value that its absence means is not added.
void set_firing(JsonText& json, const ReadyDocument& document, const std::vector<std::optional<std::string>>& values);
void pause_firing(JsonText& json, const ReadyDocument& document);

// The same text for JSON documents that differ in white space, in the order of members and in how strings are written.
std::string plain_text(std::string json);

}  // namespace holdfast::model
