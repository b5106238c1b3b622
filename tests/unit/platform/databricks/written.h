// A workspace that is written down request by request, and what a capture of it gives.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/key.h"
#include "platform/databricks/capture.h"
#include "platform/databricks/kinds.h"
#include "unit/platform/databricks/scripted.h"

namespace holdfast::test {

inline base::Bytes key(const std::vector<std::string>& parts) {
  base::Bytes out;
  for (const std::string& part : parts) base::append_text(out, part);
  return out;
}

inline const model::Collection& collection(std::string_view kind) {
  return platform::databricks::find_kind(kind)->kind.collection;
}

class Rows : public platform::RowSink {
public:
  void row(const base::RowView& row) override {
    EXPECT_TRUE(last_.empty() || last_ < row.key) << "rows are not in key order";
    last_ = row.key;
    rows.emplace(base::Bytes(row.key), base::to_row(row));
  }
  void unread(const base::KeyRange& stretch, std::string reason) override { stretches.emplace_back(stretch, reason); }

  void partial(const base::RowView& partly, const std::vector<bool>& missing, std::string reason) override {
    row(partly);
    partials.emplace_back(missing, reason);
  }

  std::map<base::Bytes, base::Row> rows;
  std::vector<std::pair<std::vector<bool>, std::string>> partials;  // of rows that came in part
  std::vector<std::pair<base::KeyRange, std::string>> stretches;

private:
  base::Bytes last_;
};

// A workspace that is a map from request to answer; what is not in it has no endpoint.
class Written {
public:
  Written() : session([this](const std::string& target) { return find(target); }) {
    set("/api/2.0/preview/scim/v2/Me", R"({"userName":"anna@example.test","groups":[{"display":"admins"}]})");
    set("/.well-known/databricks-config", R"({"workspace_id":"42","account_id":"a","cloud":"azure"})");
    set("/api/2.1/unity-catalog/metastore_summary", R"({"region":"westeurope"})");
  }
  void set(const std::string& target, std::string body) { answers_[target] = answer(200, std::move(body)); }
  void set(const std::string& target, net::Response response) { answers_[target] = std::move(response); }
  std::size_t asked(const std::string& target) const {
    const auto all = session.asked();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), target));
  }

  std::unique_ptr<platform::Capture> capture(const platform::CaptureOptions& options = {}) {
    return platform::databricks::open_capture(session.client(), options, session.clock, {});
  }
  Rows read(std::string_view kind, const platform::CaptureOptions& options = {}) {
    Rows out;
    const auto opened = capture(options);
    for (const base::KeyRange& range : opened->ranges(collection(kind), 4))
      opened->read(collection(kind), range, out, {});
    return out;
  }

  // A folder with these children: {path, type}.
  void folder(const std::string& path, const std::vector<std::pair<std::string, std::string>>& children) {
    std::string objects;
    for (const auto& [child, type] : children)
      objects += fmt::format("{}{{\"path\":\"{}\",\"object_type\":\"{}\",\"object_id\":{},\"modified_at\":7}}",
                             objects.empty() ? "" : ",", child, type, id_of(child));
    set("/api/2.0/workspace/list?path=" + net::encode_segment(path), fmt::format("{{\"objects\":[{}]}}", objects));
  }
  void notebook(const std::string& path, const std::string& format, net::Response content) {
    set(fmt::format("/api/2.0/workspace/get-status?path={}&return_export_info=true", net::encode_segment(path)),
        fmt::format("{{\"path\":\"{}\",\"repos_export_format\":\"{}\"}}", path, format));
    set(exported(path, format), std::move(content));
  }
  static std::string exported(const std::string& path, const std::string& format) {
    return fmt::format("/api/2.0/workspace/export?path={}&format={}&direct_download=true", net::encode_segment(path),
                       format);
  }
  static int id_of(const std::string& path) { return static_cast<int>(path.size()) * 100 + path.back(); }

  // Called with each request, from several threads.
  std::function<void(const std::string& target)> before;
  ScriptedSession session;

private:
  net::Response find(const std::string& target) const {
    if (before) before(target);
    const auto found = answers_.find(target);
    return found == answers_.end() ? no_endpoint() : found->second;
  }
  std::map<std::string, net::Response> answers_;
};

// A workspace with one job that nobody was given rights to.
inline void one_job(Written& world, const std::string& id, const std::string& name) {
  world.set("/api/2.2/jobs/list?limit=100",
            fmt::format(R"({{"jobs":[{{"job_id":{},"settings":{{"name":"{}"}}}}]}})", id, name));
  world.set("/api/2.2/jobs/get?job_id=" + id,
            fmt::format(R"({{"job_id":{},"settings":{{"name":"{}","x":1.10}}}})", id, name));
  world.set("/api/2.0/permissions/jobs/" + id, R"({"access_control_list":[]})");
}

}  // namespace holdfast::test
