#include "sim/databricks/paging.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "model/base64.h"
#include "sim/databricks/api_error.h"

namespace holdfast::sim::databricks {
namespace {

//   token = base64( index "|" key-of-the-item-before )
std::string make_token(std::size_t index, const std::string& key_before) {
  return model::base64_encode(fmt::format("{}|{}", index, key_before));
}

std::size_t start_of(const std::string& token, std::size_t total,
                     const std::function<std::string(std::size_t)>& key_of) {
  std::string text;
  try {
    text = model::base64_decode(token);
  } catch (const base::Error&) {
    throw invalid("Invalid page token");
  }
  std::size_t index = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (failure != std::errc() || stop == text.data() + text.size() || *stop != '|') throw invalid("Invalid page token");
  const std::string key = text.substr(static_cast<std::size_t>(stop + 1 - text.data()));
  if (index == 0) return 0;
  if (index <= total && key_of(index - 1) == key) return index;
  for (std::size_t i = 0; i < total; ++i) {
    if (key_of(i) == key) return i + 1;
  }
  return std::min(index, total);  // the item is gone; going on at its place may repeat one, never skip two
}

std::size_t page_size(const Call& call, const PageStyle& style) {
  const auto asked = call.query_integer(style.size_parameter).value_or(0);
  if (asked < 0 || asked > static_cast<std::int64_t>(style.largest_size)) {
    throw invalid(fmt::format("{} must be between 0 and {}", style.size_parameter, style.largest_size));
  }
  return asked == 0 ? style.default_size : static_cast<std::size_t>(asked);
}

}  // namespace

Page page_by_token(const Call& call, std::size_t total, const std::function<std::string(std::size_t)>& key_of,
                   const PageStyle& style) {
  Page page;
  auto size = page_size(call, style);
  const auto token = call.query(style.token_parameter).value_or("");
  if (!token.empty()) page.begin = start_of(token, total, key_of);
  if (call.page_fault() == PageFault::shorter) size = std::max<std::size_t>(1, size / 2);
  if (call.page_fault() == PageFault::empty) size = 0;
  page.end = std::min(total, page.begin + size);
  if (page.end < total) page.next_token = make_token(page.end, page.end == 0 ? "" : key_of(page.end - 1));
  return page;
}

Page page_by_index(const Call& call, std::size_t total, std::size_t default_size) {
  Page page;
  const auto start = std::max<std::int64_t>(1, call.query_integer("startIndex").value_or(1));
  auto count = static_cast<std::size_t>(
      std::max<std::int64_t>(0, call.query_integer("count").value_or(static_cast<std::int64_t>(default_size))));
  if (call.page_fault() == PageFault::shorter && count > 1) count /= 2;
  page.begin = std::min(total, static_cast<std::size_t>(start - 1));
  page.end = std::min(total, page.begin + std::min(count, total));
  return page;
}

}  // namespace holdfast::sim::databricks
