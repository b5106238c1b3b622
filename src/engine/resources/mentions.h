// Free text that mentions what will have another id on the target: reported, never rewritten.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast::engine {

class Mentions {
public:
  // Ids too short or too plain to be told from other words are not looked for.
  void add_id(const std::string& id, std::string path);
  void add_text(std::string text);  // a host name: found anywhere
  bool empty() const noexcept { return ids_.empty() && texts_.empty(); }
  // Where `text` mentions any: in JSON by the field, else as `name`.  A few are named, the rest counted.
  std::vector<std::string> in_json(std::string_view name, const std::string& text) const;
  std::vector<std::string> in_text(std::string_view name, std::string_view text) const;

private:
  std::vector<std::string> found(std::string_view text) const;
  std::unordered_map<std::string_view, std::string> ids_;  // into `owned_`
  std::vector<std::unique_ptr<std::string>> owned_;
  std::vector<std::string> texts_;
};

}  // namespace holdfast::engine
