// A check goes on where something is damaged: each finding names the object and what it touches.
#include <fmt/format.h>

#include <algorithm>

#include "base/time.h"
#include "repository/check_impl.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

CheckReport Checker::run() {
  list();
  if (options_.level != CheckLevel::listing) {
    small_objects();
    chains();
    directories();
    runs();
    reach();
  }
  if (options_.level == CheckLevel::data) {
    read_packs();
    overflow();
  }
  beside_damage();
  if (!bad_.empty() || !beside_.empty()) attribute();
  report_.findings = findings_.take();
  for (std::string& line : repository_.warnings.lines()) report_.warnings.push_back(std::move(line));
  return std::move(report_);
}

std::vector<std::string> Checker::below(std::string_view prefix) const {
  std::vector<std::string> out;
  for (auto at = objects_.lower_bound(std::string(prefix)); at != objects_.end() && after(prefix, at->first); ++at)
    if (is_object_name(at->first)) out.push_back(at->first);
  return out;
}

void Checker::list() {
  repository_.backend.list("", [&](const storage::ObjectInfo& info) { objects_[info.name] = info.size; });
  report_.objects = objects_.size();
  for (const auto& [name, size] : objects_) {
    if (!is_object_name(name)) {
      report_.warnings.push_back(fmt::format("{} is no object of format 1 and was left alone", name));
      continue;
    }
    if (size < k_header_bytes + k_digest_bytes)
      findings_.add(name, fmt::format("{} bytes are too few: it was cut", size));
    if (parse_pack_name(name) && padded_pack_bytes(size) != size)
      findings_.add(name, fmt::format("{} bytes are no length of a pack: it was cut or extended", size));
  }
  if (!objects_.contains(std::string(k_config_name))) findings_.add(std::string(k_config_name), "it is gone");
  if (below(k_keys_prefix).empty()) findings_.add(std::string(k_keys_prefix), "there is no key slot left");
  for (const std::string& name : below(k_snapshots_prefix)) {
    const SnapshotId id = *SnapshotId::parse(name.substr(k_snapshots_prefix.size()));
    if (objects_.contains(session_name(id))) continue;
    findings_.add(session_name(id), "it is gone, though its snapshot is there");
    findings_.touches(session_name(id), id);
  }
  repository_.list_snapshots();  // warns when the store stepped back
}

void Checker::small_objects() {
  const auto stored = [&](const std::string& name) { return whole_object(repository_.backend, name); };
  const std::string config(k_config_name);
  if (objects_.contains(config)) {
    guarded(config, [&] {
      if (decode_config(stored(config)).stored != repository_.config.stored)
        throw Error(ErrorKind::corruption, "config is not the one that this repository was opened with");
    });
  }
  for (const std::string& name : below(k_keys_prefix)) {
    guarded(name, [&] {
      if (decode_slot(stored(name), name.substr(k_keys_prefix.size())).repository_id != repository_.config.identity.id)
        report_.warnings.push_back(
            fmt::format("{} belongs to another repository: an init that did not end left it", name));
    });
  }
  for (const std::string& name : below(k_writers_prefix)) {
    const auto number = SnapshotId::parse(name.substr(k_writers_prefix.size()) + "-0000000000000000")->writer;
    guarded(name, [&] { decode_writer(stored(name), number, repository_.config.identity); });
  }
  for (const std::string& name : below(k_sessions_prefix)) session(name);
  tell_unfinished();
  for (const std::string& name : below(k_forgets_prefix))
    guarded(name, [&] { repository_.forgets.open(*ForgetName::parse(name)); });
  for (const std::string& name : below(k_snapshots_prefix)) snapshot(name);
}

void Checker::session(const std::string& name) {
  const SnapshotId id = *SnapshotId::parse(name.substr(k_sessions_prefix.size()));
  UnfinishedSession unfinished{id.name(), {}, {}};
  const bool whole = guarded(name, [&] {
    const Keychain::Opened opened =
        repository_.keys.open(whole_object(repository_.backend, name), ObjectKind::session, name);
    if (opened.header.session != id)
      throw Error(ErrorKind::corruption,
                  fmt::format("{} is swapped: it is session {}", name, opened.header.session.name()));
    const SessionRecord record = decode_session(opened.payload, name);
    unfinished.host = record.host;
    unfinished.started = record.started;
  });
  const bool committed = objects_.contains(snapshot_name(id));
  if (!whole && committed) findings_.touches(name, id);
  if (!committed) report_.unfinished.push_back(std::move(unfinished));
}

// However many there are, they are one line: a store may hold hundreds, and none is a defect.
void Checker::tell_unfinished() {
  std::vector<UnfinishedSession>& all = report_.unfinished;
  if (all.empty()) return;
  const auto begun = [](const UnfinishedSession& session) { return session.started.value_or(base::Instant::max()); };
  std::stable_sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return begun(a) < begun(b); });
  const UnfinishedSession& oldest = all.front();
  const std::string since =
      oldest.started ? fmt::format(", begun {} on {}", base::to_rfc3339(*oldest.started), oldest.host) : std::string();
  report_.warnings.push_back(
      all.size() == 1
          ? fmt::format("session {} did not end{}: what it wrote is garbage, or it still runs", oldest.name, since)
          : fmt::format("{} sessions did not end: what they wrote is garbage, or they still run; the oldest is {}{}",
                        all.size(), oldest.name, since));
}

void Checker::snapshot(const std::string& name) {
  const SnapshotId id = *SnapshotId::parse(name.substr(k_snapshots_prefix.size()));
  base::Bytes digest;
  if (guarded(name, [&] { snapshots_.push_back(repository_.read_snapshot(id, &digest)); }))
    digests_[id] = digest;
  else
    findings_.touches(name, id, "everything in it");
}

void Checker::chains() {
  for (const Snapshot& snapshot : snapshots_) {
    if (!snapshot.parent) continue;
    const auto parent = digests_.find(*snapshot.parent);
    if (parent == digests_.end()) {
      if (!objects_.contains(snapshot_name(*snapshot.parent)))
        report_.warnings.push_back(
            fmt::format("snapshot {} builds on {}, which is gone", snapshot.id.name(), snapshot.parent->name()));
      continue;
    }
    if (parent->second == snapshot.parent_hash) continue;
    const std::string name = snapshot_name(snapshot.id);
    findings_.add(name,
                  fmt::format("it builds on another {} than the one that is stored", snapshot_name(*snapshot.parent)));
    findings_.touches(name, snapshot.id);
  }
}

CheckReport Repository::check(const CheckOptions& options) {
  return Checker(*impl_, options).run();
}

}  // namespace holdfast::repository
