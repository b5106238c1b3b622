// A host that may write and not read.
#include <fmt/format.h>

#include "base/error.h"
#include "repository/forget_marks.h"
#include "repository/session_impl.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

struct WriteOnlyRepository::Impl {
  Impl(storage::Backend& backend_in, const Environment& environment_in, Config config_in, WriterSecrets secrets_in)
      : backend(backend_in),
        environment(environment_in),
        config(std::move(config_in)),
        secrets(std::move(secrets_in)),
        writers(backend, config),
        state(environment.state, config.identity.id) {}

  storage::Backend& backend;
  const Environment environment;
  const Config config;
  const WriterSecrets secrets;
  WriterDirectory writers;
  Compressor compressor;
  LocalState state;
};

WriteOnlyRepository::WriteOnlyRepository(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WriteOnlyRepository::~WriteOnlyRepository() = default;

std::unique_ptr<WriteOnlyRepository> WriteOnlyRepository::open(storage::Backend& backend,
                                                               const Environment& environment, const WriterKey& key) {
  WriterSecrets secrets = decode_writer_key(key.text);
  if (!backend.stat(k_config_name))
    throw Error(ErrorKind::no_repository, fmt::format("there is no repository at {}", backend.properties().location));
  Config config = decode_config(whole_object(backend, k_config_name));
  // Who the repository is stands in the host's own key, never in the store alone.
  if (config.identity != secrets.identity)
    throw Error(ErrorKind::refused, fmt::format("{} is not the repository that this writer's key was made for",
                                                backend.properties().location));
  require_features(config.features.write, "write");
  return std::unique_ptr<WriteOnlyRepository>(
      new WriteOnlyRepository(std::make_unique<Impl>(backend, environment, std::move(config), std::move(secrets))));
}

std::string WriteOnlyRepository::id() const {
  return base::to_hex(impl_->config.identity.id);
}
std::uint32_t WriteOnlyRepository::block_bytes() const {
  return impl_->config.block_bytes;
}
const BoundaryKey& WriteOnlyRepository::boundary_key() const {
  return impl_->secrets.boundary;
}

std::unique_ptr<Session> WriteOnlyRepository::begin_session(const std::optional<SnapshotId>& parent) {
  std::optional<SessionParent> builds_on;
  if (parent) {
    const std::string name = snapshot_name(*parent);
    const base::Bytes object = whole_object(impl_->backend, name);
    const SealedParts parts = verify_sealed(object, ObjectKind::snapshot, impl_->config.identity, impl_->writers, name);
    if (parts.header.session != *parent)
      throw Error(ErrorKind::corruption,
                  fmt::format("{} is swapped: it is snapshot {}", name, parts.header.session.name()));
    builds_on = SessionParent{*parent, base::Bytes(object_digest(object)), {}};
  }
  SessionHost host{impl_->backend,    impl_->environment, impl_->config.identity,
                   impl_->compressor, impl_->state,       impl_->secrets.signer};
  host.domain = impl_->secrets.domain;
  host.id_key = impl_->secrets.id_key;
  host.pack_bytes = impl_->config.pack_bytes;
  host.is_forgotten = [this](const SnapshotId& id) {
    return has_signed_forget(impl_->backend, impl_->config.identity, impl_->writers, id);
  };
  return open_session(std::move(host), std::move(builds_on));
}

}  // namespace holdfast::repository
