#include "net/http_date.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace holdfast::net {

namespace {

using std::chrono::seconds;

constexpr std::array<std::string_view, 12> k_months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> k_days = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};

// The forms, as RFC 9110 has them:
//   IMF-fixdate  = day-name "," SP 2DIGIT SP month SP 4DIGIT SP time SP "GMT"
//   rfc850-date  = day-name-l "," SP 2DIGIT "-" month "-" 2DIGIT SP time SP "GMT"
//   asctime-date = day-name SP month SP ( 2DIGIT / ( SP 1DIGIT )) SP time SP 4DIGIT
class Scanner {
public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  bool literal(std::string_view text) {
    if (rest_.substr(0, text.size()) != text) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  std::optional<int> number(std::size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  std::optional<unsigned> month() {
    for (unsigned i = 0; i < k_months.size(); ++i)
      if (literal(k_months[i])) return i + 1;
    return std::nullopt;
  }

  bool long_day() {
    return std::any_of(k_days.begin(), k_days.end(), [&](std::string_view day) { return literal(day); });
  }
  bool short_day() {
    return std::any_of(k_days.begin(), k_days.end(), [&](std::string_view day) { return literal(day.substr(0, 3)); });
  }

  std::optional<seconds> time_of_day() {
    const auto hour = number(2);
    if (!hour || !literal(":")) return std::nullopt;
    const auto minute = number(2);
    if (!minute || !literal(":")) return std::nullopt;
    const auto second = number(2);
    // 60 is a leap second.
    if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second);
  }

private:
  std::string_view rest_;
};

std::optional<base::Instant> instant(int year, std::optional<unsigned> month, std::optional<int> day,
                                     std::optional<seconds> time) {
  if (!month || !day || !time) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(*month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return base::Instant(std::chrono::sys_days(date)) + *time;
}

std::optional<base::Instant> fixdate(Scanner scan) {
  if (!scan.short_day() || !scan.literal(", ")) return std::nullopt;
  const auto day = scan.number(2);
  if (!scan.literal(" ")) return std::nullopt;
  const auto month = scan.month();
  if (!scan.literal(" ")) return std::nullopt;
  const auto year = scan.number(4);
  if (!year || !scan.literal(" ")) return std::nullopt;
  const auto time = scan.time_of_day();
  if (!scan.literal(" GMT") || !scan.at_end()) return std::nullopt;
  return instant(*year, month, day, time);
}

std::optional<base::Instant> rfc850(Scanner scan, base::Instant now) {
  if (!scan.long_day() || !scan.literal(", ")) return std::nullopt;
  const auto day = scan.number(2);
  if (!scan.literal("-")) return std::nullopt;
  const auto month = scan.month();
  if (!scan.literal("-")) return std::nullopt;
  const auto year = scan.number(2);
  if (!year || !scan.literal(" ")) return std::nullopt;
  const auto time = scan.time_of_day();
  if (!scan.literal(" GMT") || !scan.at_end()) return std::nullopt;
  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
  const int this_year = static_cast<int>(today.year());
  // What seems to be more than 50 years ahead is the last year that ended in these digits.
  int full = this_year - this_year % 100 + *year;
  if (full > this_year + 50) full -= 100;
  return instant(full, month, day, time);
}

std::optional<base::Instant> asctime(Scanner scan) {
  if (!scan.short_day() || !scan.literal(" ")) return std::nullopt;
  const auto month = scan.month();
  if (!scan.literal(" ")) return std::nullopt;
  const auto day = scan.literal(" ") ? scan.number(1) : scan.number(2);
  if (!scan.literal(" ")) return std::nullopt;
  const auto time = scan.time_of_day();
  if (!scan.literal(" ")) return std::nullopt;
  const auto year = scan.number(4);
  if (!year || !scan.at_end()) return std::nullopt;
  return instant(*year, month, day, time);
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<base::Instant> parse_http_date(std::string_view text, base::Instant now) {
  const Scanner scan(text);
  if (const auto found = fixdate(scan)) return found;
  if (const auto found = rfc850(scan, now)) return found;
  return asctime(scan);
}

std::optional<base::Duration> retry_after(const Response& response, base::Instant now) {
  constexpr base::Duration longest = std::chrono::days(1);
  const std::string* header = response.header("retry-after");
  if (header == nullptr) return std::nullopt;
  const std::string_view text = trimmed(*header);
  if (text.empty()) return std::nullopt;
  if (std::all_of(text.begin(), text.end(), base::is_digit)) {
    // More digits than a day has seconds mean: longer than the longest.
    const std::string_view digits = text.substr(std::min(text.find_first_not_of('0'), text.size()));
    if (digits.size() > 5) return longest;
    base::Duration wait{};
    for (const char c : digits) wait = wait * 10 + seconds(c - '0');
    return std::min(wait, longest);
  }
  const auto until = parse_http_date(text, now);
  if (!until) return std::nullopt;
  const std::string* date = response.header("date");
  const auto said = date == nullptr ? std::nullopt : parse_http_date(trimmed(*date), now);
  return std::clamp(*until - said.value_or(now), base::Duration::zero(), longest);
}

}  // namespace holdfast::net
