#include "cli/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

struct Quantity {
  double number = 0;
  std::string_view unit;
};

// A number that is not negative, and what stands behind it.
std::optional<Quantity> split(std::string_view text) {
  Quantity out;
  const auto [end, failure] =
      std::from_chars(text.data(), text.data() + text.size(), out.number, std::chars_format::fixed);
  if (failure != std::errc{} || !(out.number >= 0)) return std::nullopt;
  out.unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (!out.unit.empty() && out.unit.front() == ' ') out.unit.remove_prefix(1);
  return out;
}

[[noreturn]] void refuse(std::string_view text, std::string_view what, std::string_view form) {
  throw Error(ErrorKind::usage, fmt::format("{} is \"{}\", which is not {}", what, text, form),
              fmt::format("Write {}.", form));
}

}  // namespace

std::uint64_t parse_bytes(std::string_view text, std::string_view what) {
  constexpr std::string_view k_form = "a size such as 64MiB or 1.5GiB";
  constexpr std::string_view k_prefixes = "KMGT";
  const auto quantity = split(text);
  if (!quantity) refuse(text, what, k_form);
  std::string_view unit = quantity->unit;
  double factor = 1;
  if (!unit.empty() && unit != "B") {
    const auto power = k_prefixes.find(base::upper(unit.front()));
    unit.remove_prefix(1);
    if (power == std::string_view::npos || (!unit.empty() && unit != "iB" && unit != "B")) refuse(text, what, k_form);
    for (std::size_t i = 0; i <= power; ++i) factor *= 1024;
  }
  constexpr double k_most = 9e18;
  if (quantity->number * factor > k_most) refuse(text, what, k_form);
  return static_cast<std::uint64_t>(quantity->number * factor);
}

base::Duration parse_duration(std::string_view text, std::string_view what) {
  constexpr std::string_view k_form = "a time such as 90s, 30m, 2h or 7d";
  constexpr std::array<std::pair<std::string_view, double>, 5> k_units{
      {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}};
  const auto quantity = split(text);
  if (!quantity) refuse(text, what, k_form);
  constexpr double k_most_seconds = 1e9;
  for (const auto& [name, seconds] : k_units) {
    if (quantity->unit != name) continue;
    if (quantity->number * seconds > k_most_seconds) refuse(text, what, k_form);
    return std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(quantity->number * seconds));
  }
  refuse(text, what, k_form);
}

double parse_percent(std::string_view text, std::string_view what) {
  constexpr std::string_view k_form = "a share such as 5% or 100%";
  const auto quantity = split(text);
  if (!quantity || (!quantity->unit.empty() && quantity->unit != "%")) refuse(text, what, k_form);
  if (quantity->number <= 0 || quantity->number > 100) refuse(text, what, k_form);
  return quantity->number / 100;
}

unsigned parse_count(std::string_view text, std::string_view what, unsigned most) {
  unsigned out = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failure != std::errc{} || end != text.data() + text.size() || out == 0 || out > most)
    refuse(text, what, fmt::format("a number from 1 to {}", most));
  return out;
}

}  // namespace holdfast::cli
