#include "repository/forget_marks.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

// A host that may only write must not make the snapshots of others disappear.
void check_signer(const Header& header, WriterDirectory& writers, const ForgetName& name) {
  const Writer writer = writers.get(header.session.writer);
  if (writer.domain == k_root_domain || writer.id == name.snapshot.writer) return;
  throw Error(ErrorKind::corruption,
              fmt::format("{} was signed by writer {:08x}, who may not", name.name(), writer.id));
}

// Undelete counts where two processes gave their records the same number: what is kept can still be forgotten.
bool is_lower(const ForgetName& a, const ForgetName& b) {
  return std::pair(a.number, a.mark != Mark::forget) < std::pair(b.number, b.mark != Mark::forget);
}

// Above the record that counts.  Numbers of records that do not count are passed over, whatever they are: were they
// followed, one with the highest number would end the counting.
std::uint32_t next_number(const std::vector<ForgetName>& names, std::uint32_t counting) {
  std::uint32_t out = counting + 1;
  for (const ForgetName& name : names) out += name.number == out ? 1 : 0;
  return out;
}

// The records of one snapshot, lowest first.
std::vector<ForgetName> list_names(storage::Backend& backend, const SnapshotId& id) {
  std::vector<ForgetName> out;
  backend.list(fmt::format("{}{}-", k_forgets_prefix, id.name()), [&](const storage::ObjectInfo& info) {
    if (const auto name = ForgetName::parse(info.name)) out.push_back(*name);
  });
  std::sort(out.begin(), out.end(), is_lower);
  return out;
}

}  // namespace

ForgetMarks::ForgetMarks(storage::Backend& backend, Keychain& keys, Warnings& warnings)
    : backend_(backend), keys_(keys), warnings_(warnings) {}

ForgetRecord ForgetMarks::open(const ForgetName& name) {
  const Keychain::Opened opened = keys_.open(whole_object(backend_, name.name()), ObjectKind::forget, name.name());
  check_signer(opened.header, keys_.writers(), name);
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
    std::sort(records.begin(), records.end(), is_lower);
    if (const auto last = last_that_counts(records)) out[id] = last->mark;
  }
  return out;
}

std::vector<ForgetName> ForgetMarks::names_of(const SnapshotId& id) {
  return list_names(backend_, id);
}

std::optional<ForgetName> ForgetMarks::last_that_counts(const std::vector<ForgetName>& names) {
  const auto last = std::find_if(names.rbegin(), names.rend(), [&](const ForgetName& name) { return counts(name); });
  return last == names.rend() ? std::nullopt : std::optional(*last);
}

std::optional<Mark> ForgetMarks::of(const SnapshotId& id) {
  const std::optional<ForgetName> last = last_that_counts(names_of(id));
  return last ? std::optional(last->mark) : std::nullopt;
}

void ForgetMarks::set(const SnapshotId& id, Mark mark, const Signer& signer, const Environment& environment,
                      std::string_view reason) {
  for (;;) {
    const std::vector<ForgetName> before = names_of(id);
    const std::optional<ForgetName> last = last_that_counts(before);
    if ((last ? last->mark : Mark::undelete) == mark) return;
    ForgetRecord record;
    record.name = {id, next_number(before, last ? last->number : 0), mark};
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

bool has_signed_forget(storage::Backend& backend, const Identity& identity, WriterDirectory& writers,
                       const SnapshotId& id) {
  const std::vector<ForgetName> names = list_names(backend, id);
  const auto valid = std::find_if(names.rbegin(), names.rend(), [&](const ForgetName& name) {
    try {
      const base::Bytes object = whole_object(backend, name.name());
      check_signer(verify_sealed(object, ObjectKind::forget, identity, writers, name.name()).header, writers, name);
      return true;
    } catch (const Error& error) {
      if (!is_damage(error)) throw;
      return false;
    }
  });
  return valid != names.rend() && valid->mark == Mark::forget;
}

}  // namespace holdfast::repository
