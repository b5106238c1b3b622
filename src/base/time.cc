#include "base/time.h"

#include <fmt/format.h>

#include <cstdlib>

namespace holdfast::base {

namespace {

using namespace std::chrono;

// Eats one well-formed field after another; a field that does not fit leaves the scanner as it was.
class Scanner {
public:
  explicit Scanner(std::string_view text) noexcept : rest_(text) {}

  bool at_end() const noexcept { return rest_.empty(); }

  bool accept(char wanted) noexcept {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly `digits` decimal digits, no sign.
  std::optional<int> number(std::size_t digits) noexcept {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(rest_[i])) return std::nullopt;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  // One to six digits behind the decimal point, as microseconds.  A seventh digit is left standing, and so refused by
  // the caller: cutting it off in silence would make two instants equal that are not.
  std::optional<microseconds> fraction() noexcept {
    int value = 0;
    int digits = 0;
    while (digits < 6 && !rest_.empty() && is_digit(rest_.front())) {
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
      ++digits;
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 6; ++digits) value *= 10;
    return microseconds(value);
  }

private:
  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  std::string_view rest_;
};

std::optional<sys_days> parse_date(Scanner& scan) {
  const auto y = scan.number(4);
  if (!y || !scan.accept('-')) return std::nullopt;
  const auto m = scan.number(2);
  if (!m || !scan.accept('-')) return std::nullopt;
  const auto d = scan.number(2);
  if (!d) return std::nullopt;
  const year_month_day date{year(*y), month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

std::optional<microseconds> parse_hours_and_minutes(Scanner& scan) {
  const auto h = scan.number(2);
  if (!h || *h > 23 || !scan.accept(':')) return std::nullopt;
  const auto m = scan.number(2);
  if (!m || *m > 59) return std::nullopt;
  return hours(*h) + minutes(*m);
}

std::optional<microseconds> parse_time_of_day(Scanner& scan) {
  auto time = parse_hours_and_minutes(scan);
  if (!time || !scan.accept(':')) return time;
  const auto s = scan.number(2);
  if (!s || *s > 59) return std::nullopt;
  *time += seconds(*s);
  if (!scan.accept('.')) return time;
  const auto fraction = scan.fraction();
  if (!fraction) return std::nullopt;
  return *time + *fraction;
}

// What has to be added to UTC to get the local time; nothing at all is UTC.
std::optional<microseconds> parse_zone(Scanner& scan) {
  if (scan.at_end() || scan.accept('Z')) return microseconds(0);
  const bool east = scan.accept('+');
  if (!east && !scan.accept('-')) return std::nullopt;
  const auto offset = parse_hours_and_minutes(scan);
  if (!offset) return std::nullopt;
  return east ? *offset : -*offset;
}

}  // namespace

std::string to_rfc3339(Instant instant) {
  const sys_days midnight = floor<days>(instant);
  const year_month_day date(midnight);
  const hh_mm_ss<microseconds> time(instant - midnight);
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                time.hours().count(), time.minutes().count(), time.seconds().count());
  if (time.subseconds().count() != 0) out += fmt::format(".{:06}", time.subseconds().count());
  return out + 'Z';
}

std::optional<Instant> parse_instant(std::string_view text) {
  Scanner scan(text);
  const auto date = parse_date(scan);
  if (!date) return std::nullopt;
  microseconds time(0);
  if (scan.accept('T')) {
    const auto of_day = parse_time_of_day(scan);
    if (!of_day) return std::nullopt;
    time = *of_day;
  }
  const auto zone = parse_zone(scan);
  if (!zone || !scan.at_end()) return std::nullopt;
  return Instant(*date) + time - *zone;
}

std::string to_short(Duration duration) {
  if (duration < Duration::zero()) {
    if (duration == Duration::min()) duration += Duration(1);  // its negation does not fit
    return '-' + to_short(-duration);
  }
  const auto us = duration.count();
  if (us < 1000) return fmt::format("{} us", us);
  // Below a second the rounding must not say "1000 ms", nor "60.0 s" below a minute.
  if (us < 999'500) return fmt::format("{} ms", (us + 500) / 1000);
  if (us < 59'950'000) return fmt::format("{:.1f} s", static_cast<double>(us) / 1e6);
  const auto s = us / 1'000'000 + (us % 1'000'000 >= 500'000 ? 1 : 0);
  if (s < 3600) return fmt::format("{} min {} s", s / 60, s % 60);
  return fmt::format("{} h {} min", s / 3600, s % 3600 / 60);
}

}  // namespace holdfast::base
