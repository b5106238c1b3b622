#include "support/fake_workspace.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/key.h"
#include "model/resource_text.h"

namespace holdfast::test {

namespace {

using base::Error;
using base::ErrorKind;
using model::JsonText;

const model::ReadyKind& ready(const std::string& kind) {
  return workspace_kind_set().at(*workspace_kind_set().find(kind));
}

std::string with_members(const std::string& object, const std::vector<std::pair<std::string, std::string>>& members) {
  JsonText json(object);
  for (const auto& [name, value] : members) json.add_member(JsonText::k_root, name, value);
  return json.print();
}

// As a platform with a call for parts of a definition takes them.
std::string with_changed(const std::string& definition, const platform::ResourceWriter::Content& content) {
  JsonText json(definition);
  const JsonText sent(content.body);
  for (const std::string& name : content.members) {
    const std::string value(sent.raw(sent.member(JsonText::k_root, name)));
    if (const JsonText::Id old = json.member(JsonText::k_root, name); old != JsonText::k_none)
      json.replace(old, value);
    else
      json.add_member(JsonText::k_root, name, value);
  }
  return json.print();
}

void replace_all(std::string& text, const std::string& old, const std::string& now) {
  for (std::size_t at = text.find(old); at != std::string::npos; at = text.find(old, at + now.size()))
    text.replace(at, old.size(), now);
}

}  // namespace

template <typename Work>
auto FakeWorkspace::written(const std::string& what, const Work& work) {
  const std::lock_guard lock(mutex_);
  ++writes;
  clock_.advance(std::chrono::milliseconds(10));
  let_late_ones_in();
  if (interrupt && writes >= interrupt_at) std::exchange(interrupt, nullptr)();
  refuse_signed_out();
  const std::uint64_t event = wire ? wire->before() : 0;
  const auto refusal = refusals.find(what);
  if (refusal != refusals.end()) throw refusal->second;
  if (const auto task = by_hand.find(what); task != by_hand.end()) throw platform::ByHand(task->second);
  auto out = work();
  if (wire) wire->after(event);
  if (const auto task = left_beside.find(what); task != left_beside.end())
    throw platform::ByHand(task->second, platform::ByHand::Way::beside);
  if (writes == lose_answer_of) throw platform::LostAnswer(ErrorKind::unavailable, "the answer was lost");
  return out;
}

void FakeWorkspace::refuse_signed_out() const {
  if (signed_out_from != 0 && writes >= signed_out_from)
    throw platform::SignedOut(ErrorKind::auth, "not believed who we are", "Check the credentials.");
}

void FakeWorkspace::require(const std::string& kind, const std::string& id, const std::string& what) const {
  const auto objects = objects_.find(kind);
  if (objects != objects_.end())
    for (const Object& one : objects->second)
      if (one.id == id || one.name == id) return;
  throw Error(ErrorKind::refused, fmt::format("{} names {} {}, which does not exist", what, kind, id));
}

// A platform refuses what leads nowhere.
void FakeWorkspace::check_links(const std::string& kind, const std::string& definition) const {
  const JsonText json(ready(kind).kind.definition.empty() ? definition : "{\"settings\":" + definition + "}");
  model::visit_links(json, ready(kind).documents.front(), [&](const model::LinkUse& use) {
    const model::Link& link = *use.links.front();
    const std::vector<std::size_t> kinds = workspace_kind_set().meant(link.to);
    if (kinds.empty() || link.form == model::LinkForm::path) return;
    for (const model::Link* one : use.links)
      for (const Object& object : objects_.count(one->to) == 0 ? Objects{} : objects_.at(one->to))
        if (object.id == use.value || object.name == use.value) return;
    throw Error(ErrorKind::refused,
                fmt::format("{} names {} {}, which does not exist", use.where(), link.to, use.value));
  });
}

std::string FakeWorkspace::insert(const std::string& kind, Object object) {
  const model::Kind& known = ready(kind).kind;
  check_links(kind, object.definition);
  if (known.space == "workspace" && object.name.rfind('/') > std::string("/Users").size())
    require("folders", object.name.substr(0, object.name.rfind('/')), kind);
  if (!known.above.kind.empty())
    require(known.above.kind, object.name.substr(0, object.name.rfind(known.above.separator)), kind);
  Objects& all = objects_[kind];
  const bool taken = std::any_of(all.begin(), all.end(), [&](const Object& one) { return one.name == object.name; });
  if (known.names == model::Names::unique && taken)
    throw Error(ErrorKind::conflict, fmt::format("{} {} exists already", known.one, object.name));
  // Wider than a double can tell, and never a part of another one.
  object.id = known.id.empty() ? object.name : fmt::format("9{:016}7", ++next_);
  all.push_back(std::move(object));
  return all.back().id;
}

FakeWorkspace::Object* FakeWorkspace::object(const std::string& kind, const std::string& id) {
  for (Object& one : objects_[kind])
    if (one.id == id) return &one;
  return nullptr;
}

std::string FakeWorkspace::create(const model::Kind& kind, const Content& content) {
  const std::string& label = kind.collection.name;
  return written(label + "/" + content.name, [&] {
    Object object{.id = {},
                  .name = content.name,
                  .definition = content.body,
                  .columns = {content.columns.begin(), content.columns.end()},
                  .creator = account_,
                  .created = clock_.now(),
                  .running = label == "clusters"};
    if (writes != lose_answer_of || late == base::Duration(0)) return insert(label, std::move(object));
    late_ones_.push_back({clock_.now() + late, label, std::move(object)});
    return std::string();
  });
}

void FakeWorkspace::let_late_ones_in() {
  std::vector<Late> waiting = std::exchange(late_ones_, {});
  for (Late& one : waiting) {
    if (one.at > clock_.now()) {
      late_ones_.push_back(std::move(one));
      continue;
    }
    one.object.created = one.at;
    try {
      insert(one.kind, std::move(one.object));
    } catch (const Error&) {  // refused, and nobody hears of it
    }
  }
}

void FakeWorkspace::settle(const model::Kind& kind, const std::string& id) {
  if (kind.collection.name != "clusters") return;
  written("clusters/" + id + "/stop", [&] {
    if (Object* found = object("clusters", id)) found->running = false;
    return 0;
  });
}

void FakeWorkspace::update(const model::Kind& kind, const std::string& id, const Content& content) {
  const std::string& label = kind.collection.name;
  written(label + "/" + content.name, [&] {
    Object* found = object(label, id);
    if (!found) throw Error(ErrorKind::not_found, fmt::format("{} {} does not exist", label, id));
    check_links(label, content.body);
    found->definition = content.members.empty() ? content.body : with_changed(found->definition, content);
    for (const auto& [name, value] : content.columns) found->columns[name] = value;
    return 0;
  });
}

void FakeWorkspace::remove(const model::Kind& kind, const std::string& id) {
  written(kind.collection.name + "/" + id, [&] {
    std::erase_if(objects_[kind.collection.name], [&](const Object& one) { return one.id == id; });
    return 0;
  });
}

void FakeWorkspace::set_column(const model::Kind& kind, const std::string& id, const std::string& column,
                               const base::Bytes& value) {
  written(kind.collection.name + "/" + id + "/" + column, [&] {
    Object* found = object(kind.collection.name, id);
    if (!found) throw Error(ErrorKind::not_found, fmt::format("{} {} does not exist", kind.collection.name, id));
    model::visit_links(JsonText(value),
                       *ready(kind.collection.name).document(ready(kind.collection.name).column(column)),
                       [&](const model::LinkUse& use) { require("users", std::string(use.value), column); });
    found->columns[column] = value;
    return 0;
  });
}

void FakeWorkspace::remove_items(const model::Kind& kind, const std::string&, const std::string& column,
                                 const std::vector<std::string>&) {
  throw Error(ErrorKind::unsupported, fmt::format("the {} of a {} are not kept", column, kind.one));
}

std::optional<base::Bytes> FakeWorkspace::read_column(const model::Kind& kind, const std::string& id,
                                                      const std::string& column) {
  const std::lock_guard lock(mutex_);
  refuse_signed_out();
  const Object* one = object(kind.collection.name, id);
  if (!one) throw Error(ErrorKind::not_found, fmt::format("{} {} does not exist", kind.collection.name, id));
  if (unreadable.contains(column)) throw Error(ErrorKind::refused, fmt::format("the {} are not shown", column));
  const auto found = one->columns.find(column);
  return found == one->columns.end() ? std::nullopt : std::optional(found->second);
}

std::string FakeWorkspace::body_of(const std::string& kind, const Object& object) const {
  const std::string number = kind == "jobs" ? object.id : model::json_quoted(object.id);
  const std::string created = std::to_string(object.created.time_since_epoch() / std::chrono::milliseconds(1));
  const std::vector<std::pair<std::string, std::string>> members{
      {"id", number}, {"creator", model::json_quoted(object.creator)}, {"created", created}};
  if (kind == "jobs") return with_members("{\"settings\":" + object.definition + "}", members);
  return with_members(object.definition, members);
}

base::Row FakeWorkspace::row_of(const std::string& kind, const Object& object) const {
  const model::Kind& known = ready(kind).kind;
  base::Row row;
  base::append_text(row.key, object.name);
  if (known.names == model::Names::shared) base::append_text(row.key, object.id);
  for (const model::Column& column : known.collection.columns) {
    const auto found = object.columns.find(column.name);
    if (column.name == "body") {
      row.columns.emplace_back(body_of(kind, object));
    } else if (found != object.columns.end()) {
      row.columns.emplace_back(found->second);
    } else {
      row.columns.emplace_back(std::nullopt);
    }
  }
  return row;
}

FakeWorkspace::Found FakeWorkspace::found(const std::string& kind, const Object& object) const {
  return {.id = object.id, .row = row_of(kind, object), .creator = object.creator, .created = object.created};
}

std::vector<FakeWorkspace::Found> FakeWorkspace::find(const model::Kind& kind, const std::string& name) {
  const std::lock_guard lock(mutex_);
  refuse_signed_out();
  let_late_ones_in();
  std::vector<Found> out;
  for (const Object& one : objects_[kind.collection.name])
    if (one.name == name) out.push_back(found(kind.collection.name, one));
  return out;
}

std::optional<FakeWorkspace::Found> FakeWorkspace::read(const model::Kind& kind, const std::string& id) {
  const std::lock_guard lock(mutex_);
  refuse_signed_out();
  let_late_ones_in();
  const Object* one = object(kind.collection.name, id);
  return one ? std::optional(found(kind.collection.name, *one)) : std::nullopt;
}

std::string FakeWorkspace::put(const std::string& kind, const std::string& name, const std::string& definition,
                               const std::map<std::string, std::string>& columns, const std::string& creator) {
  return insert(kind, {.id = {},
                       .name = name,
                       .definition = definition,
                       .columns = columns,
                       .creator = creator,
                       .created = clock_.now()});
}

void FakeWorkspace::rewrite(const std::string& kind, const std::string& id, const std::string& definition) {
  object(kind, id)->definition = definition;
}

void FakeWorkspace::rewrite_column(const std::string& kind, const std::string& id, const std::string& column,
                                   const std::string& value) {
  object(kind, id)->columns[column] = value;
}

void FakeWorkspace::erase(const std::string& kind, const std::string& id) {
  std::erase_if(objects_[kind], [&](const Object& one) { return one.id == id; });
}

void FakeWorkspace::become(const FakeWorkspace& other) {
  const std::scoped_lock lock(mutex_, other.mutex_);
  next_ = other.next_;
  objects_ = other.objects_;
  late_ones_ = other.late_ones_;
}

std::string FakeWorkspace::body(const std::string& kind, const std::string& id) const {
  for (const Object& one : objects_.at(kind))
    if (one.id == id) return one.definition;
  return {};
}

std::string FakeWorkspace::column(const std::string& kind, const std::string& id, const std::string& column) const {
  for (const Object& one : objects_.at(kind))
    if (one.id == id && one.columns.count(column) != 0) return one.columns.at(column);
  return {};
}

std::string FakeWorkspace::id_of(const std::string& kind, const std::string& name) const {
  for (const Object& one : objects_.at(kind))
    if (one.name == name) return one.id;
  return {};
}

std::vector<model::Resource> FakeWorkspace::capture() const {
  std::vector<model::Resource> out;
  for (const auto& [kind, objects] : objects_)
    for (const Object& one : objects)
      out.push_back(workspace_kind_set().resource(*workspace_kind_set().find(kind), row_of(kind, one)));
  return out;
}

std::vector<std::string> FakeWorkspace::state() const {
  std::vector<std::pair<std::string, std::string>> labels;
  for (const auto& [kind, objects] : objects_)
    for (const Object& one : objects) {
      const JsonText json(one.definition);
      const JsonText::Id origin = json.member(JsonText::k_root, "origin");
      if (one.id != one.name)
        labels.emplace_back(one.id,
                            fmt::format("<{} {}>", kind, origin == JsonText::k_none ? "" : json.string(origin)));
    }
  std::vector<std::string> out;
  for (const auto& [kind, objects] : objects_)
    for (const Object& one : objects) {
      std::string text = fmt::format("{} {} by {}{}: {}", kind, one.name, one.creator, one.running ? " (running)" : "",
                                     one.definition);
      for (const auto& [name, value] : one.columns) text += fmt::format(" {}={}", name, value);
      for (const auto& [id, label] : labels) replace_all(text, id, label);
      out.push_back(std::move(text));
    }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace holdfast::test
