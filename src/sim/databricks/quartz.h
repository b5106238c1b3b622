// Quartz cron expressions: when a schedule of the stand-in fires.
#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "sim/databricks/zone.h"

namespace holdfast::sim::databricks {

//   <expression> ::= <second> <minute> <hour> <day of month> <month> <day of week> [<year>]
//   <field>      ::= <item> { "," <item> }
//   <item>       ::= ( "*" | "?" | <value> [ "-" <value> ] ) [ "/" <step> ]
//                  | "L" | <day> "W"              (day of month)
//                  | <weekday> ( "L" | "#" <n> )  (day of week, 1 = Sunday)
class Quartz {  // immutable: any thread
public:
  static std::optional<Quartz> parse(std::string_view text);
  // The first instant after `after`; nullopt when there is none in the next ten years.
  std::optional<base::Instant> next(base::Instant after, const Zone& zone) const;

private:
  struct NthWeekday {
    unsigned weekday = 0;  // 1 = Sunday
    unsigned nth = 0;      // 0 = the last of the month
  };

  bool parse_field(std::size_t field, std::string_view text);
  bool parse_item(std::size_t field, std::string_view item);
  bool parse_month_day(std::string_view item);
  bool parse_weekday(std::string_view item);
  bool matches(std::chrono::sys_days day) const;
  bool matches_month_day(std::chrono::year_month_day date) const;
  bool matches_weekday(std::chrono::sys_days day) const;
  std::optional<base::Instant> first_of_day(std::chrono::sys_days day, base::Instant after, const Zone& zone) const;
  std::optional<base::Instant> first_of_hour(base::Instant hour, base::Instant after, const Zone& zone) const;

  std::array<std::bitset<130>, 7> fields_;  // of the years from 1970
  bool last_day_ = false;
  std::vector<unsigned> nearest_weekday_;
  std::vector<NthWeekday> nth_weekdays_;
};

}  // namespace holdfast::sim::databricks
