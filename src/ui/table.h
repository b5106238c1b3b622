// Aligned tables for people.  Widths are of characters, not bytes; numbers are set to the right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace holdfast::ui {

enum class Align { left, right };

class Table {
public:
  struct Heading {
    std::string text;
    Align align = Align::left;
  };
  explicit Table(std::vector<Heading> headings);
  void row(std::vector<std::string> cells);
  // One line a row, with a rule under the headings; lines end without spaces.  Where that is wider than `columns`, the
  // last column is wrapped at blanks.
  std::string text(std::size_t columns = SIZE_MAX) const;

private:
  std::vector<Heading> headings_;
  std::vector<std::vector<std::string>> rows_;
};

std::string format_bytes(std::uint64_t bytes);  // 1.5 GiB
std::string format_count(std::uint64_t count);  // 1,234,567
// "1 row", "1,234 rows".
std::string format_counted(std::uint64_t count, std::string_view singular);

}  // namespace holdfast::ui
