#include "model/json_path.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "model/glob.h"

namespace holdfast::model {

namespace {

using Id = JsonText::Id;
constexpr Id k_none = JsonText::k_none;

[[noreturn]] void fail(std::string_view text) {
  throw base::Error(base::ErrorKind::internal, fmt::format("'{}' is not a path to a field", text));
}

// The quoted name that begins at text[at]; `at` is moved behind the closing bracket.
std::string quoted_name(std::string_view text, std::size_t& at) {
  const std::size_t end = text.find("\"]", at);
  if (text.substr(at, 1) != "\"" || end == std::string_view::npos) fail(text);
  std::string name(text.substr(at + 1, end - at - 1));
  at = end + 2;
  return name;
}

// One bit of 64: most names of a document are told apart from those that are looked for without comparing them.
std::uint64_t hint_of(std::string_view name) noexcept {
  if (name.empty()) return 1;
  const auto first = static_cast<unsigned char>(name.front());
  const auto last = static_cast<unsigned char>(name.back());
  return std::uint64_t{1} << ((name.size() * 31 + first * 7u + last) & 63u);
}

}  // namespace

JsonPath::JsonPath(std::string_view text) : text_(text) {
  const auto add_member = [&](std::string name) {
    if (name.empty()) fail(text);
    if (name == "**") {
      steps_.push_back({Step::Type::any_depth, {}, false});
      return;
    }
    const bool literal = name.find_first_of("*?") == std::string::npos;
    steps_.push_back({Step::Type::member, std::move(name), literal});
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with("[*]")) {
      steps_.push_back({Step::Type::item, {}, false});
      at += 3;
    } else if (text[at] == '[') {
      ++at;
      add_member(quoted_name(text, at));
    } else {
      if (text[at] == '.') ++at;
      const std::size_t end = std::min(text.find_first_of(".[", at), text.size());
      add_member(std::string(text.substr(at, end - at)));
      at = end;
    }
  }
  for (std::size_t i = 0; i < steps_.size(); ++i)
    if (steps_[i].type == Step::Type::member && steps_[i].literal) pivot_ = i + 1;
}

// Whether the first `steps` steps lead from the root to `id`: read from the right, where most paths differ.
bool JsonPath::leads_to(const JsonText& json, Id id, std::size_t steps) const {
  if (steps == 0) return id == JsonText::k_root;
  const Step& step = steps_[steps - 1];
  switch (step.type) {
    case Step::Type::any_depth:
      for (; id != k_none; id = json.parent(id))
        if (leads_to(json, id, steps - 1)) return true;
      return false;
    case Step::Type::item:
      if (id == JsonText::k_root || json.is_member(id)) return false;
      break;
    case Step::Type::member:
      if (id == JsonText::k_root || !json.is_member(id)) return false;
      if (step.literal ? json.name(id) != step.name : !glob_match(step.name, json.name(id))) return false;
      break;
  }
  return leads_to(json, json.parent(id), steps - 1);
}

void JsonPath::forward(const JsonText& json, Id from, std::size_t step, std::vector<Id>& out) const {
  if (step == steps_.size()) {
    out.push_back(from);
    return;
  }
  const Step& own = steps_[step];
  if (own.type == Step::Type::any_depth) forward(json, from, step + 1, out);
  for (Id child = json.first(from); child != k_none; child = json.next(child)) {
    if (own.type == Step::Type::any_depth) {
      forward(json, child, step, out);
    } else if (own.type == Step::Type::item) {
      if (!json.is_member(child)) forward(json, child, step + 1, out);
    } else if (json.is_member(child) &&
               (own.literal ? json.name(child) == own.name : glob_match(own.name, json.name(child)))) {
      forward(json, child, step + 1, out);
    }
  }
}

void JsonPath::visit(const JsonText& json, Id from, const Visit& take) const {
  std::vector<Id> found;
  forward(json, from, 0, found);
  // Two ** may lead to one value in several ways.
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  for (const Id id : found) take(id);
}

Id JsonPath::find(const JsonText& json, Id from) const {
  Id out = k_none;
  visit(json, from, [&](Id id) {
    if (out == k_none) out = id;
  });
  return out;
}

Id JsonPath::above(const JsonText& json, Id id) const {
  for (; id != k_none; id = json.parent(id))
    if (leads_to(json, id, steps_.size())) return id;
  return k_none;
}

JsonPaths::JsonPaths(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const JsonPath& path = paths_.emplace_back(text);
    const std::size_t index = paths_.size() - 1;
    if (path.pivot_ == 0) {
      others_.push_back(index);
    } else {
      by_name_.emplace_back(path.steps_[path.pivot_ - 1].name, index);
      hints_ |= hint_of(by_name_.back().first);
    }
  }
  std::sort(by_name_.begin(), by_name_.end());
}

void JsonPaths::visit(const JsonText& json, const std::function<void(std::size_t, Id)>& take) const {
  for (const std::size_t index : others_) paths_[index].visit(json, [&](Id id) { take(index, id); });
  if (by_name_.empty()) return;
  std::vector<Id> found;
  const auto before = [](const auto& entry, std::string_view name) { return entry.first < name; };
  for (Id id = 1; id < json.size(); ++id) {
    if (!json.is_member(id)) continue;
    const std::string_view name = json.name(id);
    if ((hints_ & hint_of(name)) == 0) continue;
    auto entry = std::lower_bound(by_name_.begin(), by_name_.end(), name, before);
    for (; entry != by_name_.end() && entry->first == name; ++entry) {
      const JsonPath& path = paths_[entry->second];
      if (!path.leads_to(json, id, path.pivot_)) continue;
      found.clear();
      path.forward(json, id, path.pivot_, found);
      std::sort(found.begin(), found.end());
      found.erase(std::unique(found.begin(), found.end()), found.end());
      for (const Id one : found) take(entry->second, one);
    }
  }
}

}  // namespace holdfast::model
