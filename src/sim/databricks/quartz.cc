#include "sim/databricks/quartz.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/ascii.h"

namespace holdfast::sim::databricks {

namespace {

enum Field : std::size_t { second, minute, hour, month_day, month, weekday, year };

struct Bounds {
  unsigned first = 0, last = 0;
};
constexpr Bounds k_bounds[] = {{0, 59}, {0, 59}, {0, 23}, {1, 31}, {1, 12}, {1, 7}, {1970, 2099}};
constexpr unsigned k_first_year = 1970;
constexpr std::string_view k_months = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
constexpr std::string_view k_weekdays = "SUNMONTUEWEDTHUFRISAT";

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    if (separator != ' ' || !part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<unsigned> value_of(std::size_t field, std::string_view text) {
  if (text.size() == 3 && (field == month || field == weekday)) {
    const std::size_t at = (field == month ? k_months : k_weekdays).find(base::upper(text));
    if (at != std::string_view::npos && at % 3 == 0) return static_cast<unsigned>(at / 3 + 1);
  }
  const auto value = number(text);
  if (!value || *value < k_bounds[field].first || *value > k_bounds[field].last) return std::nullopt;
  return value;
}

unsigned quartz_weekday(std::chrono::sys_days day) {
  return std::chrono::weekday(day).c_encoding() + 1;
}

}  // namespace

std::optional<Quartz> Quartz::parse(std::string_view text) {
  std::vector<std::string_view> parts = split(text, ' ');
  if (parts.size() == 6) parts.push_back("*");
  if (text.size() > 1024 || parts.size() != 7) return std::nullopt;
  // Exactly one of the two day fields says nothing.
  if ((parts[month_day] == "?") == (parts[weekday] == "?")) return std::nullopt;
  Quartz quartz;
  for (std::size_t field = 0; field < parts.size(); ++field) {
    if (!quartz.parse_field(field, parts[field])) return std::nullopt;
  }
  return quartz;
}

bool Quartz::parse_field(std::size_t field, std::string_view text) {
  const std::vector<std::string_view> items = split(text, ',');
  return std::all_of(items.begin(), items.end(), [&](std::string_view item) {
    if (field == month_day && parse_month_day(item)) return true;
    if (field == weekday && parse_weekday(item)) return true;
    return parse_item(field, item);
  });
}

bool Quartz::parse_item(std::size_t field, std::string_view item) {
  const Bounds bounds = k_bounds[field];
  const std::size_t slash = item.find('/');
  const std::string_view range = item.substr(0, slash);
  const auto step = slash == std::string_view::npos ? std::optional<unsigned>(1) : number(item.substr(slash + 1));
  if (!step || *step == 0) return false;
  const std::size_t dash = range.find('-');
  auto from = std::optional<unsigned>(bounds.first);
  auto to = std::optional<unsigned>(bounds.last);
  if (range == "?" && field != month_day && field != weekday) return false;
  if (range != "*" && range != "?") {
    from = value_of(field, range.substr(0, dash));
    if (dash != std::string_view::npos) {
      to = value_of(field, range.substr(dash + 1));
    } else if (slash == std::string_view::npos) {
      to = from;
    }
  }
  if (!from || !to) return false;
  const unsigned base = field == year ? k_first_year : 0;
  // A range may go round: FRI-MON, 22-2.
  const unsigned width = bounds.last - bounds.first + 1;
  const unsigned length = *from <= *to ? *to - *from : *to + width - *from;
  for (unsigned i = 0; i <= length; i += *step) {
    fields_[field].set((*from - bounds.first + i) % width + bounds.first - base);
  }
  return true;
}

bool Quartz::parse_month_day(std::string_view item) {
  if (item == "L") return last_day_ = true;
  if (item.size() < 2 || item.back() != 'W') return false;
  const auto day = value_of(month_day, item.substr(0, item.size() - 1));
  if (day) nearest_weekday_.push_back(*day);
  return day.has_value();
}

bool Quartz::parse_weekday(std::string_view item) {
  const std::size_t hash = item.find('#');
  if (hash != std::string_view::npos) {
    const auto day = value_of(weekday, item.substr(0, hash));
    const auto nth = number(item.substr(hash + 1));
    if (!day || !nth || *nth < 1 || *nth > 5) return false;
    nth_weekdays_.push_back({*day, *nth});
    return true;
  }
  if (item == "L") item = "7";
  if (item.size() < 2 || item.back() != 'L') return false;
  const auto day = value_of(weekday, item.substr(0, item.size() - 1));
  if (day) nth_weekdays_.push_back({*day, 0});
  return day.has_value();
}

bool Quartz::matches_month_day(std::chrono::year_month_day date) const {
  using namespace std::chrono;
  if (fields_[month_day].test(static_cast<unsigned>(date.day()))) return true;
  const year_month_day last = date.year() / date.month() / std::chrono::last;
  if (last_day_ && date == last) return true;
  return std::any_of(nearest_weekday_.begin(), nearest_weekday_.end(), [&](unsigned wanted) {
    if (wanted > static_cast<unsigned>(last.day())) return false;
    const sys_days day = date.year() / date.month() / wanted;
    const unsigned name = quartz_weekday(day);
    int shift = name == 7 ? -1 : name == 1 ? 1 : 0;
    // It never leaves the month.
    if (shift == -1 && wanted == 1) shift = 2;
    if (shift == 1 && day == sys_days(last)) shift = -2;
    return sys_days(date) == day + days(shift);
  });
}

bool Quartz::matches_weekday(std::chrono::sys_days day) const {
  const unsigned name = quartz_weekday(day);
  if (fields_[weekday].test(name)) return true;
  const std::chrono::year_month_day date(day);
  const unsigned week = (static_cast<unsigned>(date.day()) - 1) / 7 + 1;
  const bool last = std::chrono::year_month_day(day + std::chrono::days(7)).month() != date.month();
  return std::any_of(nth_weekdays_.begin(), nth_weekdays_.end(), [&](const NthWeekday& wanted) {
    return wanted.weekday == name && (wanted.nth == 0 ? last : wanted.nth == week);
  });
}

bool Quartz::matches(std::chrono::sys_days day) const {
  const std::chrono::year_month_day date(day);
  const int years = static_cast<int>(date.year()) - static_cast<int>(k_first_year);
  if (years < 0 || years >= static_cast<int>(fields_[year].size()) ||
      !fields_[year].test(static_cast<std::size_t>(years)))
    return false;
  // "?" sets every day of its field, so that the other one alone decides.
  return fields_[month].test(static_cast<unsigned>(date.month())) && matches_month_day(date) && matches_weekday(day);
}

std::optional<base::Instant> Quartz::first_of_hour(base::Instant start, base::Instant after, const Zone& zone) const {
  for (unsigned m = 0; m < 60; ++m) {
    if (!fields_[minute].test(m)) continue;
    const base::Instant wall = start + std::chrono::minutes(m);
    if (zone.instant(wall + std::chrono::seconds(59)) <= after) continue;
    for (unsigned s = 0; s < 60; ++s) {
      if (!fields_[second].test(s)) continue;
      const base::Instant instant = zone.instant(wall + std::chrono::seconds(s));
      if (instant > after) return instant;
    }
  }
  return std::nullopt;
}

std::optional<base::Instant> Quartz::first_of_day(std::chrono::sys_days day, base::Instant after,
                                                  const Zone& zone) const {
  // The earliest of all hours, not the first hour's: an hour that the clock leaps over comes at the same time as the
  // next.
  std::optional<base::Instant> best;
  for (unsigned h = 0; h < 24; ++h) {
    const base::Instant start = day + std::chrono::hours(h);
    if (best && zone.instant(start) > *best) break;
    if (!fields_[hour].test(h)) continue;
    const auto found = first_of_hour(start, after, zone);
    if (found && (!best || *found < *best)) best = found;
  }
  return best;
}

std::optional<base::Instant> Quartz::next(base::Instant after, const Zone& zone) const {
  constexpr std::chrono::days k_horizon(3653);
  const auto today = std::chrono::floor<std::chrono::days>(after + zone.offset(after));
  for (auto day = today; day <= today + k_horizon; day += std::chrono::days(1)) {
    if (!matches(day)) continue;
    if (const auto found = first_of_day(day, after, zone)) return found;
  }
  return std::nullopt;
}

}  // namespace holdfast::sim::databricks
