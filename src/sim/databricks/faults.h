// What goes wrong, when: a plan of faults as text, one rule per line or argument.
//
//   rule      = method SP pattern "#" which ":" action
//   method    = "GET" | "POST" | … | "*"
//   pattern   = a path; "*" takes any characters, "{x}" one segment
//   which     = "*" | N | N "-" M | N "-"            ; occurrences of what the rule matches, counted from one
//   action    = ("429" | "503") ["retry-after=" SECONDS]
//             | "500" ["feature-disabled"]
//             | "403"
//             | "reset-before"                       ; the connection breaks, nothing happened
//             | "reset-after"                        ; it happened, and the connection breaks
//             | "late=" DURATION                     ; the connection breaks, and it happens so much later
//             | "slow=" DURATION                     ; 500ms, 2s
//             | "empty-page" | "short-page"          ; a list that goes on behind a page of nothing, or of half
//             | "stale"                              ; the answer that the same request got before
//             | "token-expired"                      ; the token is not taken any more; one of OAuth is gone for good
//             | "hide=" FIELD | "mask=" FIELD        ; the answer is without it, or has "[REDACTED]" in its place
//             | "html"                               ; 502, and a page instead of JSON
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace holdfast::sim::databricks {

enum class FaultKind {
  throttled,
  unavailable,
  failed,
  feature_disabled,
  denied,
  reset_before,
  reset_after,
  late,
  slow,
  empty_page,
  short_page,
  stale,
  token_expired,
  hidden,
  masked,
  html,
};

struct Fault {
  FaultKind kind = FaultKind::failed;
  std::optional<int> retry_after;  // seconds; nullopt: no such header
  base::Duration delay{};
  std::string field{};  // of what is hidden or masked: "settings.description", in every item of an array
  std::string text;     // the rule as it was written, for the log
};

class FaultPlan {  // thread-safe
public:
  // Adds the rules of `text`, parted by line ends or ";".  Throws Error{usage} that quotes what it does not understand.
  void add(std::string_view text);
  void clear();
  // Counts the request at every rule that it matches, and says which fault strikes: the first one in the plan.
  std::optional<Fault> strike(std::string_view method, std::string_view path);
  bool empty() const;

private:
  struct Rule {
    std::string method;
    std::string pattern;
    std::uint64_t first = 1;
    std::uint64_t last = UINT64_MAX;
    Fault fault;
    std::uint64_t seen = 0;
  };
  static Rule parse(std::string_view text);

  mutable std::mutex mutex_;
  std::vector<Rule> rules_;
};

}  // namespace holdfast::sim::databricks
