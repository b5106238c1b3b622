// What the engine knows of a platform.  A Platform is a kind of system; a Connector is one configured account of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/events.h"
#include "base/key.h"
#include "base/row.h"
#include "base/secret.h"
#include "model/collection.h"
#include "model/kind.h"

namespace holdfast::platform {

// One line of `holdfast doctor`.
struct Diagnosis {
  enum class Level { ok, note, warning, problem } level = Level::ok;
  std::string subject;  // "consistent snapshot"
  std::string text;     // "possible: LOCK TABLES and SELECT are granted"
  std::string advice;   // a full sentence; empty when there is nothing to do
  // backup: a target that is still to be filled is well without it.
  enum class Hinders { everything, backup } hinders = Hinders::everything;
};

struct LeftOut {  // what exists and does not come along
  std::string what;
  std::string reason;
};

class RowSink {  // not thread-safe; one per range
public:
  virtual ~RowSink() = default;
  // Strictly ascending keys unless the source of the rows says otherwise; the view lives until it returns.
  virtual void row(const base::RowView& row) = 0;
  // Keys that cannot be read while the rest of the range can: one resource (base::range_of_key) or all below a folder
  // (base::range_of_prefix).  In order with the rows: rows of these keys that came already stay, none may follow.  What
  // lies outside of the range that is being read is ignored.  A backup carries forward what its parent has there and
  // is partial; comparisons and plans prove nothing from it.  `reason` as an error's message: "403 PERMISSION_DENIED".
  // Sinks that no capture of this kind feeds take it for the end of the range.
  virtual void unread(const base::KeyRange& stretch, std::string reason) {
    static_cast<void>(stretch);
    throw base::Error(base::ErrorKind::unavailable, std::move(reason));
  }
  // In place of row(), where some of its columns could not be read: `missing` has one value for each column.  A backup
  // takes those columns from its parent, as they come here where that has no such row, and marks the key in any case as
  // one that was not read.  Who does not say otherwise knows nothing of such a row.
  virtual void partial(const base::RowView& row, const std::vector<bool>& missing, std::string reason) {
    static_cast<void>(missing);
    unread(base::range_of_key(row.key), std::move(reason));
  }
};

// What the last backup knows of a platform, for captures that see from a listing what did not change since.
class PreviousRows {  // thread-safe; keys that one thread asks for in ascending order cost the fewest reads
public:
  virtual ~PreviousRows() = default;
  // nullopt: it had no such row, or has it from an earlier backup only (stale), or in other columns.
  virtual std::optional<base::Row> find(const model::Collection& collection, base::ByteView key) = 0;
};

// What an earlier capture of the same had fetched when its backup ended early, and the place where this one leaves what
// it fetches.  A row of it is as good as one of PreviousRows, by the same signs: what shows no sign of change must not
// be kept.
class KeptRows : public PreviousRows {  // thread-safe
public:
  // A row that was read in full just now.
  virtual void keep(const model::Collection& collection, const base::Row& row) = 0;
};

// What a capture has to fetch: everything, or only what may have changed since the previous rows were read.
enum class Sweep { everything, changes };

struct CaptureOptions {
  unsigned readers = 4;                            // most connections that read at once
  std::uint64_t limit_read = 0;                    // bytes a second over all readers; 0 = no limit
  std::optional<base::Duration> max_snapshot_age;  // give up reading (partial) rather than hold the instant longer
  Sweep sweep = Sweep::everything;
  PreviousRows* previous = nullptr;  // outlives the capture; never absent where only changes are to be fetched
  // Outlives the capture; absent where nothing is kept.  Whoever reads one instant has no use for rows of another.
  KeptRows* kept = nullptr;
};

struct CollectionEstimate {
  model::Collection collection;
  std::uint64_t rows = 0;   // estimates, for progress and block sizes
  std::uint64_t bytes = 0;  // of keys and columns, not of the server's pages
};

// Members of what Capture::attributes() gives, of a platform of resources.  Texts: where two connectors say the same,
// they lead to one workspace; the name under which texts may mention it; who reads, and would write.
inline constexpr std::string_view k_workspace_attribute = "workspace_id";
inline constexpr std::string_view k_host_attribute = "host";
inline constexpr std::string_view k_account_attribute = "me";
// True or false; not there where a platform has no such thing.
inline constexpr std::string_view k_administrator_attribute = "admin";
// Collections that are read through something which may be at rest while all else answers, so that not to have read
// them is no fault: their names, each followed by a blank.  Nothing in them fires.
inline constexpr std::string_view k_may_rest_attribute = "told_by_cluster";

// One consistent instant of a platform, held open until destroyed.
class Capture {
public:
  virtual ~Capture() = default;
  virtual base::Instant taken() const = 0;  // by the server's clock
  virtual const std::vector<CollectionEstimate>& collections() const = 0;
  virtual std::string attributes() const = 0;  // JSON for the snapshot: engine, version, DDL, positions, left out
  virtual std::vector<std::string> notes() const = 0;  // said aloud: "one reader: LOCK TABLES is not granted"
  virtual unsigned readers() const = 0;                // how many ranges may be read at once
  // Whether rows of CaptureOptions::previous were, or may be, given in place of rows that were fetched.
  virtual bool reuses_previous() const { return false; }
  // All of these collections will be read, most likely in this order: for captures that fetch their rows piece by piece
  // and can do so before their turn.
  virtual void expect(const std::vector<std::string>& collections) { static_cast<void>(collections); }
  // Ranges that together cover all keys, in key order, cut so that each takes about as long.
  // Where it throws, the collection counts as unread and the others are still captured.
  virtual std::vector<base::KeyRange> ranges(const model::Collection& collection, unsigned wanted) = 0;
  // Thread-safe for up to readers() callers.  Throws Error when it breaks off: rows given so far are good.
  // Error{corruption} naming the row when the server's order is not byte order, or a text is not UTF-8.
  virtual void read(const model::Collection& collection, const base::KeyRange& range, RowSink& sink,
                    std::stop_token stop) = 0;
  // What ended the reading of everything: credentials that are taken no more.  Asked when all was read.
  virtual std::optional<base::Error> ended_by() const { return std::nullopt; }
};

// --- writing
// ---------------------------------------------------------------------------------------------------------------

struct ReplaceOptions {
  unsigned writers = 4;        // connections that load at once, and then build indexes, while as many read back
  bool drop_previous = false;  // the table that was there before the swap
  bool allow_writers = false;  // go on although somebody is connected to the table or writes to it
  std::string snapshot;        // for names and comments
  std::string attributes;      // JSON of the snapshot's Capture::attributes(): the DDL to create from
};

// Replaces a collection as a whole, invisibly until swap().  Destroyed before swap(): the shadow is dropped, nothing
// changed.
class Replacement {
public:
  virtual ~Replacement() = default;
  // Thread-safe for up to ReplaceOptions::writers callers, each with ranges of its own, rows in key order.
  // The pull returns the next row, or nullptr at the end.
  virtual void load(const std::function<const base::RowView*()>& pull, std::stop_token stop) = 0;
  virtual void build_indexes(std::stop_token stop) = 0;
  // Reads back what was loaded, for the comparison of counts and content hash: in some `wanted` parts, numbered from 0,
  // that together hold each row once.  Returns how many there are; called by one thread after the last load().
  virtual std::size_t read_back_parts(unsigned wanted) = 0;
  // In any order of keys.  Thread-safe for up to ReplaceOptions::writers callers, also while build_indexes() runs.
  virtual void read_back(std::size_t part, RowSink& sink, std::stop_token stop) = 0;
  // Atomic.  Throws Error{refused} when the live table was written to after begin, under the swap's lock.
  // Returns the name under which the previous table is kept; empty when there was none, or it was dropped.
  virtual std::string swap() = 0;
};

struct RowChange {
  base::Bytes key;
  std::optional<base::Row> before;  // what the target must still hold: absent = nothing
  std::optional<base::Row> after;   // absent = remove
};
// already: it holds `after` as it is.  A row under another key, which a collation takes for this one, is not this row.
enum class RowResult { done, already, conflict };

class RowWriter {  // not thread-safe
public:
  virtual ~RowWriter() = default;
  // All in one transaction, each row only while it is still `before`.  Rows in conflict are left alone.  Removals come
  // first: a key that a collation takes for the one that goes is free by then.  Results are in the order of `changes`.
  virtual std::vector<RowResult> apply(const std::vector<RowChange>& changes) = 0;
};

// A call whose answer never came: it may have taken effect or not.  Refusals are any other Error.
class LostAnswer : public base::Error {
public:
  using Error::Error;
};

// Who we are is not believed any more: whatever is called after this fares no better.
class SignedOut : public base::Error {
public:
  using Error::Error;
};

// Somebody with other rights has to do it: a task, no failure.  Its message is the task, a full sentence.
class ByHand : public base::Error {
public:
  enum class Way {
    instead,  // of the call, or of a part of it that whoever compares again finds lacking
    beside,   // the call did its work, and no comparison shows what remains
  };
  explicit ByHand(const std::string& task, Way way = Way::instead)
      : Error(base::ErrorKind::unsupported, task), way_(way) {}
  Way way() const noexcept { return way_; }

private:
  Way way_;
};

// For platforms whose rows are made by calls, described by kinds.  Thread-safe.
class ResourceWriter {
public:
  struct Found {
    std::string id;
    base::Row row;  // body as the platform sends it; other columns may be absent
    std::string creator;
    std::optional<base::Instant> created;  // by the platform's clock
  };
  struct Content {
    std::string name;                                          // natural name
    std::string body;                                          // the definition, with everything in it as it shall be
    std::vector<std::pair<std::string, base::Bytes>> columns;  // those that are written with_create
    // Of an update: the members at the top of the body that differ from what is there, where nothing else does; empty:
    // not known.  Where a call takes those alone, no more is sent: what somebody saves meanwhile stays, and so does
    // what the platform does not show.
    std::vector<std::string> members{};
  };

  virtual ~ResourceWriter() = default;
  virtual std::string who() = 0;    // natural name of the account that writes
  virtual base::Instant now() = 0;  // by the platform's clock
  virtual unsigned parallel() = 0;  // calls at once
  // Each of the following throws SignedOut where credentials that were good are taken no more, and each that writes
  // ByHand where somebody else has to do it.
  // Error{conflict}: the name is taken.
  virtual std::string create(const model::Kind& kind, const Content& content) = 0;  // returns the id
  // Stops what creating it has started and its body does not ask for.  Called for whatever was created, also where the
  // answer was lost; twice is once.
  virtual void settle(const model::Kind& kind, const std::string& id) = 0;
  // The body as a whole; content.columns are those of them that differ.
  virtual void update(const model::Kind& kind, const std::string& id, const Content& content) = 0;
  // What is not there is no error.  Error{conflict}: what lies in it would go along (Kind::brings_content).
  virtual void remove(const model::Kind& kind, const std::string& id) = 0;
  // The column becomes what `value` says, whatever it was; but of one whose items are kept (KindColumn::kept) those
  // that are not in `value` stay.
  virtual void set_column(const model::Kind& kind, const std::string& id, const std::string& column,
                          const base::Bytes& value) = 0;
  // Of such a column the items of these keys go; those that are not there are no error.
  virtual void remove_items(const model::Kind& kind, const std::string& id, const std::string& column,
                            const std::vector<std::string>& keys) = 0;
  // A column as it is now, in the words of a capture; nullopt: there is none.  Throws where it cannot be told.
  virtual std::optional<base::Bytes> read_column(const model::Kind& kind, const std::string& id,
                                                 const std::string& column) = 0;
  // Every resource of this natural name.
  virtual std::vector<Found> find(const model::Kind& kind, const std::string& name) = 0;
  virtual std::optional<Found> read(const model::Kind& kind, const std::string& id) = 0;
};

// What is about to be done to a platform of resources.
enum class Writing {
  resources,  // they are brought, changed and removed; what fires arrives paused
  cutover,    // the same, and what fires is paused and activated
};
struct WriteRequest {
  Writing what = Writing::resources;
  std::string_view verb{};  // for the message: "failover"
  std::string workspace{};  // k_workspace_attribute of its newest snapshot; empty: not known
};

class KnowsOutside;  // platform/outside.h
class RunsThings;    // platform/runs.h

class Connector {  // thread-safe as far as its parts say
public:
  virtual ~Connector() = default;
  virtual std::string_view platform() const = 0;  // "datahub"
  // Never throws for what is wrong with the other side: that is a Diagnosis.
  virtual std::vector<Diagnosis> diagnose() = 0;
  virtual std::vector<LeftOut> left_out() = 0;
  virtual std::unique_ptr<Capture> capture(const CaptureOptions& options, std::stop_token stop) = 0;
  // Checks before anything is written: free space, collation and key clashes of `source`, somebody still writing.
  // Throws Error{refused} saying which.
  virtual std::unique_ptr<Replacement> replace(const model::Collection& collection, const ReplaceOptions& options,
                                               std::uint64_t bytes_expected, std::stop_token stop) = 0;
  virtual std::unique_ptr<RowWriter> writer(const model::Collection& collection) = 0;
  // A platform of resources has kinds, and this in place of replace() and writer(); others have neither.
  virtual const std::vector<model::Kind>& kinds() const {
    static const std::vector<model::Kind> none;
    return none;
  }
  // Throws Error{refused} where the configuration does not let it be written to so, or it leads to another workspace
  // than the request knows.  May ask who is there, and throws where that cannot be told.
  virtual void require_writing(const WriteRequest& request, std::stop_token stop) {
    static_cast<void>(request);
    static_cast<void>(stop);
    // A platform that forgets to say so is not written to for that.
    if (!kinds().empty())
      throw base::Error(base::ErrorKind::refused, std::string(platform()) + " is not written to",
                        "This version only reads it: back it up, compare it, and plan for it.");
  }
  // Throws the same for Writing::resources.  When it is told to stop, its calls throw Error{cancelled} where they would
  // wait or only read; one that was sent and may change something is waited for, so that its answer is not lost.
  virtual std::unique_ptr<ResourceWriter> resource_writer(std::stop_token stop = {}) {
    static_cast<void>(stop);
    return nullptr;
  }
  // From here on a call that is not answered is tried again for this long at most, and not for what is usual.
  virtual void limit_patience(base::Duration patience) { static_cast<void>(patience); }
  // What so many calls take at least at the rates that are kept to, by rate family as in model::Cost; zero: no limit.
  virtual base::Duration least_time(const std::map<std::string, std::uint64_t>& calls) const {
    static_cast<void>(calls);
    return base::Duration::zero();
  }
  // As long-lived as the connector; nullptr: nothing is known of what lies outside of this one.
  virtual KnowsOutside* outside() { return nullptr; }
  // The same; nullptr: nothing runs there that could be cancelled.
  virtual RunsThings* runs() { return nullptr; }
  // True when the collection exists and holds rows.
  virtual bool holds_rows(const model::Collection& collection) = 0;
  // Throws Error{refused} naming a row that this target cannot hold (NUL byte on PostgreSQL, a key that its collation
  // folds onto another).  It sees every row before anything is written.
  class Admission {
  public:
    virtual ~Admission() = default;
    // For the rows of one range; ranges of several parts do not overlap.  Thread-safe; the part lives as long as the
    // admission.
    virtual RowSink& part() = 0;
    // After the last row of all parts: joins what they saw.  No other thread may be in a part any more.
    virtual void end() = 0;
    // For rows that come beside those of the target: rows of the target under other keys that its collation takes for
    // one of `keys`.  Asked by one thread, before the first part.
    struct Clash {
      base::Bytes key;   // one of `keys`
      base::Bytes held;  // by the target
    };
    virtual std::vector<Clash> clashes(const std::vector<base::Bytes>& keys) = 0;
  };
  virtual std::unique_ptr<Admission> admission(const model::Collection& collection) = 0;
};

// Settings of one [connector.NAME] table, already resolved: no secret forms left, values as text by dotted path
// ("sql.url").
class Settings {
public:
  virtual ~Settings() = default;
  virtual std::optional<std::string> text(std::string_view path) const = 0;
  virtual std::optional<std::int64_t> number(std::string_view path) const = 0;
  virtual std::optional<bool> flag(std::string_view path) const = 0;
  virtual std::optional<base::Secret> secret(std::string_view path) const = 0;
};

// A kind of platform, as listed in cli/main.cc.
struct Platform {
  std::string_view name;  // "datahub"
  std::string_view doc;   // one line
  // Every setting it knows, by dotted path; `secret` ones take the three forms.
  struct Setting {
    std::string_view path;
    enum class Type { text, number, flag, secret } type = Type::text;
    std::string_view doc;
  };
  std::vector<Setting> settings;
  // Of a platform of resources, as all its connectors have them, for whom none need be opened.
  std::vector<model::Kind> kinds;
  // Clock and events outlive the connector; its calls tell of what they have to wait for.
  std::function<std::unique_ptr<Connector>(const std::string& name, const Settings&, const base::Clock&, base::Events&)>
      open;
};

}  // namespace holdfast::platform
