#include "ui/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ui/text.h"

namespace holdfast::ui {
namespace {

void append_padded(std::string& line, std::string_view text, std::size_t width, Align align) {
  const std::size_t own = display_width(text);
  const std::string blanks(width > own ? width - own : 0, ' ');
  if (align == Align::right) line += blanks;
  line += text;
  if (align == Align::left) line += blanks;
}

void trim_end(std::string& line) {
  line.erase(line.find_last_not_of(' ') + 1);
}

}  // namespace

Table::Table(std::vector<Heading> headings) : headings_(std::move(headings)) {}

void Table::row(std::vector<std::string> cells) {
  cells.resize(headings_.size());
  // Cells may hold what others named: a line break or an escape sequence in a name must not break the table.
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::text(std::size_t columns) const {
  std::vector<std::size_t> widths;
  for (const Heading& heading : headings_) widths.push_back(display_width(heading.text));
  for (const auto& cells : rows_)
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], display_width(cells[i]));

  // Narrower than this a text is torn to pieces: the terminal may then wrap as it likes.
  constexpr std::size_t k_last_least = 20;
  std::size_t before_last = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) before_last += widths[i] + 2;
  const std::size_t room = columns > before_last ? columns - before_last : 0;
  if (!widths.empty() && room >= k_last_least) widths.back() = std::min(widths.back(), room);

  std::string out;
  const auto append_line = [&](const auto& text_of) {
    std::string line;
    for (std::size_t i = 0; i < headings_.size(); ++i) {
      if (i != 0) line += "  ";
      append_padded(line, text_of(i), widths[i], headings_[i].align);
    }
    trim_end(line);
    out += line + '\n';
  };
  append_line([&](std::size_t i) -> std::string_view { return headings_[i].text; });
  append_line([&](std::size_t i) { return std::string(widths[i], '-'); });
  for (const auto& cells : rows_) {
    const std::vector<std::string> last = wrap(cells.back(), std::max(widths.back(), k_last_least));
    append_line([&](std::size_t i) -> std::string_view { return i + 1 < cells.size() ? cells[i] : last.front(); });
    for (std::size_t line = 1; line < last.size(); ++line) out += std::string(before_last, ' ') + last[line] + '\n';
  }
  return out;
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 7> k_units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  std::size_t unit = 0;
  auto value = static_cast<double>(bytes);
  // 1023.95 would be printed as 1024.0: the next unit says it better.
  while (value >= 1023.95 && unit + 1 < k_units.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, k_units[unit]);
}

std::string format_count(std::uint64_t count) {
  const std::string digits = fmt::format("{}", count);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string format_counted(std::uint64_t count, std::string_view singular) {
  return fmt::format("{} {}{}", format_count(count), singular, count == 1 ? "" : "s");
}

}  // namespace holdfast::ui
