#include "ui/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace holdfast::ui {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t size = 0;  // bytes; 0 = not UTF-8
};

std::size_t length_by_lead(unsigned char lead) noexcept {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

bool is_well_formed(char32_t code, std::size_t size) noexcept {
  if (size == 3) return code >= 0x800 && (code < 0xd800 || code > 0xdfff);
  if (size == 4) return code >= 0x10000 && code <= 0x10ffff;
  return true;
}

Character first_character(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = length_by_lead(lead);
  if (size == 0 || size > text.size()) return {};
  constexpr std::array<unsigned, 5> k_lead_mask{0, 0x7f, 0x1f, 0x0f, 0x07};
  char32_t code = lead & k_lead_mask[size];
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) != 0x80) return {};
    code = (code << 6) | (byte & 0x3f);
  }
  if (!is_well_formed(code, size)) return {};
  return {code, size};
}

struct CodeRange {
  char32_t first;
  char32_t last;
};

bool in_any(char32_t code, const CodeRange* begin, const CodeRange* end) noexcept {
  for (const CodeRange* range = begin; range != end; ++range)
    if (code >= range->first && code <= range->last) return true;
  return false;
}

// Not the whole of Unicode's tables: the blocks that names in catalogues are made of.  A wrong guess costs alignment
// only.
constexpr std::array<CodeRange, 5> k_zero_wide{
    {{0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xe0100, 0xe01ef}}};
constexpr std::array<CodeRange, 9> k_double_wide{{{0x1100, 0x115f},
                                                  {0x2e80, 0xa4cf},
                                                  {0xac00, 0xd7a3},
                                                  {0xf900, 0xfaff},
                                                  {0xfe30, 0xfe6f},
                                                  {0xff00, 0xff60},
                                                  {0xffe0, 0xffe6},
                                                  {0x1f300, 0x1f9ff},
                                                  {0x20000, 0x3fffd}}};

std::size_t width_of(char32_t code) noexcept {
  if (in_any(code, k_zero_wide.begin(), k_zero_wide.end())) return 0;
  if (in_any(code, k_double_wide.begin(), k_double_wide.end())) return 2;
  return 1;
}

// Those that turn the direction of what follows let a name look like another one.
constexpr std::array<CodeRange, 4> k_controls{{{0, 0x1f}, {0x7f, 0x9f}, {0x202a, 0x202e}, {0x2066, 0x2069}}};

bool is_control(char32_t code) noexcept {
  return in_any(code, k_controls.begin(), k_controls.end());
}

}  // namespace

std::size_t display_width(std::string_view text) noexcept {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    width += character.size == 0 ? 1 : width_of(character.code);
    text.remove_prefix(character.size == 0 ? 1 : character.size);
  }
  return width;
}

std::string shorten(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  constexpr std::string_view k_ellipsis = "...";
  if (columns <= k_ellipsis.size()) return std::string(k_ellipsis.substr(0, columns));
  const std::size_t room = columns - k_ellipsis.size();
  std::size_t width = 0;
  std::size_t taken = 0;
  while (taken < text.size()) {
    const Character character = first_character(text.substr(taken));
    const std::size_t wide = character.size == 0 ? 1 : width_of(character.code);
    if (width + wide > room) break;
    width += wide;
    taken += character.size == 0 ? 1 : character.size;
  }
  return std::string(text.substr(0, taken)).append(k_ellipsis);
}

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines(1);
  std::size_t width = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const std::size_t wide = display_width(word);
    if (width != 0 && width + 1 + wide > columns) {
      lines.emplace_back();
      width = 0;
    }
    if (width != 0) {
      lines.back() += ' ';
      ++width;
    }
    lines.back() += word;
    width += wide;
  }
  return lines;
}

std::string printable(std::string_view text, Tabs tabs) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::size_t size = character.size == 0 ? 1 : character.size;
    const bool kept = tabs == Tabs::kept && character.code == '\t';
    if (character.size == 0 || (is_control(character.code) && !kept)) {
      for (const char byte : text.substr(0, size)) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return out;
}

std::size_t valid_utf8_prefix(std::string_view text) noexcept {
  std::size_t valid = 0;
  while (valid < text.size()) {
    const Character character = first_character(text.substr(valid));
    if (character.size == 0) break;
    valid += character.size;
  }
  return valid;
}

}  // namespace holdfast::ui
