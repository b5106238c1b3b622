#include "repository/repository.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "crypto/sign.h"
#include "repository/repository_impl.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

Config read_config(storage::Backend& backend) {
  try {
    return decode_config(whole_object(backend, k_config_name));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    throw Error(ErrorKind::no_repository, fmt::format("there is no repository at {}", backend.properties().location),
                "Make one with 'holdfast init', or check the repository's location.");
  }
}

// Slots that can be read, newest first.  What is wrong with the others goes to `problems`.
std::vector<Slot> read_slots(storage::Backend& backend, base::ByteView repository_id,
                             std::vector<std::string>& problems) {
  std::vector<std::string> ids;
  backend.list(k_keys_prefix, [&](const storage::ObjectInfo& info) {
    if (is_object_name(info.name)) ids.push_back(info.name.substr(k_keys_prefix.size()));
  });
  std::vector<Slot> out;
  for (const std::string& id : ids) {
    try {
      Slot slot = decode_slot(whole_object(backend, slot_name(id)), id);
      if (slot.repository_id == repository_id) out.push_back(std::move(slot));
    } catch (const Error& error) {
      if (!is_damage(error)) throw;
      problems.push_back(error.message());
    }
  }
  std::sort(out.begin(), out.end(), [](const Slot& a, const Slot& b) {
    return std::tie(b.info.created, b.info.id) < std::tie(a.info.created, a.info.id);
  });
  return out;
}

}  // namespace

Repository::Impl::Impl(storage::Backend& backend_in, const Environment& environment_in, Config config_in, KeyRing ring,
                       MasterKey master_in)
    : backend(backend_in),
      environment(environment_in),
      config(std::move(config_in)),
      master(std::move(master_in)),
      keys(backend, config, std::move(ring)),
      state(environment.state, config.identity.id),
      reader({backend, keys, compressor, warnings}),
      forgets(backend, keys, warnings),
      seen_(state.highest_seen()) {}

Repository::Repository(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Repository::~Repository() = default;

std::unique_ptr<Repository> Repository::init(storage::Backend& backend, const Environment& environment,
                                             const KeyMaterial& key, const InitOptions& options) {
  const std::string location = backend.properties().location;
  const auto taken = [&] {
    return Error(ErrorKind::conflict, fmt::format("there is a repository at {} already", location),
                 "Choose another location, or open this one with its key.");
  };
  if (backend.stat(k_config_name)) throw taken();
  if (options.block_bytes == 0 || options.pack_bytes < options.block_bytes || options.pack_bytes > k_pack_bytes_max)
    throw Error(ErrorKind::usage, "the sizes of blocks and packs make no sense together");
  base::Random& random = *environment.random;
  const base::Secret master(random.bytes(k_master_bytes));
  NewConfig made = make_config(master, options.block_bytes, options.pack_bytes, {}, random);
  const NewSlot wanted{options.slot_kind, options.slot_label, environment.clock->now(), options.kdf};
  const StoredSlot slot = make_slot(made.config.identity.id, wanted, master, key, random);
  // The config is the last to be written: with it there is a repository, and it can be opened.
  backend.put(slot_name(slot.info.id), slot.object);
  if (!backend.put(k_config_name, made.config.stored)) {
    backend.remove(slot_name(slot.info.id));
    throw taken();
  }
  LocalState(environment.state, made.config.identity.id).replace_pin(location, made.config.identity);
  return std::unique_ptr<Repository>(new Repository(std::make_unique<Impl>(
      backend, environment, std::move(made.config), std::move(made.ring), MasterKey{master, slot.info.id})));
}

MasterKey Repository::unlock(storage::Backend& backend, const KeyMaterial& key) {
  const Config config = read_config(backend);
  require_features(config.features.read, "read");
  std::vector<std::string> problems;
  for (const Slot& slot : read_slots(backend, config.identity.id, problems)) {
    if (auto master = try_slot(slot, key)) return {*std::move(master), slot.info.id};
  }
  const std::string more = problems.empty() ? "" : fmt::format(" ({})", problems.front());
  throw Error(ErrorKind::wrong_key,
              fmt::format("the key opens no slot of the repository at {}{}", backend.properties().location, more),
              "Check the passphrase, key file or key command.");
}

std::unique_ptr<Repository> Repository::open(storage::Backend& backend, const Environment& environment,
                                             const KeyMaterial& key) {
  return open(backend, environment, unlock(backend, key));
}

std::unique_ptr<Repository> Repository::open(storage::Backend& backend, const Environment& environment,
                                             const MasterKey& master) {
  Config config = read_config(backend);
  require_features(config.features.read, "read");
  KeyRing ring = open_ring(config, master.secret);
  LocalState(environment.state, config.identity.id).check_pin(backend.properties().location, config.identity);
  return std::unique_ptr<Repository>(
      new Repository(std::make_unique<Impl>(backend, environment, std::move(config), std::move(ring), master)));
}

std::string Repository::id() const {
  return base::to_hex(impl_->config.identity.id);
}
std::uint32_t Repository::block_bytes() const {
  return impl_->config.block_bytes;
}
const BoundaryKey& Repository::boundary_key() const {
  return impl_->keys.ring().boundary;
}
BlockSource& Repository::blocks() {
  return impl_->reader;
}
std::vector<std::string> Repository::warnings() const {
  return impl_->warnings.lines();
}

std::unique_ptr<Session> Repository::begin_session(const std::optional<SnapshotId>& parent) {
  require_features(impl_->config.features.write, "write");
  std::optional<SessionParent> builds_on;
  if (parent) {
    SessionParent found;
    found.id = *parent;
    found.index_runs = impl_->read_snapshot(*parent, &found.digest).index_runs;
    impl_->reader.use_runs(found.index_runs);
    builds_on = std::move(found);
  }
  impl_->require_writing();
  SessionHost host{impl_->backend,    impl_->environment, impl_->config.identity,
                   impl_->compressor, impl_->state,       impl_->signer()};
  host.domain = k_root_domain;
  host.id_key = impl_->keys.id_key(k_root_domain);
  host.pack_bytes = impl_->config.pack_bytes;
  host.reader = &impl_->reader;
  host.is_forgotten = [this](const SnapshotId& id) { return impl_->forgets.of(id) == Mark::forget; };
  return open_session(std::move(host), std::move(builds_on));
}

void Repository::forget(const SnapshotId& id, std::string_view reason) {
  impl_->require_writing();
  if (!impl_->backend.stat(snapshot_name(id)))
    throw Error(ErrorKind::not_found, fmt::format("there is no snapshot {}", id.name()));
  impl_->forgets.set(id, Mark::forget, impl_->signer(), impl_->environment, reason);
}

void Repository::undelete(const SnapshotId& id) {
  impl_->require_writing();
  if (!impl_->backend.stat(snapshot_name(id)))
    throw Error(ErrorKind::not_found, fmt::format("there is no snapshot {}", id.name()));
  impl_->forgets.set(id, Mark::undelete, impl_->signer(), impl_->environment, {});
}

std::vector<SlotInfo> Repository::key_slots() {
  std::vector<std::string> problems;
  std::vector<SlotInfo> out;
  for (Slot& slot : read_slots(impl_->backend, impl_->config.identity.id, problems)) {
    slot.info.current = slot.info.id == impl_->master.slot_id;
    out.push_back(std::move(slot.info));
  }
  for (std::string& problem : problems) impl_->warnings.add(std::move(problem));
  return out;
}

SlotInfo Repository::add_key(const KeyMaterial& key, const std::string& kind, const std::string& label,
                             const KdfCost& cost) {
  require_features(impl_->config.features.write, "write");
  const NewSlot wanted{kind, label, impl_->environment.clock->now(), cost};
  StoredSlot slot = make_slot(impl_->config.identity.id, wanted, impl_->master.secret, key, *impl_->environment.random);
  if (!impl_->backend.put(slot_name(slot.info.id), slot.object))
    throw Error(ErrorKind::conflict, fmt::format("key slot {} is there already", slot.info.id));
  return slot.info;
}

void Repository::remove_key(std::string_view slot_id) {
  const std::vector<SlotInfo> slots = key_slots();
  const auto named = [&](const SlotInfo& slot) { return slot.id == slot_id; };
  if (std::none_of(slots.begin(), slots.end(), named))
    throw Error(ErrorKind::not_found, fmt::format("there is no key slot {}", slot_id),
                "List them with 'holdfast key list'.");
  if (slots.size() == 1)
    throw Error(ErrorKind::refused, fmt::format("key slot {} is the last one", slot_id),
                "Add another key first: without any, nobody opens this repository again.");
  const std::string name = slot_name(slot_id);
  const base::Bytes object = whole_object(impl_->backend, name);
  impl_->backend.remove(name);
  if (!key_slots().empty()) return;
  // Another process removed the other one meanwhile: each saw two.  Whoever looks last puts its own back.
  impl_->backend.put(name, object);
  throw Error(ErrorKind::conflict,
              fmt::format("key slot {} was put back: another process removed the others meanwhile", slot_id),
              "List the keys with 'holdfast key list', and remove this one when there is another.");
}

WriterKey Repository::make_writer(std::string_view label) {
  require_features(impl_->config.features.write, "write");
  base::Random& random = *impl_->environment.random;
  crypto::SignKeys made = crypto::make_sign_keys(random);
  for (;;) {
    const std::uint32_t number = draw_writer(random);
    if (number == impl_->config.first_writer) continue;
    // The domain is the writer's own: nobody else deduplicates against its blocks.
    const Writer writer{number, made.public_key, number, std::string(label)};
    const base::Bytes object = encode_writer(writer, impl_->environment.clock->now(), impl_->config.identity,
                                             impl_->keys.ring().admin_secret, random);
    if (!impl_->backend.put(writer_name(number), object)) continue;
    WriterSecrets secrets{impl_->config.identity,
                          {number, made.secret_key},
                          writer.domain,
                          impl_->keys.id_key(writer.domain),
                          impl_->keys.ring().boundary};
    return {encode_writer_key(secrets)};
  }
}

}  // namespace holdfast::repository
