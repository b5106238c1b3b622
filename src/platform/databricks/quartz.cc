#include "platform/databricks/quartz.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <optional>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;
using std::chrono::days;
using std::chrono::sys_days;

constexpr std::size_t k_text_most = 1024;
constexpr unsigned k_saturday = 7;
constexpr unsigned k_every_month_has = 28;

struct Field {
  const char* name;
  unsigned first;
  unsigned last;
  std::string_view words{};  // of three letters each, for the values from `first` on
  enum class Round { may, may_not } round = Round::may;
};
constexpr Field k_second{"seconds", 0, 59};
constexpr Field k_minute{"minutes", 0, 59};
constexpr Field k_hour{"hours", 0, 23};
constexpr Field k_month_day{"day of month", 1, 31};
constexpr Field k_month{"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"};
constexpr Field k_weekday{"day of week", 1, 7, "SUNMONTUEWEDTHUFRISAT"};
constexpr Field k_year{"year", 1970, 2099, {}, Field::Round::may_not};

[[noreturn]] void not_understood(const Field& field, std::string_view text) {
  throw Error(ErrorKind::unsupported, fmt::format("'{}' is not understood as its {}", text, field.name));
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t end = text.find_first_of(separators);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

std::optional<unsigned> number(std::string_view text) {
  unsigned out = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::optional<unsigned> value_of(const Field& field, std::string_view text) {
  if (text.size() == 3)
    for (std::size_t at = 0; at < field.words.size(); at += 3)
      if (field.words.substr(at, 3) == text) return field.first + static_cast<unsigned>(at / 3);
  const std::optional<unsigned> out = number(text);
  return out && *out >= field.first && *out <= field.last ? out : std::nullopt;
}

// Adds what one item of the field means.
template <typename Set>
void add_item(const Field& field, std::string_view item, Set& out) {
  const std::size_t slash = item.find('/');
  std::string_view range = item.substr(0, slash);
  const unsigned width = field.last - field.first + 1;
  std::optional<unsigned> step = 1;
  if (slash != std::string_view::npos) {
    step = number(item.substr(slash + 1));
    if (range.empty()) range = "*";
  }
  if (!step || *step == 0 || *step > width) not_understood(field, item);
  std::optional<unsigned> from = field.first;
  std::optional<unsigned> to = field.last;
  if (range != "*") {
    const std::size_t dash = range.find('-');
    from = value_of(field, range.substr(0, dash));
    if (dash != std::string_view::npos)
      to = value_of(field, range.substr(dash + 1));
    else if (slash == std::string_view::npos)
      to = from;
  }
  if (!from || !to || (*to < *from && field.round == Field::Round::may_not)) not_understood(field, item);
  const unsigned end = *to < *from ? *to + width : *to;
  for (unsigned value = *from; value <= end; value += *step) out.set(value > field.last ? value - width : value);
}

template <typename Set>
Set values(const Field& field, std::string_view text) {
  Set out;
  for (const std::string_view item : split(text, ",")) add_item(field, item, out);
  return out;
}

std::vector<std::chrono::seconds> times_of_day(const std::vector<std::string_view>& fields) {
  const auto seconds = values<std::bitset<60>>(k_second, fields[0]);
  const auto minutes = values<std::bitset<60>>(k_minute, fields[1]);
  const auto hours = values<std::bitset<24>>(k_hour, fields[2]);
  std::vector<std::chrono::seconds> out;
  for (unsigned minute = 0; minute < hours.size() * minutes.size(); ++minute) {
    if (!hours.test(minute / 60) || !minutes.test(minute % 60)) continue;
    for (unsigned second = 0; second < seconds.size(); ++second)
      if (seconds.test(second)) out.push_back(std::chrono::minutes(minute) + std::chrono::seconds(second));
  }
  return out;
}

unsigned weekday_of(sys_days day) {
  return std::chrono::weekday(day).c_encoding() + 1;
}

sys_days last_of_month(std::chrono::year_month_day date) {
  return sys_days(date.year() / date.month() / std::chrono::last);
}

// The weekday of the same month that is nearest to a day of it.
sys_days nearest_weekday(sys_days day) {
  const std::chrono::year_month_day date(day);
  const unsigned name = weekday_of(day);
  if (name == k_saturday) return static_cast<unsigned>(date.day()) == 1 ? day + days(2) : day - days(1);
  if (name == 1) return day == last_of_month(date) ? day - days(2) : day + days(1);
  return day;
}

const date::time_zone& zone_named(const std::string& name) {
  try {
    return *date::locate_zone(name);
  } catch (const std::exception&) {
    throw Error(ErrorKind::unsupported, fmt::format("this machine knows no time zone '{}'", name));
  }
}

}  // namespace

Quartz::Quartz(std::string_view expression, std::string zone) : zone_(std::move(zone)) {
  const std::string text = base::upper(expression.substr(0, k_text_most));
  std::vector<std::string_view> fields = split(text, " \t");
  std::erase(fields, std::string_view());
  if (expression.size() > k_text_most || fields.size() < 6 || fields.size() > 7)
    throw Error(ErrorKind::unsupported, fmt::format("'{}' is no expression of six or seven fields", expression));
  if ((fields[3] == "?") == (fields[5] == "?"))
    throw Error(ErrorKind::unsupported, "days of the month and of the week are named at once, or neither");
  times_ = times_of_day(fields);
  days_ = fields[5] == "?" ? days_of_month(fields[3]) : days_of_week(fields[5]);
  months_ = values<std::bitset<13>>(k_month, fields[4]);
  years_ = values<std::bitset<2100>>(k_year, fields.size() == 7 ? fields[6] : "*");
}

Quartz::Days Quartz::days_of_month(std::string_view text) {
  Days out;
  if (text == "L" || text.starts_with("L-")) {
    const std::optional<unsigned> before = text == "L" ? 0 : number(text.substr(2));
    if (!before || *before >= k_every_month_has) not_understood(k_month_day, text);
    out.rule = Days::Rule::before_last;
    out.day = *before;
  } else if (text == "LW") {
    out.rule = Days::Rule::last_weekday;
  } else if (text.ends_with("W")) {
    const std::optional<unsigned> day = value_of(k_month_day, text.substr(0, text.size() - 1));
    if (!day || *day > k_every_month_has) not_understood(k_month_day, text);
    out.rule = Days::Rule::nearest_weekday;
    out.day = *day;
  } else {
    out.days = values<std::bitset<32>>(k_month_day, text);
  }
  return out;
}

Quartz::Days Quartz::days_of_week(std::string_view text) {
  Days out{.rule = Days::Rule::of_week};
  const std::size_t hash = text.find('#');
  if (hash != std::string_view::npos) {
    const std::optional<unsigned> day = value_of(k_weekday, text.substr(0, hash));
    const std::optional<unsigned> nth = number(text.substr(hash + 1));
    if (!day || !nth || *nth < 1 || *nth > 5) not_understood(k_weekday, text);
    return {.rule = Days::Rule::nth_of_week, .day = *day, .nth = *nth};
  }
  if (text == "L") {
    out.days.set(k_saturday);
  } else if (text.ends_with("L")) {
    const std::optional<unsigned> day = value_of(k_weekday, text.substr(0, text.size() - 1));
    if (!day) not_understood(k_weekday, text);
    return {.rule = Days::Rule::last_of_week, .day = *day};
  } else {
    out.days = values<std::bitset<32>>(k_weekday, text);
  }
  return out;
}

bool Quartz::falls_on(sys_days day) const {
  const std::chrono::year_month_day date(day);
  const int year = static_cast<int>(date.year());
  if (year < 0 || year >= static_cast<int>(years_.size()) || !years_.test(static_cast<std::size_t>(year))) return false;
  if (!months_.test(static_cast<unsigned>(date.month()))) return false;
  const unsigned of_month = static_cast<unsigned>(date.day());
  switch (days_.rule) {
    case Days::Rule::of_month:
      return days_.days.test(of_month);
    case Days::Rule::of_week:
      return days_.days.test(weekday_of(day));
    case Days::Rule::before_last:
      return day == last_of_month(date) - days(days_.day);
    case Days::Rule::nearest_weekday:
      return day == nearest_weekday(sys_days(date.year() / date.month() / days_.day));
    case Days::Rule::last_weekday:
      return day == nearest_weekday(last_of_month(date));
    case Days::Rule::last_of_week:
      return weekday_of(day) == days_.day && day + days(7) > last_of_month(date);
    case Days::Rule::nth_of_week:
      return weekday_of(day) == days_.day && (of_month - 1) / 7 + 1 == days_.nth;
  }
  return false;
}

std::vector<base::Instant> Quartz::due(const Stretch& within, std::size_t most) const {
  const date::time_zone& zone = zone_named(zone_);
  std::set<base::Instant> out;
  const auto take = [&](std::chrono::seconds wall) {
    // Of an hour that comes twice, or not at all, `first` is the offset before the change.
    const date::local_info info = zone.get_info(date::local_seconds(wall));
    const base::Instant at(wall - info.first.offset);
    if (at <= within.from || at > within.until) return;
    out.insert(at);
    if (out.size() > most)
      throw Error(ErrorKind::unsupported, fmt::format("it is due more than {} times in that stretch", most));
  };
  // Wall clocks are less than two days apart from UTC.
  const sys_days first = std::chrono::floor<days>(within.from) - days(2);
  const sys_days last = std::chrono::floor<days>(within.until) + days(2);
  for (sys_days day = first; day <= last; day += days(1)) {
    if (falls_on(day))
      for (const std::chrono::seconds time : times_) take(day.time_since_epoch() + time);
  }
  return {out.begin(), out.end()};
}

}  // namespace holdfast::platform::databricks
