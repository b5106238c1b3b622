#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "engine/meter.h"
#include "engine/restore.h"
#include "engine/stop_guard.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;
using model::Action;
using model::Plan;
using model::Step;
using nlohmann::json;
using platform::RowResult;

constexpr std::size_t k_batch_rows = 500;
constexpr std::size_t k_batch_bytes = 4u << 20;
constexpr int k_journal_version = 1;
constexpr std::size_t k_conflicts_named = 10;

using Steps = std::vector<const Step*>;

// Removals go first: the target may take the key of a row that goes for that of one that comes, and a batch is a
// transaction of its own.
Steps in_order(const Plan& plan) {
  Steps out;
  for (const Step& step : plan.steps) out.push_back(&step);
  std::stable_partition(out.begin(), out.end(), [](const Step* step) { return step->action == Action::remove; });
  return out;
}

// Steps [first, last) in that order.  Where a batch begins and ends follows from the plan alone, so that a resumed run
// meets the same batches under the same names.
struct Batch {
  std::size_t first = 0;
  std::size_t last = 0;
};

std::size_t bytes_of(const Step& step) {
  return (step.before ? plain_size(*step.before) : 0) + (step.after ? plain_size(*step.after) : 0);
}

std::vector<Batch> cut(const Steps& steps) {
  std::vector<Batch> out;
  Batch batch;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = *steps[i];
    const bool other = step.collection != steps[batch.first]->collection;
    const bool full = i - batch.first >= k_batch_rows || bytes + bytes_of(step) > k_batch_bytes;
    if (i != batch.first && (other || full)) {
      out.push_back({batch.first, i});
      batch.first = i;
      bytes = 0;
    }
    bytes += bytes_of(step);
  }
  if (batch.first < steps.size()) out.push_back({batch.first, steps.size()});
  return out;
}

// FNV-1a over what a batch does: notices a plan file that was edited after part of it was applied.
class Fingerprint {
public:
  void add(base::ByteView bytes) {
    for (std::uint64_t size = bytes.size(), i = 0; i < 8; ++i) mix(static_cast<unsigned char>(size >> (8 * i)));
    for (const char c : bytes) mix(static_cast<unsigned char>(c));
  }
  void add(const std::optional<base::Row>& row) {
    add(row ? base::ByteView("row") : base::ByteView("none"));
    if (!row) return;
    for (const auto& column : row->columns) {
      add(column ? base::ByteView("value") : base::ByteView("null"));
      if (column) add(base::ByteView(*column));
    }
  }
  std::string text() const { return fmt::format("{:016x}", value_); }

private:
  void mix(unsigned char byte) { value_ = (value_ ^ byte) * 1099511628211ULL; }
  std::uint64_t value_ = 14695981039346656037ULL;
};

std::string fingerprint(const Steps& steps, const Batch& batch) {
  Fingerprint out;
  for (std::size_t i = batch.first; i < batch.last; ++i) {
    const Step& step = *steps[i];
    out.add(base::ByteView(model::to_string(step.action)));
    out.add(base::ByteView(step.key));
    out.add(step.before);
    out.add(step.after);
  }
  return out.text();
}

bool writes(const Step& step) {
  return step.action == Action::create || step.action == Action::update || step.action == Action::remove;
}

char letter(RowResult result) {
  if (result == RowResult::done) return 'd';
  return result == RowResult::already ? 'a' : 'c';
}

// The write-ahead journal of one plan in the local state: objects restore/<plan>/<first step>-intent and …-outcome.
class Journal {
public:
  Journal(storage::Backend& backend, const Plan& plan, const Steps& steps)
      : backend_(backend), plan_(plan), steps_(steps) {}

  enum class State { fresh, intended, finished };

  State read(const Batch& batch) {
    const std::string intent = name(batch, "intent");
    if (!backend_.stat(intent)) return State::fresh;
    if (intended_steps(intent) != fingerprint(steps_, batch)) {
      throw Error(ErrorKind::conflict, fmt::format("plan {} was changed after part of it had been applied", plan_.id),
                  "Make a new plan: it will hold what is left to do.");
    }
    return backend_.stat(name(batch, "outcome")) ? State::finished : State::intended;
  }

  void intend(const Batch& batch) {
    const json record{
        {"version", k_journal_version}, {"snapshot", plan_.snapshot},        {"target", plan_.target},
        {"first", batch.first},         {"count", batch.last - batch.first}, {"steps", fingerprint(steps_, batch)}};
    backend_.put(name(batch, "intent"), record.dump());
  }

  void finish(const Batch& batch, const std::string& results) {
    backend_.put(name(batch, "outcome"), json{{"version", k_journal_version}, {"results", results}}.dump());
  }

private:
  std::string name(const Batch& batch, std::string_view what) const {
    return fmt::format("restore/{}/{:010}-{}", plan_.id, batch.first, what);
  }

  // The fingerprint of the batch that a record of intent speaks of.
  std::string intended_steps(const std::string& object) {
    try {
      const json record = json::parse(backend_.get_all(object));
      if (record.at("version") == k_journal_version) return record.at("steps").get<std::string>();
    } catch (const json::exception&) {
      // Cut, damaged or somebody else's: all the same to who reads the message below.
    }
    throw Error(ErrorKind::corruption, fmt::format("journal record {} cannot be read", object),
                "Make a new plan: it will hold what is left to do.");
  }

  storage::Backend& backend_;
  const Plan& plan_;
  const Steps& steps_;
};

class Application {
public:
  Application(const Plan& plan, platform::Connector& target, const model::Collection& collection,
              storage::Backend& backend, Meter& meter)
      : plan_(plan),
        steps_(in_order(plan)),
        target_(target),
        collection_(collection),
        journal_(backend, plan, steps_),
        meter_(meter) {}

  void run(const std::stop_token& stop);
  ApplyResult take_result() { return std::move(result_); }

private:
  void run(const Batch& batch);
  std::string write(const Steps& steps);
  void count_now(const Step& step, char result);

  const Plan& plan_;
  const Steps steps_;
  platform::Connector& target_;
  const model::Collection& collection_;
  Journal journal_;
  Meter& meter_;
  std::unique_ptr<platform::RowWriter> writer_;  // opened when there is something to write
  ApplyResult result_;
};

void Application::run(const std::stop_token& stop) {
  for (const Batch& batch : cut(steps_)) {
    throw_if_stopped(stop);
    if (steps_[batch.first]->collection == collection_.name) run(batch);
  }
}

void Application::run(const Batch& batch) {
  Steps steps;
  for (std::size_t i = batch.first; i < batch.last; ++i) {
    const Step& step = *steps_[i];
    if (writes(step)) steps.push_back(&step);
    if (step.action == Action::skip) ++result_.skipped;
    if (step.action == Action::conflict) result_.conflicts.push_back(step.path);
  }
  if (steps.empty()) return;
  const Journal::State state = journal_.read(batch);
  // An intent without outcome: the rows may or may not have been written.  Each change says what it expects, so doing
  // the batch again finds those that were.  A finished batch is done again for the same reason: since then the rows may
  // have been lost once more, and a journal must not vouch for the target.
  if (state == Journal::State::fresh) journal_.intend(batch);
  const std::string results = write(steps);
  if (state != Journal::State::finished) journal_.finish(batch, results);
  for (std::size_t i = 0; i < steps.size(); ++i) count_now(*steps[i], results[i]);
}

std::string Application::write(const Steps& steps) {
  if (!writer_) writer_ = target_.writer(collection_);
  std::vector<platform::RowChange> changes;
  std::uint64_t bytes = 0;
  for (const Step* step : steps) {
    changes.push_back({.key = step->key, .before = step->before, .after = step->after});
    bytes += bytes_of(*step);
  }
  const std::vector<RowResult> results = writer_->apply(changes);
  if (results.size() != steps.size()) {
    throw Error(ErrorKind::internal,
                fmt::format("connector '{}' answered for {} of {} rows", plan_.target, results.size(), steps.size()));
  }
  meter_.add(steps.size(), bytes);
  std::string letters;
  for (const RowResult result : results) letters.push_back(letter(result));
  return letters;
}

void Application::count_now(const Step& step, char result) {
  if (result == 'c') {
    result_.conflicts.push_back(step.path);
  } else if (result == 'a') {
    ++result_.already;
  } else if (step.action == Action::create) {
    ++result_.created;
  } else if (step.action == Action::update) {
    ++result_.updated;
  } else {
    ++result_.removed;
  }
}

void refuse_conflicts(const Plan& plan) {
  if (plan.existing != model::Existing::fail) return;
  std::vector<std::string> paths;
  for (const Step& step : plan.steps) {
    if (step.action == Action::conflict) paths.push_back(step.path);
  }
  if (paths.empty()) return;
  const std::size_t more = paths.size() > k_conflicts_named ? paths.size() - k_conflicts_named : 0;
  paths.resize(paths.size() - more);
  throw Error(ErrorKind::conflict,
              fmt::format("the target holds rows that differ from the snapshot: {}{}", fmt::join(paths, ", "),
                          more != 0 ? fmt::format(" and {} more", more) : std::string()),
              "Choose --existing update to change them, or --existing skip to leave them alone.");
}

}  // namespace

namespace {

// Who reviews a plan reads its paths; what is written goes by its keys.
void refuse_paths_of_other_keys(const Plan& plan, const model::Collection& collection) {
  for (const Step& step : plan.steps) {
    if (step.collection != collection.name || step.path == model::key_to_path(collection, step.key)) continue;
    throw Error(ErrorKind::config,
                fmt::format("the plan's step '{}' writes another row: '{}'", step.path,
                            model::key_to_path(collection, step.key)),
                "Plans are not written by hand: make it again with `holdfast plan`.");
  }
}

}  // namespace

ApplyResult apply_plan(const Plan& plan, platform::Connector& target, const model::Collection& collection,
                       storage::Backend& journal, base::Events& events, const base::Clock& clock,
                       std::stop_token stop) {
  const base::Duration begun = clock.elapsed();
  refuse_paths_of_other_keys(plan, collection);
  refuse_conflicts(plan);
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  for (const Step& step : plan.steps) {
    if (step.collection != collection.name || !writes(step)) continue;
    ++rows;
    bytes += bytes_of(step);
  }
  Meter meter(events, fmt::format("restoring into {}", plan.target), rows, bytes, 1);
  Application application(plan, target, collection, journal, meter);
  return base::in_context(
      [&] { return fmt::format("applying plan {} to connector '{}'", plan.id, plan.target); },
      [&] {
        application.run(stop);
        ApplyResult result = application.take_result();
        if (result.already != 0) {
          events.note(fmt::format("{} rows had been restored by an earlier run of plan {}", result.already, plan.id));
        }
        events.detail(fmt::format("applied in {}", base::to_short(clock.elapsed() - begun)));
        return result;
      });
}

}  // namespace holdfast::engine
