#include "support/fake_workspace_connector.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/key.h"
#include "support/forwarding_writer.h"

namespace holdfast::test {

namespace {

using base::Error;
using base::ErrorKind;

Error not_by_rows() {
  return {ErrorKind::unsupported, "a workspace is not restored row by row"};
}

class WorkspaceCapture : public platform::Capture {
public:
  explicit WorkspaceCapture(WorkspaceAccount& account)
      : account_(account), taken_(account.clock.now()), resources_(account.workspace.capture()) {
    std::sort(resources_.begin(), resources_.end(), [](const auto& a, const auto& b) { return a.row.key < b.row.key; });
    for (model::Resource& one : resources_) {
      const auto& columns = workspace_kind_set().at(one.kind).kind.collection.columns;
      for (std::size_t i = 0; i < columns.size(); ++i)
        if (account.withheld.contains(columns[i].name)) one.row.columns[i].reset();
    }
    std::erase_if(resources_, [&](const auto& one) { return account.hidden.contains(one.name); });
    for (auto& [kind, captures] : account.blank) {
      if (captures == 0) continue;
      --captures;
      std::erase_if(resources_,
                    [&, &blank = kind](const auto& one) { return workspace_kind_set().at(one.kind).label() == blank; });
    }
    for (const model::Kind& kind : workspace_kinds())
      if (!account.absent.contains(kind.collection.name))
        collections_.push_back({.collection = kind.collection, .rows = 0, .bytes = 0});
  }
  base::Instant taken() const override { return taken_; }
  const std::vector<platform::CollectionEstimate>& collections() const override { return collections_; }
  std::string attributes() const override {
    const std::string me = account_.me.empty() ? "" : fmt::format(R"("me":"{}",)", account_.me);
    return fmt::format(R"({{{}"workspace_id":"{}","admin":{},"told_by_cluster":"{}","not_seen":{}}})", me, account_.id,
                       account_.administrator, account_.told_by_cluster, account_.not_seen);
  }
  std::vector<std::string> notes() const override { return {}; }
  unsigned readers() const override { return 2; }
  std::vector<base::KeyRange> ranges(const model::Collection& collection, unsigned) override {
    if (account_.unlisted.contains(collection.name))
      throw Error(ErrorKind::unavailable, fmt::format("listing {} is not possible now", collection.name));
    return {base::KeyRange{}};
  }
  void read(const model::Collection& collection, const base::KeyRange& range, platform::RowSink& sink,
            std::stop_token) override {
    std::vector<base::ColumnView> columns;
    for (const model::Resource& one : resources_) {
      if (workspace_kind_set().at(one.kind).label() != collection.name || !range.contains(one.row.key)) continue;
      if (account_.unread.contains(one.name))
        sink.unread(base::range_of_key(one.row.key), "403 PERMISSION_DENIED");
      else
        sink.row(base::to_view(one.row, columns));
    }
  }

private:
  const WorkspaceAccount& account_;
  const base::Instant taken_;
  std::vector<model::Resource> resources_;
  std::vector<platform::CollectionEstimate> collections_;
};

class WorkspaceConnector : public platform::Connector {
public:
  explicit WorkspaceConnector(WorkspaceAccount& account) : account_(account) {}
  std::string_view platform() const override { return "workspace"; }
  std::vector<platform::Diagnosis> diagnose() override { return {}; }
  std::vector<platform::LeftOut> left_out() override { return {}; }
  std::unique_ptr<platform::Capture> capture(const platform::CaptureOptions&, std::stop_token) override {
    return std::make_unique<WorkspaceCapture>(account_);
  }
  std::unique_ptr<platform::Replacement> replace(const model::Collection&, const platform::ReplaceOptions&,
                                                 std::uint64_t, std::stop_token) override {
    throw not_by_rows();
  }
  std::unique_ptr<platform::RowWriter> writer(const model::Collection&) override { throw not_by_rows(); }
  const std::vector<model::Kind>& kinds() const override { return workspace_kinds(); }
  void require_writing(const platform::WriteRequest& request, std::stop_token) override {
    if (!account_.writable || (!account_.switchable && request.what == platform::Writing::cutover))
      throw Error(ErrorKind::refused, fmt::format("{} is not written to", account_.id), "Say that it may be.");
    if (!request.workspace.empty() && request.workspace != account_.id)
      throw Error(ErrorKind::refused,
                  fmt::format("it leads to workspace {}, and its newest snapshot is of workspace {}", account_.id,
                              request.workspace),
                  "Say --other-workspace where it is meant to lead there.");
  }
  std::unique_ptr<platform::ResourceWriter> resource_writer(std::stop_token) override {
    require_writing({}, {});
    return std::make_unique<ForwardingWriter>(account_.workspace);
  }
  bool holds_rows(const model::Collection& collection) override {
    return account_.workspace.count(collection.name) != 0;
  }
  platform::RunsThings* runs() override { return account_.runs; }
  std::unique_ptr<Admission> admission(const model::Collection&) override { throw not_by_rows(); }

private:
  WorkspaceAccount& account_;
};

}  // namespace

std::unique_ptr<platform::Connector> connect(WorkspaceAccount& account) {
  return std::make_unique<WorkspaceConnector>(account);
}

}  // namespace holdfast::test
