#include "platform/databricks/member_writes.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "model/json_text.h"
#include "model/kind_set.h"
#include "model/resource_text.h"
#include "platform/databricks/kinds.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

namespace {

using model::JsonText;

const model::ReadyDocument& document_of(const model::Kind& kind) {
  static const model::KindSet all([] {
    std::vector<model::Kind> out;
    for (const KindEntry& entry : all_kinds()) out.push_back(entry.kind);
    return out;
  }());
  return all.at(*all.find(kind.collection.name)).documents.front();
}

// As it is compared.
JsonText compared(const std::string& body, const model::ReadyDocument& document) {
  JsonText out(body);
  model::drop_server_fields(out, document);
  model::put_in_order(out, document);
  return JsonText(out.print());
}

std::string member_text(const JsonText& json, const std::string& name) {
  const JsonText::Id id = json.member(JsonText::k_root, name);
  return id == JsonText::k_none ? std::string() : model::plain_text(std::string(json.raw(id)));
}

// By key; those of a body that was compared.
std::map<std::string, std::string> tags_of(const JsonText& body, const std::string& member) {
  std::map<std::string, std::string> out;
  const JsonText::Id array = body.member(JsonText::k_root, member);
  if (array == JsonText::k_none) return out;
  for (JsonText::Id tag = body.first(array); tag != JsonText::k_none; tag = body.next(tag)) {
    const JsonText::Id key = body.member(tag, "key");
    if (key != JsonText::k_none) out.emplace(body.string(key), body.raw(tag));
  }
  return out;
}

using Tags = std::map<std::string, std::string>;

// The keys of those that no call takes away.
std::vector<std::string> write_tags(const Calls& calls, const MemberWrite& one, const WriteValues& values,
                                    const Tags& wanted, const Tags& there) {
  const auto with = [&](const std::string& tag) {
    return WriteValues{.id = values.id, .name = values.name, .body = tag};
  };
  for (const auto& [key, tag] : wanted) {
    const auto known = there.find(key);
    if (known == there.end() || model::plain_text(known->second) != model::plain_text(tag))
      calls.send(one.set, with(tag), net::Repeat::safe);
  }
  std::vector<std::string> left;
  for (const auto& [key, tag] : there) {
    if (wanted.contains(key)) continue;
    if (one.unset.path.empty())
      left.push_back(key);
    else
      calls.remove(one.unset, with(tag));
  }
  return left;
}

}  // namespace

void write_members(const Calls& calls, const KindWrites& writes, const model::Kind& kind, const WriteValues& values,
                   const std::string& there) {
  const model::ReadyDocument& document = document_of(kind);
  const JsonText before = compared(there, document);
  const JsonText after = compared(values.body, document);
  std::vector<std::string> left;
  for (const MemberWrite& one : writes.members) {
    if (member_text(before, one.member) == member_text(after, one.member)) continue;
    if (one.sent == MemberWrite::Sent::tags) {
      left = write_tags(calls, one, values, tags_of(after, one.member), tags_of(before, one.member));
      continue;
    }
    WriteValues sent = values;
    JsonText body(values.body);
    if (body.member(JsonText::k_root, one.member) == JsonText::k_none) {
      body.add_member(JsonText::k_root, one.member, one.none);
      sent.body = body.print();
    }
    calls.send(one.set, sent, net::Repeat::safe);
  }
  if (!left.empty())
    throw ByHand(fmt::format("Take off the {} {} what the snapshot does not have, tagged {}: no call does.", kind.one,
                             values.name, fmt::join(left, ", ")));
}

}  // namespace holdfast::platform::databricks
