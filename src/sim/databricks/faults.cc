#include "sim/databricks/faults.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "base/error.h"

namespace holdfast::sim::databricks {
namespace {

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '\r')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

[[noreturn]] void not_understood(std::string_view rule, std::string_view what) {
  throw base::Error(base::ErrorKind::usage, fmt::format("the fault '{}' is not understood: {}", rule, what),
                    "A fault reads like 'GET /api/2.0/workspace/export#3-7: 429 retry-after=2'.");
}

template <class Number>
Number number(std::string_view text, std::string_view rule) {
  Number out = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || failure != std::errc() || stop != text.data() + text.size()) {
    not_understood(rule, fmt::format("'{}' is no number", text));
  }
  return out;
}

base::Duration duration(std::string_view text, std::string_view rule) {
  if (text.ends_with("ms"))
    return std::chrono::milliseconds(number<std::uint32_t>(text.substr(0, text.size() - 2), rule));
  if (text.ends_with("s")) return std::chrono::seconds(number<std::uint32_t>(text.substr(0, text.size() - 1), rule));
  not_understood(rule, "a duration ends in ms or s");
}

Fault parse_action(std::string_view action, std::string_view rule) {
  Fault fault;
  fault.text = rule;
  const auto space = action.find(' ');
  const auto verb = action.substr(0, space);
  const auto detail = space == std::string_view::npos ? std::string_view() : trim(action.substr(space));
  struct Word {
    std::string_view text;
    FaultKind kind;
  };
  static constexpr Word k_words[] = {
      {"429", FaultKind::throttled},
      {"503", FaultKind::unavailable},
      {"500", FaultKind::failed},
      {"403", FaultKind::denied},
      {"reset-before", FaultKind::reset_before},
      {"reset-after", FaultKind::reset_after},
      {"empty-page", FaultKind::empty_page},
      {"short-page", FaultKind::short_page},
      {"stale", FaultKind::stale},
      {"token-expired", FaultKind::token_expired},
      {"html", FaultKind::html},
  };
  for (const FaultKind kind : {FaultKind::slow, FaultKind::late}) {  // both words have as many letters
    if (!verb.starts_with(kind == FaultKind::slow ? "slow=" : "late=")) continue;
    fault.kind = kind;
    fault.delay = duration(verb.substr(5), rule);
    return fault;
  }
  for (const FaultKind kind : {FaultKind::hidden, FaultKind::masked}) {
    if (!verb.starts_with(kind == FaultKind::hidden ? "hide=" : "mask=")) continue;
    fault.kind = kind;
    fault.field = verb.substr(5);
    if (fault.field.empty() || !detail.empty()) not_understood(rule, "it names one field");
    return fault;
  }
  bool known = false;
  for (const auto& word : k_words) {
    if (word.text != verb) continue;
    fault.kind = word.kind;
    known = true;
  }
  if (!known) not_understood(rule, fmt::format("there is no action '{}'", verb));
  const bool may_wait = fault.kind == FaultKind::throttled || fault.kind == FaultKind::unavailable;
  if (may_wait && detail.starts_with("retry-after=")) {
    fault.retry_after = number<int>(detail.substr(12), rule);
  } else if (fault.kind == FaultKind::failed && detail == "feature-disabled") {
    fault.kind = FaultKind::feature_disabled;
  } else if (!detail.empty()) {
    not_understood(rule, fmt::format("'{}' does not go with {}", detail, verb));
  }
  return fault;
}

// "*" takes anything, "{x}" whatever is no slash.
bool matches(std::string_view pattern, std::string_view path) {
  while (!pattern.empty()) {
    if (pattern.front() == '*') {
      pattern.remove_prefix(1);
      for (std::size_t skip = 0; skip <= path.size(); ++skip) {
        if (matches(pattern, path.substr(skip))) return true;
      }
      return false;
    }
    if (pattern.front() == '{' && pattern.find('}') != std::string_view::npos) {
      pattern.remove_prefix(pattern.find('}') + 1);
      const auto end = path.find('/');
      if (path.empty() || end == 0) return false;
      path.remove_prefix(end == std::string_view::npos ? path.size() : end);
      continue;
    }
    if (path.empty() || path.front() != pattern.front()) return false;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
  }
  return path.empty();
}

}  // namespace

FaultPlan::Rule FaultPlan::parse(std::string_view text) {
  Rule rule;
  const auto space = text.find(' ');
  const auto hash = text.find('#');
  const auto colon = hash == std::string_view::npos ? hash : text.find(':', hash);
  if (space == std::string_view::npos || colon == std::string_view::npos || space > hash) {
    not_understood(text, "it is METHOD PATH#WHICH: ACTION");
  }
  rule.method = text.substr(0, space);
  rule.pattern = trim(text.substr(space, hash - space));
  const auto which = trim(text.substr(hash + 1, colon - hash - 1));
  if (which != "*") {
    const auto dash = which.find('-');
    rule.first = number<std::uint64_t>(which.substr(0, dash), text);
    if (dash == std::string_view::npos) {
      rule.last = rule.first;
    } else if (dash + 1 < which.size()) {
      rule.last = number<std::uint64_t>(which.substr(dash + 1), text);
    }
  }
  if (rule.first == 0 || rule.last < rule.first) not_understood(text, "occurrences count from one");
  rule.fault = parse_action(trim(text.substr(colon + 1)), text);
  return rule;
}

void FaultPlan::add(std::string_view text) {
  std::vector<Rule> added;
  while (!text.empty()) {
    const auto end = text.find_first_of(";\n");
    const auto line = trim(text.substr(0, end));
    if (!line.empty()) added.push_back(parse(line));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  const std::lock_guard lock(mutex_);
  for (auto& rule : added) rules_.push_back(std::move(rule));
}

void FaultPlan::clear() {
  const std::lock_guard lock(mutex_);
  rules_.clear();
}

bool FaultPlan::empty() const {
  const std::lock_guard lock(mutex_);
  return rules_.empty();
}

std::optional<Fault> FaultPlan::strike(std::string_view method, std::string_view path) {
  const std::lock_guard lock(mutex_);
  std::optional<Fault> struck;
  for (auto& rule : rules_) {
    if ((rule.method != "*" && rule.method != method) || !matches(rule.pattern, path)) continue;
    ++rule.seen;
    if (!struck && rule.seen >= rule.first && rule.seen <= rule.last) struck = rule.fault;
  }
  return struck;
}

}  // namespace holdfast::sim::databricks
