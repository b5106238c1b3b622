// What the golden repositories hold.  Both the program that makes them and the test that reads them take it from here;
// it must never change for a format that is published.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "repository/repository.h"

namespace holdfast::golden {

using Rows = std::map<base::Bytes, std::vector<std::optional<base::Bytes>>>;

inline constexpr std::string_view k_passphrase = "golden: known to everybody";
inline constexpr repository::TreeShape k_shape{.columns = 3, .rows_per_block = 16, .entries_per_node = 4};
inline constexpr std::size_t k_large_value = 70'000;  // goes to an overflow block

inline Rows first_rows() {
  Rows out;
  for (int i = 0; i < 300; ++i) {
    std::optional<base::Bytes> note;
    if (i % 5 != 0) note = i % 7 == 0 ? "" : fmt::format("note {}", i * 31 % 101);
    out[fmt::format("urn:li:dataset:{:05}", i * 37 % 1000)] = {fmt::format(R"({{"name":"table {}"}})", i), note,
                                                               std::nullopt};
  }
  base::Bytes large;
  for (std::size_t i = 0; i < k_large_value; ++i) large.push_back(static_cast<char>(i * i % 251));
  out["urn:li:large"] = {large, "with a large value", std::string("\0\xff\xf0\x9f\x8c\xb2", 6)};
  return out;
}

// Some rows gone, some changed in one column, some new.
inline Rows second_rows() {
  Rows out = first_rows();
  for (int i = 0; i < 40; ++i) out.erase(fmt::format("urn:li:dataset:{:05}", i * 37 * 7 % 1000));
  for (int i = 1; i < 30; ++i) {
    const auto row = out.find(fmt::format("urn:li:dataset:{:05}", i * 37 * 9 % 1000));
    if (row != out.end()) row->second[1] = fmt::format("changed {}", i);
  }
  for (int i = 0; i < 20; ++i) out[fmt::format("urn:li:tag:{}", i)] = {fmt::format("tag {}", i), std::nullopt, ""};
  return out;
}

inline std::vector<base::ColumnView> views(const std::vector<std::optional<base::Bytes>>& values) {
  return {values.begin(), values.end()};
}

inline repository::ContentHash content_of(const repository::BoundaryKey& key, const Rows& rows) {
  repository::ContentHash out;
  for (const auto& [name, values] : rows) {
    const auto columns = views(values);
    out.add(key, {name, columns});
  }
  return out;
}

}  // namespace holdfast::golden
