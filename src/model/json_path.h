// Paths to fields of JSON documents; the grammar stands in kind.h.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/json_text.h"

namespace holdfast::model {

class JsonPath {
public:
  // Throws Error{internal} naming the path: paths are written in tables, not by users.
  explicit JsonPath(std::string_view text);

  using Visit = std::function<void(JsonText::Id)>;
  // Every value that the path leads to from `from`, each once, in the order of the text.
  void visit(const JsonText& json, JsonText::Id from, const Visit& take) const;
  void visit(const JsonText& json, const Visit& take) const { visit(json, JsonText::k_root, take); }
  // The only value, or the first; k_none when there is none.
  JsonText::Id find(const JsonText& json, JsonText::Id from = JsonText::k_root) const;
  // The value above `id`, or `id` itself, that this path leads to; k_none when it leads to none of them.
  JsonText::Id above(const JsonText& json, JsonText::Id id) const;
  const std::string& text() const noexcept { return text_; }

private:
  friend class JsonPaths;
  struct Step {
    enum class Type { member, item, any_depth } type = Type::member;
    std::string name;     // of a member: may hold wildcards
    bool literal = true;  // it holds none
  };
  bool leads_to(const JsonText& json, JsonText::Id id, std::size_t steps) const;
  void forward(const JsonText& json, JsonText::Id from, std::size_t step, std::vector<JsonText::Id>& out) const;

  std::string text_;
  std::vector<Step> steps_;
  std::size_t pivot_ = 0;  // one behind the last member with a literal name; 0: there is none
};

// Many paths at once: one walk over the document, however many they are.
class JsonPaths {
public:
  JsonPaths() = default;
  explicit JsonPaths(const std::vector<std::string>& texts);
  // (index of the path, value): in the order of the text where paths end in a name.
  void visit(const JsonText& json, const std::function<void(std::size_t, JsonText::Id)>& take) const;

private:
  std::vector<JsonPath> paths_;
  std::vector<std::pair<std::string, std::size_t>> by_name_;  // name of the pivot, sorted
  std::uint64_t hints_ = 0;                                   // which names cannot be one of them
  std::vector<std::size_t> others_;                           // without a pivot
};

}  // namespace holdfast::model
