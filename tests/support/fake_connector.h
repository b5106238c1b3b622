// A platform in memory: rows in a std::map behind the Connector interface, with faults on demand.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "platform/platform.h"

namespace holdfast::test {

using RowMap = std::map<base::Bytes, base::Row>;

// "aspect" as DataHub has it: key urn, aspect, version; metadata, systemmetadata, createdon, createdby, createdfor.
model::Collection aspect_collection();
base::Bytes aspect_key(std::string_view urn, std::string_view aspect, std::int64_t version = 0);
base::Row aspect_row(std::string_view urn, std::string_view aspect, std::string_view metadata,
                     std::int64_t version = 0);

class FakeConnector : public platform::Connector {  // thread-safe
public:
  // Hooks run without locks held and may throw; empty ones do nothing.
  struct Hooks {
    // Ahead of each row and at the end of each range: number of the range in the last list, rows given so far.
    std::function<void(std::size_t range, std::uint64_t rows, std::stop_token)> read;
    std::function<void()> capture;                 // before the instant is taken
    std::function<void()> before_apply;            // nothing was written yet
    std::function<void()> after_apply;             // written, and the answer is lost when it throws
    std::function<void(std::uint64_t rows)> load;  // ahead of each row that is loaded
    std::function<void(std::stop_token)> index;    // while the indexes are built
    std::function<void()> swap;                    // before the swap
  };

  explicit FakeConnector(const base::Clock& clock, model::Collection collection = aspect_collection());
  ~FakeConnector() override;

  // One more, beside that of the constructor; its rows are replaced when it is there already.
  void put_collection(model::Collection collection, RowMap rows);
  void drop_collection(std::string_view name);
  // Keys that captures do not get to see, until the next call.
  struct Unreadable {
    std::string collection;
    base::KeyRange keys;
    std::string reason;
    // Not empty: the rows are seen, without these columns.
    std::vector<bool> missing{};
  };
  void make_unreadable(std::vector<Unreadable> unreadable);
  void make_unlistable(std::optional<std::string> collection);  // ranges() throws for it
  // The column of every collection that says when a row was modified: where only changes are to be fetched, rows for
  // which it is as in the previous row are taken from there.
  void set_modified_column(std::optional<std::size_t> column);
  std::uint64_t fetched() const;  // rows that captures did not take from the previous ones
  platform::Sweep last_sweep() const;

  // Of the first collection.
  RowMap rows() const;
  void set_rows(RowMap rows);
  void put(const base::Row& row);
  void erase(const base::Bytes& key);
  // Adds or drops columns: rows are brought into the new layout by name.
  void change_columns(model::Collection collection);
  void set_hooks(Hooks hooks);
  void refuse_key(std::optional<base::Bytes> key);  // admission names it
  void corrupt_load(bool corrupt);                  // every load loses the last byte of the last row
  std::uint64_t applied() const;                    // rows changed by writers
  std::size_t ranges_given() const;                 // length of the last list of ranges
  unsigned most_readers() const;                    // that read at the same time

  std::string_view platform() const override { return "fake"; }
  std::vector<platform::Diagnosis> diagnose() override;
  std::vector<platform::LeftOut> left_out() override;
  std::unique_ptr<platform::Capture> capture(const platform::CaptureOptions& options, std::stop_token stop) override;
  std::unique_ptr<platform::Replacement> replace(const model::Collection& collection,
                                                 const platform::ReplaceOptions& options, std::uint64_t bytes_expected,
                                                 std::stop_token stop) override;
  std::unique_ptr<platform::RowWriter> writer(const model::Collection& collection) override;
  bool holds_rows(const model::Collection& collection) override;
  std::unique_ptr<Admission> admission(const model::Collection& collection) override;

  struct State;  // shared with what it opened

private:
  std::shared_ptr<State> state_;
};

}  // namespace holdfast::test
