#include "repository/local_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "crypto/hash.h"
#include "repository/names.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

constexpr std::size_t k_pack_hex = 32;

std::string pin_name(std::string_view location) {
  return fmt::format("pins/{}", base::to_hex(crypto::view(crypto::sha256(location)).substr(0, 16)));
}

base::Bytes encode_pin(const Identity& identity) {
  return identity.id + identity.box_public + identity.admin_public;
}

}  // namespace

LocalState::LocalState(storage::Backend* state, base::ByteView repository_id)
    : state_(state), folder_(base::to_hex(repository_id)) {}

void LocalState::check_pin(std::string_view location, const Identity& identity) {
  if (state_ == nullptr) return;
  const std::string name = pin_name(location);
  const base::Bytes pin = encode_pin(identity);
  if (!state_->stat(name) && state_->put(name, pin)) return;
  if (state_->get_all(name) == pin) return;
  throw Error(ErrorKind::refused, fmt::format("{} is not the repository that this host knows there", location),
              fmt::format("If it was replaced on purpose, remove '{}' from {}.", name, state_->properties().location));
}

void LocalState::replace_pin(std::string_view location, const Identity& identity) {
  if (state_ == nullptr) return;
  state_->remove(pin_name(location));
  state_->put(pin_name(location), encode_pin(identity));
}

std::map<std::uint32_t, std::uint64_t> LocalState::highest_seen() {
  std::map<std::uint32_t, std::uint64_t> out;
  if (state_ == nullptr) return out;
  const std::string prefix = folder_ + "/seen/";
  state_->list(prefix, [&](const storage::ObjectInfo& info) {
    const auto id = SnapshotId::parse(std::string_view(info.name).substr(prefix.size()));
    if (id) out[id->writer] = std::max(out[id->writer], id->sequence);
  });
  return out;
}

void LocalState::note_seen(const SnapshotId& id) {
  if (state_ == nullptr) return;
  const auto seen = highest_seen();
  const auto before = seen.find(id.writer);
  if (before != seen.end() && before->second >= id.sequence) return;
  const std::string prefix = folder_ + "/seen/";
  // The new mark is written before the old one goes: a crash between the two leaves both, and the higher one counts.
  state_->put(prefix + id.name(), "1");
  if (before != seen.end()) state_->remove(prefix + SnapshotId{id.writer, before->second}.name());
}

std::map<std::string, base::Instant> LocalState::checked_packs() {
  std::map<std::string, base::Instant> out;
  if (state_ == nullptr) return out;
  const std::string prefix = folder_ + "/checked/";
  state_->list(prefix, [&](const storage::ObjectInfo& info) {
    const std::string_view rest = std::string_view(info.name).substr(prefix.size());
    if (rest.size() <= k_pack_hex + 1) return;
    std::int64_t micros = 0;
    std::from_chars(rest.data() + k_pack_hex + 1, rest.data() + rest.size(), micros);
    base::Instant& at = out[std::string(rest.substr(0, k_pack_hex))];
    at = std::max(at, base::Instant(base::Duration(micros)));
  });
  return out;
}

void LocalState::note_checked(base::ByteView pack_id, base::Instant at) {
  if (state_ == nullptr) return;
  const std::string prefix = fmt::format("{}/checked/{}", folder_, base::to_hex(pack_id));
  const std::string name = fmt::format("{}-{}", prefix, at.time_since_epoch().count());
  std::vector<std::string> old;
  state_->list(prefix, [&](const storage::ObjectInfo& info) {
    if (info.name != name) old.push_back(info.name);
  });
  state_->put(name, "1");
  for (const std::string& earlier : old) state_->remove(earlier);
}

}  // namespace holdfast::repository
