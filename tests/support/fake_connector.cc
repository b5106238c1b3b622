#include "support/fake_connector.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/key.h"
#include "support/fake_state.h"

namespace holdfast::test {

using base::Error;
using base::ErrorKind;
using base::Row;
using base::RowView;
using platform::RowResult;

namespace {

class FakeReplacement : public platform::Replacement {
public:
  FakeReplacement(std::shared_ptr<FakeConnector::State> state, model::Collection collection,
                  platform::ReplaceOptions options)
      : state_(std::move(state)), collection_(std::move(collection)), options_(std::move(options)) {
    const std::lock_guard lock(state_->mutex);
    version_ = state_->version;
  }

  void load(const std::function<const RowView*()>& pull, std::stop_token stop) override {
    const FakeConnector::Hooks hooks = state_->current_hooks();
    RowMap part;
    while (const RowView* view = pull()) {
      if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "loading was stopped");
      if (hooks.load) hooks.load(part.size());
      if (!part.empty() && view->key <= part.rbegin()->first)
        throw Error(ErrorKind::internal, "rows are not in key order");
      part.emplace_hint(part.end(), base::Bytes(view->key), base::to_row(*view));
    }
    const std::lock_guard lock(mutex_);
    const std::size_t before = shadow_.size() + part.size();
    shadow_.merge(part);
    if (shadow_.size() != before) throw Error(ErrorKind::internal, "a row was loaded twice");
  }

  void build_indexes(std::stop_token stop) override {
    const FakeConnector::Hooks hooks = state_->current_hooks();
    if (hooks.index) hooks.index(std::move(stop));
  }

  std::size_t read_back_parts(unsigned wanted) override {
    corrupt();
    parts_ = cut_rows(shadow_, wanted);
    return parts_.size();
  }
  void read_back(std::size_t part, platform::RowSink& sink, std::stop_token) override {
    const base::KeyRange& range = parts_.at(part);
    for (auto row = shadow_.lower_bound(range.from); row != shadow_.end() && range.contains(row->first); ++row) {
      give_row(row->second, sink);
    }
  }

  std::string swap() override {
    const FakeConnector::Hooks hooks = state_->current_hooks();
    if (hooks.swap) hooks.swap();
    const std::lock_guard lock(state_->mutex);
    if (state_->version != version_) {
      throw Error(ErrorKind::refused, "the table was written to while it was being restored");
    }
    FakeTable& table = state_->table(collection_.name);
    const bool there = !table.rows->empty();
    table.collection = collection_;
    state_->replace_rows(table, std::move(shadow_));
    return there && !options_.drop_previous ? fmt::format("{}_before_{}", collection_.name, options_.snapshot)
                                            : std::string();
  }

private:
  void corrupt() {
    const std::lock_guard lock(state_->mutex);
    if (!state_->corrupt_load || shadow_.empty()) return;
    for (auto& column : shadow_.rbegin()->second.columns) {
      if (!column || column->empty()) continue;
      column->pop_back();
      return;
    }
  }

  std::shared_ptr<FakeConnector::State> state_;
  const model::Collection collection_;
  const platform::ReplaceOptions options_;
  std::uint64_t version_ = 0;
  std::mutex mutex_;
  RowMap shadow_;
  std::vector<base::KeyRange> parts_;
};

class FakeWriter : public platform::RowWriter {
public:
  FakeWriter(std::shared_ptr<FakeConnector::State> state, std::string collection)
      : state_(std::move(state)), collection_(std::move(collection)) {}

  std::vector<RowResult> apply(const std::vector<platform::RowChange>& changes) override {
    const FakeConnector::Hooks hooks = state_->current_hooks();
    if (hooks.before_apply) hooks.before_apply();
    std::vector<RowResult> results;
    {
      const std::lock_guard lock(state_->mutex);
      FakeTable& table = state_->table(collection_);
      RowMap next = *table.rows;
      for (const platform::RowChange& change : changes) results.push_back(apply_one(next, change));
      state_->replace_rows(table, std::move(next));
    }
    if (hooks.after_apply) hooks.after_apply();
    return results;
  }

private:
  RowResult apply_one(RowMap& rows, const platform::RowChange& change) {
    const auto there = rows.find(change.key);
    const std::optional<Row> now = there != rows.end() ? std::optional(there->second) : std::nullopt;
    if (now == change.after) return RowResult::already;
    if (now != change.before) return RowResult::conflict;
    if (change.after) {
      rows.insert_or_assign(change.key, *change.after);
    } else {
      rows.erase(change.key);
    }
    ++state_->applied;
    return RowResult::done;
  }

  std::shared_ptr<FakeConnector::State> state_;
  const std::string collection_;
};

class FakeAdmission : public platform::Connector::Admission, public platform::RowSink {
public:
  FakeAdmission(model::Collection collection, std::optional<base::Bytes> refused)
      : collection_(std::move(collection)), refused_(std::move(refused)) {}
  void row(const RowView& row) override {
    if (row.key != refused_) return;
    throw Error(ErrorKind::refused,
                fmt::format("this target cannot hold row {}", model::key_to_path(collection_, row.key)));
  }
  platform::RowSink& part() override { return *this; }  // it remembers nothing between rows
  void end() override {}
  // Keys of a std::map are equal or they are not.
  std::vector<Clash> clashes(const std::vector<base::Bytes>&) override { return {}; }

private:
  const model::Collection collection_;
  const std::optional<base::Bytes> refused_;
};

}  // namespace

model::Collection aspect_collection() {
  using model::ColumnContent;
  return {.name = "aspect",
          .key = {{"urn", model::KeyPartType::text},
                  {"aspect", model::KeyPartType::text},
                  {"version", model::KeyPartType::integer}},
          .columns = {{"metadata", "longtext", ColumnContent::json, false},
                      {"systemmetadata", "longtext", ColumnContent::json, true},
                      {"createdon", "datetime(6)", ColumnContent::instant, false},
                      {"createdby", "varchar(255)", ColumnContent::text, false},
                      {"createdfor", "varchar(255)", ColumnContent::text, true}}};
}

base::Bytes aspect_key(std::string_view urn, std::string_view aspect, std::int64_t version) {
  base::Bytes key;
  base::append_text(key, urn);
  base::append_text(key, aspect);
  base::append_int(key, version);
  return key;
}

Row aspect_row(std::string_view urn, std::string_view aspect, std::string_view metadata, std::int64_t version) {
  return {.key = aspect_key(urn, aspect, version),
          .columns = {std::string(metadata), R"({"lastObserved":1,"runId":"no-run"})", "2026-11-20 10:00:00.123456",
                      "urn:li:corpuser:datahub", std::nullopt}};
}

FakeConnector::FakeConnector(const base::Clock& clock, model::Collection collection)
    : state_(std::make_shared<State>(clock, std::move(collection))) {}
FakeConnector::~FakeConnector() = default;

RowMap FakeConnector::rows() const {
  const std::lock_guard lock(state_->mutex);
  return *state_->tables.front().rows;
}
void FakeConnector::set_rows(RowMap rows) {
  const std::lock_guard lock(state_->mutex);
  state_->replace_rows(state_->tables.front(), std::move(rows));
}
void FakeConnector::put_collection(model::Collection collection, RowMap rows) {
  const std::lock_guard lock(state_->mutex);
  const bool known = state_->table(collection.name).collection.name == collection.name;
  if (!known) state_->tables.push_back({.collection = collection});
  state_->replace_rows(state_->table(collection.name), std::move(rows));
}
void FakeConnector::drop_collection(std::string_view name) {
  const std::lock_guard lock(state_->mutex);
  std::erase_if(state_->tables, [&](const FakeTable& table) { return table.collection.name == name; });
  ++state_->version;
}
void FakeConnector::make_unreadable(std::vector<Unreadable> unreadable) {
  const std::lock_guard lock(state_->mutex);
  state_->unreadable = std::move(unreadable);
}
void FakeConnector::make_unlistable(std::optional<std::string> collection) {
  const std::lock_guard lock(state_->mutex);
  state_->unlistable = std::move(collection);
}
void FakeConnector::set_modified_column(std::optional<std::size_t> column) {
  const std::lock_guard lock(state_->mutex);
  state_->modified_column = column;
}
std::uint64_t FakeConnector::fetched() const {
  const std::lock_guard lock(state_->mutex);
  return state_->fetched;
}
platform::Sweep FakeConnector::last_sweep() const {
  const std::lock_guard lock(state_->mutex);
  return state_->last_sweep;
}
void FakeConnector::put(const Row& row) {
  RowMap next = rows();
  next.insert_or_assign(row.key, row);
  set_rows(std::move(next));
}
void FakeConnector::erase(const base::Bytes& key) {
  RowMap next = rows();
  next.erase(key);
  set_rows(std::move(next));
}

void FakeConnector::change_columns(model::Collection collection) {
  const std::lock_guard lock(state_->mutex);
  RowMap next;
  FakeTable& table = state_->tables.front();
  for (const auto& [key, row] : *table.rows) {
    Row moved{.key = key, .columns = {}};
    for (const model::Column& column : collection.columns) {
      const auto& old = table.collection.columns;
      const auto same =
          std::find_if(old.begin(), old.end(), [&](const model::Column& each) { return each.name == column.name; });
      moved.columns.push_back(same != old.end() ? row.columns[static_cast<std::size_t>(same - old.begin())]
                                                : std::nullopt);
    }
    next.emplace(key, std::move(moved));
  }
  table.collection = std::move(collection);
  state_->replace_rows(table, std::move(next));
}

void FakeConnector::set_hooks(Hooks hooks) {
  const std::lock_guard lock(state_->mutex);
  state_->hooks = std::move(hooks);
}
void FakeConnector::refuse_key(std::optional<base::Bytes> key) {
  const std::lock_guard lock(state_->mutex);
  state_->refused_key = std::move(key);
}
void FakeConnector::corrupt_load(bool corrupt) {
  const std::lock_guard lock(state_->mutex);
  state_->corrupt_load = corrupt;
}
std::uint64_t FakeConnector::applied() const {
  const std::lock_guard lock(state_->mutex);
  return state_->applied;
}
std::size_t FakeConnector::ranges_given() const {
  const std::lock_guard lock(state_->mutex);
  return state_->ranges.size();
}
unsigned FakeConnector::most_readers() const {
  const std::lock_guard lock(state_->mutex);
  return state_->most_reading;
}

std::vector<platform::Diagnosis> FakeConnector::diagnose() {
  return {{.level = platform::Diagnosis::Level::ok, .subject = "memory", .text = "rows lie in memory", .advice = {}}};
}
std::vector<platform::LeftOut> FakeConnector::left_out() {
  return {};
}

std::unique_ptr<platform::Capture> FakeConnector::capture(const platform::CaptureOptions& options, std::stop_token) {
  const Hooks hooks = state_->current_hooks();
  if (hooks.capture) hooks.capture();
  return make_fake_capture(state_, options);
}

std::unique_ptr<platform::Replacement> FakeConnector::replace(const model::Collection& collection,
                                                              const platform::ReplaceOptions& options, std::uint64_t,
                                                              std::stop_token) {
  return std::make_unique<FakeReplacement>(state_, collection, options);
}

std::unique_ptr<platform::RowWriter> FakeConnector::writer(const model::Collection& collection) {
  return std::make_unique<FakeWriter>(state_, collection.name);
}

bool FakeConnector::holds_rows(const model::Collection& collection) {
  const std::lock_guard lock(state_->mutex);
  return !state_->table(collection.name).rows->empty();
}

std::unique_ptr<platform::Connector::Admission> FakeConnector::admission(const model::Collection& collection) {
  const std::lock_guard lock(state_->mutex);
  return std::make_unique<FakeAdmission>(collection, state_->refused_key);
}

}  // namespace holdfast::test
