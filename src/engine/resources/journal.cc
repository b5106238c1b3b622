#include "engine/resources/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/error.h"
#include "base/task_group.h"
#include "engine/fingerprint.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;

std::string_view text_of(ResourceJournal::Mark mark) {
  switch (mark) {
    case ResourceJournal::Mark::removed:
      return "removed";
    case ResourceJournal::Mark::done:
      return "done";
    case ResourceJournal::Mark::patched:
      break;
  }
  return "patched";
}

std::string folder_of(std::string_view plan_id) {
  return fmt::format("resources/{}/", plan_id);
}

constexpr std::string_view k_plan = "plan";
constexpr std::string_view k_ended = "ended";
constexpr std::string_view k_whole = "whole";  // what the latter says then
constexpr std::string_view k_file = "file";    // a file holds the plan
constexpr unsigned k_threads = 8;

// Each is made durable as gone, which takes as long as writing it.
void remove_all(storage::Backend& state, const std::vector<std::string>& records, unsigned threads) {
  std::atomic<std::size_t> next{0};
  base::TaskGroup group({});
  for (unsigned i = 0; i < std::min<std::size_t>(threads, records.size()); ++i)
    group.spawn([&](const std::stop_token&) {
      for (std::size_t at = next++; at < records.size(); at = next++) state.remove(records[at]);
    });
  group.wait();
}

}  // namespace

ResourceJournal::ResourceJournal(storage::Backend& state, const model::ResourcePlan& plan)
    : state_(state), folder_(folder_of(plan.id)) {
  const std::string fingerprint = fingerprint_of(model::to_json(plan));
  const std::string name = folder_ + std::string(k_plan);
  if (state_.put(name, fingerprint)) return;
  resumed_ = true;
  if (state_.get_all(name) != fingerprint)
    throw Error(ErrorKind::conflict, fmt::format("another plan was begun under the id {} of this one", plan.id),
                "One of the two was changed after it was made.  Make a new plan: it will hold what is left to do.");
  whole_ = how_it_ended(state_, plan) == PlanEnd::whole;
  if (!whole_) state_.remove(folder_ + std::string(k_ended));
}

void ResourceJournal::end(PlanEnd how) {
  state_.put(folder_ + std::string(k_ended), how == PlanEnd::whole ? k_whole : k_ended);
}

void ResourceJournal::forget_steps(unsigned threads) {
  std::vector<std::string> steps;
  state_.list(folder_, [&](const storage::ObjectInfo& one) {
    const std::string_view record = std::string_view(one.name).substr(folder_.size());
    if (record != k_plan && record != k_ended && record != k_file) steps.push_back(one.name);
  });
  remove_all(state_, steps, threads);
}

void ResourceJournal::keep(storage::Backend& state, const model::ResourcePlan& plan) {
  state.put(folder_of(plan.id) + std::string(k_file), k_file);
}

void ResourceJournal::forget(storage::Backend& state, std::string_view plan_id) {
  const std::string folder = folder_of(plan_id);
  if (plan_id.empty() || state.stat(folder + std::string(k_file))) return;
  std::vector<std::string> records;
  state.list(folder, [&](const storage::ObjectInfo& one) { records.push_back(one.name); });
  remove_all(state, records, k_threads);
}

PlanEnd ResourceJournal::how_it_ended(storage::Backend& state, const model::ResourcePlan& plan) {
  const std::string folder = folder_of(plan.id);
  const std::string name = folder + std::string(k_ended);
  if (!state.stat(name)) return PlanEnd::none;
  // Another one that was begun under the same id says nothing of this one.
  if (state.get_all(folder + std::string(k_plan)) != fingerprint_of(model::to_json(plan))) return PlanEnd::none;
  return state.get_all(name) == k_whole ? PlanEnd::whole : PlanEnd::in_part;
}

std::string ResourceJournal::name(std::size_t step, std::string_view what) const {
  return fmt::format("{}{:08}-{}", folder_, step, what);
}

ResourceJournal::Intent ResourceJournal::intend(std::size_t step, base::Instant now) {
  if (state_.put(name(step, "intent"), base::to_rfc3339(now))) return {.at = now, .fresh = true};
  return *intent(step);
}

std::optional<ResourceJournal::Intent> ResourceJournal::intent(std::size_t step) const {
  const std::string object = name(step, "intent");
  if (!state_.stat(object)) return std::nullopt;
  const std::optional<base::Instant> at = base::parse_instant(state_.get_all(object));
  if (at) return Intent{.at = *at, .fresh = false};
  throw Error(ErrorKind::corruption, fmt::format("journal record {} cannot be read", object),
              "Make a new plan: it will hold what is left to do.");
}

void ResourceJournal::withdraw(std::size_t step) {
  state_.remove(name(step, "intent"));
}

void ResourceJournal::leave(std::size_t step, const std::string& fingerprint) {
  state_.put(name(step, "left"), fingerprint);
}

std::optional<std::string> ResourceJournal::left(std::size_t step) const {
  return text(name(step, "left"));
}

void ResourceJournal::leave_column(std::size_t step, const std::string& column, const std::string& items) {
  state_.put(name(step, "left-" + column), items);
}

std::optional<std::string> ResourceJournal::left_column(std::size_t step, const std::string& column) const {
  return text(name(step, "left-" + column));
}

std::optional<std::string> ResourceJournal::text(const std::string& object) const {
  if (!state_.stat(object)) return std::nullopt;
  return state_.get_all(object);
}

bool ResourceJournal::has(std::size_t step, Mark mark) const {
  return whole_ || state_.stat(name(step, text_of(mark))).has_value();
}

void ResourceJournal::set(std::size_t step, Mark mark) {
  state_.put(name(step, text_of(mark)), text_of(mark));
}

}  // namespace holdfast::engine
