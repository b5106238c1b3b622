#include "platform/databricks/placeholders.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>

#include "base/error.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;
using model::JsonText;

JsonText::Id at(const JsonText& json, std::string_view path) {
  JsonText::Id id = JsonText::k_root;
  while (!path.empty()) {
    if (json.type(id) != JsonText::Type::object) return JsonText::k_none;
    const std::size_t dot = std::min(path.find('.'), path.size());
    id = json.member(id, path.substr(0, dot));
    if (id == JsonText::k_none) return id;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return id;
}

using Encode = std::function<std::string(std::string_view)>;

// `text` is of `ask`.
std::string filled(const Ask& ask, std::string_view text, const std::vector<const JsonText*>& documents,
                   const Encode& encode) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    std::string value;
    for (const JsonText* document : documents)
      if (value.empty()) value = scalar_at(*document, name);
    if (value.empty())
      throw Error(ErrorKind::unavailable,
                  fmt::format("the platform's answer has no '{}', which {} asks for", name, ask.path),
                  "Run the command again; where it says the same, the platform has changed its API, and a newer "
                  "version of holdfast may know that.");
    out += encode(value);
    text.remove_prefix(close + 1);
  }
  return out;
}

bool has_all(std::string_view text, const JsonText& document) {
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const std::size_t close = text.find('}', open);
    if (scalar_at(document, text.substr(open + 1, close - open - 1)).empty()) return false;
  }
  return true;
}

}  // namespace

bool can_fill(const Ask& ask, const JsonText& document) {
  if (!has_all(ask.path, document)) return false;
  return std::all_of(ask.query.begin(), ask.query.end(),
                     [&](const auto& one) { return has_all(one.second, document); });
}

std::string scalar_at(const JsonText& json, std::string_view path) {
  const JsonText::Id id = at(json, path);
  if (id == JsonText::k_none) return {};
  const JsonText::Type type = json.type(id);
  const bool scalar =
      type == JsonText::Type::string || type == JsonText::Type::number || type == JsonText::Type::boolean;
  return scalar ? json.string(id) : std::string();
}

Ask fill(const Ask& ask, const std::vector<const JsonText*>& documents) {
  Ask out{.family = ask.family, .path = filled(ask, ask.path, documents, net::encode_segment), .query = {}};
  for (const auto& [name, value] : ask.query)
    out.query.emplace_back(name,
                           filled(ask, value, documents, [](std::string_view text) { return std::string(text); }));
  return out;
}

std::optional<base::Instant> instant_of_milliseconds(std::string_view digits) {
  constexpr std::uint64_t k_most = 253'402'300'799'999;  // more would run over as microseconds
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || problem != std::errc{} || end != digits.data() + digits.size() || number > k_most)
    return std::nullopt;
  return base::Instant(std::chrono::milliseconds(number));
}

}  // namespace holdfast::platform::databricks
