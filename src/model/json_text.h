// A JSON text that can be looked into and edited without being reprinted: what is not edited keeps its bytes, so that
// numbers of any size, the order of members, duplicate names and white space survive.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::model {

class JsonText {
public:
  enum class Type : std::uint8_t { object, array, string, number, boolean, null };
  using Id = std::uint32_t;  // of a value in the text
  static constexpr Id k_root = 0;
  static constexpr Id k_none = ~Id{0};
  static constexpr std::size_t k_depth_max = 200;

  // Throws Error{corruption} naming the byte at which the text ceases to be JSON, or nests deeper than k_depth_max.
  explicit JsonText(std::string text);

  Type type(Id id) const noexcept { return nodes_[id].type; }
  Id parent(Id id) const noexcept { return nodes_[id].parent; }  // k_none above the root
  Id first(Id id) const noexcept { return nodes_[id].first; }    // k_none when it holds nothing
  Id next(Id id) const noexcept { return nodes_[id].next; }      // sibling
  std::size_t size() const noexcept { return nodes_.size(); }    // all ids are below it, parents before children
  std::string_view raw(Id id) const noexcept { return view(nodes_[id].begin, nodes_[id].end); }
  std::size_t offset(Id id) const noexcept { return nodes_[id].begin; }
  std::string_view name(Id id) const noexcept;  // of a member, escapes resolved; empty for items
  bool is_member(Id id) const noexcept;
  std::string string(Id id) const;  // of a string, escapes resolved; of anything else its text
  Id member(Id object, std::string_view name) const noexcept;  // k_none; the last of several of one name
  // As people write it: settings.tasks[3].name
  std::string where(Id id) const;

  // Edits do not change what the functions above say; they show in print().  A removed value takes its name and comma
  // along.  `json` is put in as it is.
  void replace(Id id, std::string json);
  void remove(Id id);
  bool removed(Id id) const noexcept { return nodes_[id].edit == Edit::removed; }
  bool is_gone(Id id) const noexcept;  // it, or something above it, is removed
  void add_member(Id object, std::string_view name, std::string json);
  std::string print(Id id = k_root) const;

private:
  enum class Edit : std::uint8_t { none, below, replaced, removed };
  struct Node {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t name_begin = 0;  // of the quoted name; equal to `name_end` for items
    std::uint32_t name_end = 0;
    Id parent = k_none;
    Id first = k_none;
    Id next = k_none;
    Type type = Type::null;
    Edit edit = Edit::none;
    bool escaped_name = false;
  };
  friend class JsonScanner;

  std::string_view view(std::size_t begin, std::size_t end) const noexcept {
    return std::string_view(text_).substr(begin, end - begin);
  }
  void mark_above(Id id);
  void print(Id id, std::string& out) const;
  void print_container(Id id, std::string& out) const;

  std::string text_;
  std::vector<Node> nodes_;
  std::map<Id, std::string> names_;  // those with escapes, resolved
  std::map<Id, std::string> replacements_;
  std::map<Id, std::vector<std::pair<std::string, std::string>>> added_;
};

// A string as JSON writes it.  Bytes that are not UTF-8 stay as they are.
std::string json_quoted(std::string_view text);
// The text of a quoted JSON string, escapes resolved.  `quoted` has been checked by JsonText.
std::string json_unquoted(std::string_view quoted);

}  // namespace holdfast::model
