#include "engine/resources/mentions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "model/json_text.h"

namespace holdfast::engine {

namespace {

constexpr std::size_t k_shortest_id = 6;
constexpr std::size_t k_named = 5;

constexpr bool is_word(char c) noexcept {
  return base::is_letter_or_digit(c) || c == '-' || c == '_';
}

bool can_be_told(std::string_view id) noexcept {
  return id.size() >= k_shortest_id && std::all_of(id.begin(), id.end(), is_word) &&
         id.find_first_of("0123456789") != std::string_view::npos;
}

std::vector<std::string> shortened(std::vector<std::string> notes) {
  if (notes.size() <= k_named) return notes;
  const std::size_t more = notes.size() - k_named;
  notes.resize(k_named);
  notes.push_back(fmt::format("and {} more places mention old ids", more));
  return notes;
}

}  // namespace

void Mentions::add_id(const std::string& id, std::string path) {
  if (!can_be_told(id)) return;
  owned_.push_back(std::make_unique<std::string>(id));
  ids_.emplace(*owned_.back(), std::move(path));
}

void Mentions::add_text(std::string text) {
  if (!text.empty()) texts_.push_back(std::move(text));
}

std::vector<std::string> Mentions::found(std::string_view text) const {
  std::vector<std::string> out;
  for (const std::string& one : texts_)
    if (text.find(one) != std::string_view::npos) out.push_back(one);
  if (ids_.empty()) return out;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_word(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end - at >= k_shortest_id) {
      const auto known = ids_.find(text.substr(at, end - at));
      if (known != ids_.end()) out.push_back(fmt::format("{} ({})", known->first, known->second));
    }
    at = end;
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::string> Mentions::in_text(std::string_view name, std::string_view text) const {
  std::vector<std::string> out = found(text);
  for (std::string& one : out) one = fmt::format("{} mentions {}: it is not rewritten", name, one);
  return shortened(std::move(out));
}

std::vector<std::string> Mentions::in_json(std::string_view name, const std::string& text) const {
  std::vector<std::string> out;
  if (found(text).empty()) return out;  // by far the most: not worth a walk
  const model::JsonText json(text);
  for (model::JsonText::Id id = 0; id < json.size(); ++id) {
    if (json.type(id) != model::JsonText::Type::string) continue;
    for (const std::string& one : found(json.string(id)))
      out.push_back(fmt::format("{}.{} mentions {}: it is not rewritten", name, json.where(id), one));
  }
  return shortened(std::move(out));
}

}  // namespace holdfast::engine
