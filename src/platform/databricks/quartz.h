// Quartz cron expressions, as schedules of a workspace have them, read in a time zone: when they are due.
//
//   <expression> ::= <seconds> <minutes> <hours> <day of month> <month> <day of week> [<year>]
//   <field>      ::= <item> { "," <item> }
//   <item>       ::= ( "*" | <value> [ "-" <value> ] ) [ "/" <step> ] | "/" <step>
//   day of month   also "?" | "L" | "LW" | "L-" <days> | <day> "W", each alone
//   day of week    also "?" | "L" | <day> "L" | <day> "#" <n>, each alone; 1 is Sunday
//   One of the two fields of days is "?".
#pragma once

#include <bitset>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "platform/runs.h"

namespace holdfast::platform::databricks {

class Quartz {  // immutable: any thread
public:
  // Throws Error{unsupported} saying what of it is not understood: nothing is guessed.
  Quartz(std::string_view expression, std::string zone);
  // By the wall clock of the zone: an hour that comes twice counts the first time, and what falls into an hour that the
  // clock leaps over is as long after the leap as it would have been after the hour before it.
  // Throws Error{unsupported} where they are more than `most`, or the machine knows no such zone.
  std::vector<base::Instant> due(const Stretch& within, std::size_t most) const;

private:
  // Which days of a month; `days` counts for of_month and of_week.
  struct Days {
    enum class Rule {
      of_month,
      of_week,
      before_last,
      nearest_weekday,
      last_weekday,
      last_of_week,
      nth_of_week
    } rule = Rule::of_month;
    std::bitset<32> days{};
    unsigned day = 0;  // of the month, or of the week; of before_last how many
    unsigned nth = 0;
  };

  static Days days_of_month(std::string_view text);
  static Days days_of_week(std::string_view text);
  bool falls_on(std::chrono::sys_days day) const;

  std::string zone_;
  std::vector<std::chrono::seconds> times_;  // of a day by the wall clock, ascending
  std::bitset<13> months_;
  std::bitset<2100> years_;
  Days days_;
};

}  // namespace holdfast::platform::databricks
