#include "repository/index_run.h"
#include "repository/names.h"
#include "repository/records.h"
#include "repository/repository.h"
#include "repository/writers.h"
#include "repository_fixture.h"

namespace holdfast::repository {
namespace {

using base::ErrorKind;
using test::error_of;
using test::RepositoryWorld;

struct WriteOnlyWorld : RepositoryWorld {
  WriteOnlyWorld() {
    const auto repository = open();
    first = backup(*repository, before);
    key = repository->make_writer("edge host");
    after = before;
    for (int i = 0; i < 9; ++i) after.erase(test::numbered_key(static_cast<std::uint64_t>(i * 5)));
    for (int i = 0; i < 7; ++i)
      after[test::numbered_key(static_cast<std::uint64_t>(i * 4 + 1))] =
          test::some_values(static_cast<std::uint64_t>(500 + i), 3);
    after["new key"] = test::some_values(999, 3);
  }
  test::Model before = test::some_rows(60);
  test::Model after;
  Snapshot first;
  WriterKey key;
};

TEST(WriteOnlyRepository, adds_a_snapshot_that_readers_see_with_all_rows) {
  WriteOnlyWorld world;
  const auto host = WriteOnlyRepository::open(*world.backend, world.environment(), world.key);
  const Snapshot made = test::write_only_backup(*host, world.first.id, world.before, world.after, world.clock.now());
  EXPECT_NE(made.id.writer, world.first.id.writer);
  const auto repository = world.open();
  const Snapshot read = *repository->latest();
  EXPECT_EQ(read.id, made.id) << "it follows the first in the chain";
  EXPECT_FALSE(read.trees[0].inherits);
  EXPECT_EQ(RepositoryWorld::read(*repository, read), world.after);
  EXPECT_EQ(read.trees[0].content, test::content_under(repository->boundary_key(), world.after));
  EXPECT_TRUE(repository->check({CheckLevel::data, 1.0, {}, {}}).findings.empty());
  EXPECT_TRUE(repository->warnings().empty());

  // And again on top of it, by the host and then by one that reads.
  test::Model third = world.before;
  const Snapshot again = test::write_only_backup(*host, made.id, world.after, third, world.clock.now());
  EXPECT_EQ(RepositoryWorld::read(*repository, repository->snapshot(again.id)), third);
  const Snapshot full = world.backup(*repository, world.after, repository->snapshot(again.id));
  EXPECT_EQ(RepositoryWorld::read(*world.open(), *world.open()->latest()), world.after);
  EXPECT_EQ(world.open()->latest()->id, full.id);
}

TEST(WriteOnlyRepository, shares_no_block_with_another_trust_domain) {
  WriteOnlyWorld world;
  const auto repository = world.open();
  const auto ours = repository->begin_session(std::nullopt);
  const auto host = WriteOnlyRepository::open(*world.backend, world.environment(), world.key);
  const auto theirs = host->begin_session(world.first.id);
  const BlockId id = ours->put(BlockKind::rows, "the same bytes");
  EXPECT_NE(theirs->put(BlockKind::rows, "the same bytes"), id);
  Snapshot made = theirs->commit({});
  const auto child = repository->begin_session(made.id);
  EXPECT_EQ(child->put(BlockKind::rows, "the same bytes"), id);
  EXPECT_EQ(child->bytes_added_raw(), 14u) << "stored again rather than taken from a less trusted writer";
}

TEST(WriteOnlyRepository, holds_nothing_that_opens_what_is_stored) {
  WriteOnlyWorld world;
  const WriterSecrets secrets = decode_writer_key(world.key.text);
  EXPECT_EQ(error_of([&] {
              Repository::open(*world.backend, world.environment(), MasterKey{secrets.id_key, ""});
            }),
            ErrorKind::wrong_key);
  const auto host = WriteOnlyRepository::open(*world.backend, world.environment(), world.key);
  const auto session = host->begin_session(world.first.id);
  EXPECT_EQ(error_of([&] { session->blocks().get(world.first.trees[0].layers[0].top[0].id); }), ErrorKind::corruption);
}

TEST(WriteOnlyRepository, refuses_another_repository_and_other_texts) {
  WriteOnlyWorld world;
  test::SeededRandom random(12);
  const auto foreign = storage::make_memory_backend();
  foreign->put(k_config_name, make_config(base::Secret(std::string(32, 'x')), 1024, 8192, {}, random).config.stored);
  EXPECT_EQ(error_of([&] { WriteOnlyRepository::open(*foreign, world.environment(), world.key); }), ErrorKind::refused);
  EXPECT_EQ(
      error_of([&] { WriteOnlyRepository::open(*world.backend, world.environment(), {base::Secret("a passphrase")}); }),
      ErrorKind::wrong_key);
  std::string text(world.key.text.reveal());
  text[60] = text[60] == '0' ? '1' : '0';
  EXPECT_EQ(error_of([&] { WriteOnlyRepository::open(*world.backend, world.environment(), {base::Secret(text)}); }),
            ErrorKind::wrong_key);
}

TEST(WriteOnlyRepository, looks_who_signed_that_its_parent_is_forgotten) {
  WriteOnlyWorld world;
  const auto host = WriteOnlyRepository::open(*world.backend, world.environment(), world.key);
  world.backend->put(ForgetName{world.first.id, 0xffffffffu, Mark::forget}.name(), "");
  EXPECT_EQ(host->begin_session(world.first.id)->parent(), world.first.id);

  const WriterSecrets secrets = decode_writer_key(world.key.text);
  const SessionKey key = make_session_key(secrets.identity, {secrets.signer.writer, 0}, world.random);
  world.backend->put(ForgetName{world.first.id, 0xfffffffeu, Mark::forget}.name(),
                     seal_object(ObjectKind::forget, secrets.identity, key, secrets.signer, "", world.random));
  EXPECT_EQ(host->begin_session(world.first.id)->parent(), world.first.id) << "signed by one who may not";

  world.open()->forget(world.first.id, "test");
  EXPECT_EQ(host->begin_session(world.first.id)->parent(), std::nullopt);
}

TEST(WriteOnlyRepository, may_not_forget_what_others_wrote) {
  WriteOnlyWorld world;
  const auto repository = world.open();
  const WriterSecrets secrets = decode_writer_key(world.key.text);
  // The host writes a well-formed, signed forget record of the first snapshot.
  const SessionKey key = make_session_key(secrets.identity, {secrets.signer.writer, 0}, world.random);
  base::ByteWriter payload;
  payload.u32(world.first.id.writer);
  payload.u64(world.first.id.sequence);
  payload.u32(1);
  payload.u8(1);
  payload.sized("");
  payload.sized("");
  payload.u64(0);
  world.backend->put(
      ForgetName{world.first.id, 1, Mark::forget}.name(),
      seal_object(ObjectKind::forget, secrets.identity, key, secrets.signer, payload.bytes(), world.random));
  EXPECT_EQ(repository->latest()->id, world.first.id);
  EXPECT_EQ(repository->warnings().size(), 1u);
  EXPECT_EQ(repository->check({}).findings.size(), 1u);
}

// A host that learnt the id key of the repository's own trust domain, and so makes blocks whose ids fit there.
struct ForgingWorld : WriteOnlyWorld {
  ForgingWorld()
      : secrets(decode_writer_key(key.text)),
        id_key(domain_id_key(
            open_ring(decode_config(backend->get_all(k_config_name)), test::fresh_repository().master.secret),
            k_root_domain)) {}

  // A pack with one block that names `session` as its own, and no index run.
  RunContent forge_pack(const SessionKey& session, std::uint32_t domain) {
    PackBuilder pack(session, domain, 8192, random);
    const base::Bytes tagged = tagged_block(BlockKind::rows, plain);
    id = block_id(id_key, tagged);
    const std::uint32_t number = *pack.reserve(tagged.size());
    base::Bytes sealed;
    seal_block(secrets.identity, pack.ref(), number, id, compressor.compress(tagged), sealed);
    RunContent out;
    PackEntry entry{id, BlockKind::rows, number, 0, 0, static_cast<std::uint32_t>(plain.size())};
    out.entries.push_back({pack.append(entry, sealed), 0});
    pack.finish(secrets.identity);
    backend->put(pack.ref().name(), pack.bytes());
    out.packs.push_back(pack.ref());
    return out;
  }
  // A snapshot of the host that names an index run with this content.
  SnapshotId forge_snapshot(const SessionKey& session, const RunContent& content) {
    const RunName run{session.session, 0};
    backend->put(run.name(), encode_run(content, run.number, secrets.identity, session, secrets.signer, random));
    Snapshot snapshot;
    snapshot.connector = "catalog";
    snapshot.index_runs.push_back(run.name());
    backend->put(snapshot_name(session.session),
                 seal_object(ObjectKind::snapshot, secrets.identity, session, secrets.signer,
                             encode_snapshot(snapshot, compressor), random));
    return session.session;
  }
  // What the repository's own writer stores when it puts the block on top of `parent`.
  std::uint64_t stored_again(const SnapshotId& parent) {
    const auto repository = open();
    const auto session = repository->begin_session(parent);
    EXPECT_EQ(session->put(BlockKind::rows, plain), id);
    return session->bytes_added_raw();
  }

  WriterSecrets secrets;
  base::Secret id_key;
  Compressor compressor;
  const std::string plain = "a block of another domain";
  BlockId id;
};

TEST(WriteOnlyRepository, cannot_list_a_pack_of_its_own_as_one_of_another_domain) {
  ForgingWorld world;
  const SessionKey session = make_session_key(world.secrets.identity, {world.secrets.signer.writer, 5}, world.random);
  const SnapshotId forged = world.forge_snapshot(session, world.forge_pack(session, k_root_domain));
  EXPECT_EQ(world.stored_again(forged), world.plain.size());
  EXPECT_EQ(error_of([&] { world.open()->blocks().get(world.id); }), ErrorKind::corruption);
}

TEST(WriteOnlyRepository, cannot_list_a_pack_of_its_own_under_the_name_of_another_writer) {
  ForgingWorld world;
  const SessionKey session = make_session_key(world.secrets.identity, {world.secrets.signer.writer, 5}, world.random);
  const SessionKey stolen = make_session_key(world.secrets.identity, world.first.id, world.random);
  const SnapshotId forged = world.forge_snapshot(session, world.forge_pack(stolen, k_root_domain));
  EXPECT_EQ(world.stored_again(forged), world.plain.size());
}

TEST(WriteOnlyRepository, cannot_leave_a_pack_that_names_another_writer_in_its_header) {
  ForgingWorld world;
  const SnapshotId existing = world.first.id;
  for (const SnapshotId& named : {existing, SnapshotId{existing.writer, 77}}) {
    const SessionKey session = make_session_key(world.secrets.identity, named, world.random);
    const RunContent forged = world.forge_pack(session, k_root_domain);
    // No index run lists it: the directories of all packs are read.
    const auto repository = world.open();
    EXPECT_EQ(error_of([&] { repository->blocks().get(world.id); }), ErrorKind::corruption);
    const CheckReport report = repository->check({});
    ASSERT_EQ(report.findings.size(), 1u);
    EXPECT_EQ(report.findings[0].object, forged.packs[0].name());
    world.backend->remove(forged.packs[0].name());
  }
}

}  // namespace
}  // namespace holdfast::repository
