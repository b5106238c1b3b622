// A workspace in memory: a platform of resources with ids of its own, links that must lead somewhere, unique and shared
// names, things that fire, and answers that get lost.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "model/kind_set.h"
#include "platform/platform.h"
#include "storage/backend.h"
#include "support/fakes.h"

namespace holdfast::test {

// Not derived from base::Error: it ends a run as a power cut does.
struct Killed {};

// Counts events that have an effect, and strikes at one of them: what comes later does not happen.
class Tripwire {  // thread-safe
public:
  enum class Strike { never, before, after };

  void arm(Strike strike, std::uint64_t at = 0) {
    const std::lock_guard lock(mutex_);
    strike_ = strike;
    at_ = at;
    count_ = 0;
  }
  std::uint64_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  // Returns which event it is.
  std::uint64_t before() {
    const std::lock_guard lock(mutex_);
    ++count_;
    if ((strike_ == Strike::before && count_ >= at_) || (strike_ == Strike::after && count_ > at_)) throw Killed{};
    return count_;
  }
  void after(std::uint64_t event) const {
    const std::lock_guard lock(mutex_);
    if (strike_ == Strike::after && event == at_) throw Killed{};
  }

private:
  mutable std::mutex mutex_;
  Strike strike_ = Strike::never;
  std::uint64_t at_ = 0;
  std::uint64_t count_ = 0;
};

// A backend whose writes are events.
class TrippedBackend : public storage::Backend {
public:
  TrippedBackend(storage::Backend& inner, Tripwire& wire) : inner_(inner), wire_(wire) {}
  storage::Properties properties() const override { return inner_.properties(); }
  std::optional<storage::ObjectInfo> stat(std::string_view name) override { return inner_.stat(name); }
  base::Bytes get(std::string_view name, const storage::Range& range) override { return inner_.get(name, range); }
  bool put(std::string_view name, base::ByteView bytes) override {
    const std::uint64_t event = wire_.before();
    const bool out = inner_.put(name, bytes);
    wire_.after(event);
    return out;
  }
  bool remove(std::string_view name) override {
    const std::uint64_t event = wire_.before();
    const bool out = inner_.remove(name);
    wire_.after(event);
    return out;
  }
  void list(std::string_view prefix, const std::function<void(const storage::ObjectInfo&)>& visit) override {
    inner_.list(prefix, visit);
  }

private:
  storage::Backend& inner_;
  Tripwire& wire_;
};

// users, groups, folders, notebooks, pools, policies, scopes, clusters, jobs, boards, catalogs, schemas, volumes.
const std::vector<model::Kind>& workspace_kinds();
const model::KindSet& workspace_kind_set();

class FakeWorkspace : public platform::ResourceWriter {  // thread-safe
public:
  FakeWorkspace(ManualClock& clock, std::uint64_t first_id) : clock_(clock), next_(first_id) {}

  Tripwire* wire = nullptr;
  unsigned workers = 1;
  // The n-th call that writes takes effect, and its answer is lost; 0: none.
  std::uint64_t lose_answer_of = 0;
  // So long after that answer was lost a create takes effect; 0: at once.
  base::Duration late{};
  // Called once, before the n-th call that writes.
  std::uint64_t interrupt_at = 0;
  std::function<void()> interrupt;
  // From the n-th call that writes on nobody believes who we are; 0: never.
  std::uint64_t signed_out_from = 0;
  // What makes a call fail for good: "jobs/nightly".
  std::map<std::string, base::Error> refusals;
  std::set<std::string> unreadable;  // columns that read_column() is refused
  // What somebody else has to do, and the task.
  std::map<std::string, std::string> by_hand;
  // The same, where the call does its work and leaves something beside it.
  std::map<std::string, std::string> left_beside;
  std::uint64_t writes = 0;

  std::string who() override { return account_; }
  base::Instant now() override { return clock_.now(); }
  unsigned parallel() override { return workers; }
  std::string create(const model::Kind& kind, const Content& content) override;
  void settle(const model::Kind& kind, const std::string& id) override;
  void update(const model::Kind& kind, const std::string& id, const Content& content) override;
  void remove(const model::Kind& kind, const std::string& id) override;
  void set_column(const model::Kind& kind, const std::string& id, const std::string& column,
                  const base::Bytes& value) override;
  void remove_items(const model::Kind& kind, const std::string& id, const std::string& column,
                    const std::vector<std::string>& keys) override;
  std::optional<base::Bytes> read_column(const model::Kind& kind, const std::string& id,
                                         const std::string& column) override;
  std::vector<Found> find(const model::Kind& kind, const std::string& name) override;
  std::optional<Found> read(const model::Kind& kind, const std::string& id) override;

  // As somebody else: no event, no fault.
  std::string put(const std::string& kind, const std::string& name, const std::string& definition,
                  const std::map<std::string, std::string>& columns = {}, const std::string& creator = "human");
  void rewrite(const std::string& kind, const std::string& id, const std::string& definition);
  void rewrite_column(const std::string& kind, const std::string& id, const std::string& column,
                      const std::string& value);
  void erase(const std::string& kind, const std::string& id);
  std::string body(const std::string& kind, const std::string& id) const;
  std::string column(const std::string& kind, const std::string& id, const std::string& column) const;
  std::string id_of(const std::string& kind, const std::string& name) const;
  std::size_t count(const std::string& kind) const { return objects_.count(kind) == 0 ? 0 : objects_.at(kind).size(); }
  std::vector<model::Resource> capture() const;
  // Has what the other one has, under the same ids.
  void become(const FakeWorkspace& other);
  // All that there is, ids replaced by what they belong to ("origin" in the body), in an order of its own.
  std::vector<std::string> state() const;

private:
  struct Object {
    std::string id;
    std::string name;
    std::string definition;
    std::map<std::string, std::string> columns;
    std::string creator;
    base::Instant created;
    bool running = false;  // clusters start when they are created
  };
  struct Late {
    base::Instant at;
    std::string kind;
    Object object;
  };
  using Objects = std::vector<Object>;

  template <typename Work>
  auto written(const std::string& what, const Work& work);
  std::string insert(const std::string& kind, Object object);
  void let_late_ones_in();
  void refuse_signed_out() const;
  void check_links(const std::string& kind, const std::string& definition) const;
  void require(const std::string& kind, const std::string& id, const std::string& what) const;
  Object* object(const std::string& kind, const std::string& id);
  std::string body_of(const std::string& kind, const Object& object) const;
  base::Row row_of(const std::string& kind, const Object& object) const;
  Found found(const std::string& kind, const Object& object) const;

  ManualClock& clock_;
  mutable std::mutex mutex_;
  std::uint64_t next_;
  std::string account_ = "holdfast";
  std::map<std::string, Objects> objects_;
  std::vector<Late> late_ones_;
};

// One of everything: nested groups, two clusters and two jobs of one name, jobs that run each other, a policy with a
// pool's id in its text, homes, permissions, secrets, schedules.
void fill_workspace(FakeWorkspace& workspace);

}  // namespace holdfast::test
