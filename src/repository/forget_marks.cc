#include "repository/forget_marks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

ForgetMarks::ForgetMarks(storage::Backend& backend, Keychain& keys, Warnings& warnings)
    : backend_(backend), keys_(keys), warnings_(warnings) {}

ForgetRecord ForgetMarks::open(const ForgetName& name) {
  const Keychain::Opened opened = keys_.open(backend_.get_all(name.name()), ObjectKind::forget, name.name());
  // A host that may only write must not make the snapshots of others disappear.
  const Writer writer = keys_.writers().get(opened.header.session.writer);
  if (writer.domain != k_root_domain && writer.id != name.snapshot.writer)
    throw Error(ErrorKind::corruption,
                fmt::format("{} was signed by writer {:08x}, who may not", name.name(), writer.id));
  return decode_forget(opened.payload, name);
}

bool ForgetMarks::counts(const ForgetName& name) {
  const std::string text = name.name();
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = judged_.find(text); found != judged_.end()) return found->second;
  }
  bool out = true;
  try {
    open(name);
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
    warnings_.add(fmt::format("a forget record does not count: {}", error.message()));
    out = false;
  }
  const std::lock_guard lock(mutex_);
  return judged_[text] = out;
}

std::map<SnapshotId, Mark> ForgetMarks::read() {
  std::map<SnapshotId, std::vector<ForgetName>> names;
  backend_.list(k_forgets_prefix, [&](const storage::ObjectInfo& info) {
    if (const auto name = ForgetName::parse(info.name)) names[name->snapshot].push_back(*name);
  });
  std::map<SnapshotId, Mark> out;
  for (auto& [id, records] : names) {
    std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.number > b.number; });
    const auto valid =
        std::find_if(records.begin(), records.end(), [&](const ForgetName& name) { return counts(name); });
    if (valid != records.end()) out[id] = valid->mark;
  }
  return out;
}

std::vector<ForgetName> ForgetMarks::names_of(const SnapshotId& id) {
  std::vector<ForgetName> out;
  backend_.list(fmt::format("{}{}-", k_forgets_prefix, id.name()), [&](const storage::ObjectInfo& info) {
    if (const auto name = ForgetName::parse(info.name)) out.push_back(*name);
  });
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return out;
}

void ForgetMarks::set(const SnapshotId& id, Mark mark, const Signer& signer, const Environment& environment,
                      std::string_view reason) {
  for (;;) {
    const std::vector<ForgetName> before = names_of(id);
    const auto valid =
        std::find_if(before.rbegin(), before.rend(), [&](const ForgetName& name) { return counts(name); });
    const Mark now = valid == before.rend() ? Mark::undelete : valid->mark;
    if (now == mark) return;
    ForgetRecord record;
    record.name = {id, before.empty() ? 1 : before.back().number + 1, mark};
    record.reason = reason;
    record.host = environment.host;
    record.at = environment.clock->now();
    // Each record has a key of its own: it belongs to no session.
    const SessionKey key = make_session_key(keys_.identity(), {signer.writer, 0}, *environment.random);
    const base::Bytes object =
        seal_object(ObjectKind::forget, keys_.identity(), key, signer, encode_forget(record), *environment.random);
    if (backend_.put(record.name.name(), object)) return;
  }
}

}  // namespace holdfast::repository
