// A small repository that holds every kind of object, and one damaged byte: it is named or refused, and never becomes a
// wrong answer.
#include "repository/names.h"
#include "repository/repository.h"
#include "repository_fixture.h"

namespace holdfast::repository {
namespace {

using test::RepositoryWorld;

struct Sound {
  test::Objects objects;
  std::map<std::string, test::Model> rows;  // by snapshot name
};

const Sound& sound() {
  static const Sound out = [] {
    RepositoryWorld world(41);
    const auto repository = world.open();
    test::Model rows = test::some_rows(24);
    rows["large"] = {std::string(70'000, 'l'), std::nullopt, "v"};
    Sound made;
    const Snapshot first = world.backup(*repository, rows);
    made.rows[first.id.name()] = rows;
    const auto host = WriteOnlyRepository::open(*world.backend, world.environment(), repository->make_writer("host"));
    test::Model after = rows;
    after.erase(after.begin());
    after["new"] = test::some_values(3, 3);
    const Snapshot second = test::write_only_backup(*host, first.id, rows, after, world.clock.now());
    made.rows[second.id.name()] = after;
    repository->forget(first.id, "one of each");
    made.objects = test::objects_of(*world.backend);
    return made;
  }();
  return out;
}

// `name` was damaged in `backend`.
void expect_named_or_refused(storage::Backend& backend, const std::string& name, const std::string& how) {
  RepositoryWorld world(43);
  std::unique_ptr<Repository> repository;
  try {
    repository = world.open(backend);
  } catch (const base::Error& error) {
    EXPECT_NE(error.message().find(name == k_config_name ? "config" : name), std::string::npos)
        << how << error.message();
    return;
  }
  const CheckReport report = repository->check({CheckLevel::data, 1.0, {}, {}});
  bool named = false;
  for (const Finding& finding : report.findings) named = named || finding.object == name;
  EXPECT_TRUE(named) << how << ": check does not name " << name;
  for (const Snapshot& snapshot : repository->snapshots()) {
    try {
      EXPECT_EQ(RepositoryWorld::read(*repository, snapshot), sound().rows.at(snapshot.id.name())) << how;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::corruption) << how << error.message();
    }
  }
}

TEST(Flips, the_repository_is_small_and_holds_every_kind_of_object) {
  std::size_t bytes = 0;
  std::set<std::string> kinds;
  for (const auto& [name, object] : sound().objects) {
    bytes += object.size();
    kinds.insert(name.substr(0, name.find('/')));
  }
  EXPECT_LE(bytes, 64u << 10);
  EXPECT_EQ(kinds,
            (std::set<std::string>{"config", "forgets", "index", "keys", "packs", "sessions", "snapshots", "writers"}));
  const auto backend = test::backend_with(sound().objects);
  RepositoryWorld world(42);
  EXPECT_TRUE(world.open(*backend)->check({CheckLevel::data, 1.0, {}, {}}).findings.empty());
}

TEST(Flips, of_any_byte_are_named_or_refused) {
  // Every byte in the deep run; a sample that moves through all offsets otherwise.
  const std::size_t stride = std::getenv("HOLDFAST_DEEP") != nullptr ? 1 : 29;
  std::size_t at = 0;
  for (const auto& [name, object] : sound().objects) {
    for (std::size_t i = at++ % stride; i < object.size(); i += stride) {
      const auto backend = test::backend_with(sound().objects);
      base::Bytes damaged = object;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
      test::replace(*backend, name, damaged);
      expect_named_or_refused(*backend, name, name + " byte " + std::to_string(i) + ": ");
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(Flips, truncated_objects_are_named_or_refused) {
  for (const auto& [name, object] : sound().objects) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{59}, std::size_t{60}, std::size_t{180},
                                   object.size() / 2, object.size() - 33, object.size() - 1}) {
      if (size >= object.size()) continue;
      const auto backend = test::backend_with(sound().objects);
      test::replace(*backend, name, base::ByteView(object).substr(0, size));
      expect_named_or_refused(*backend, name, name + " cut to " + std::to_string(size) + ": ");
    }
  }
}

TEST(Flips, extended_objects_are_named_or_refused) {
  for (const auto& [name, object] : sound().objects) {
    const auto backend = test::backend_with(sound().objects);
    test::replace(*backend, name, object + std::string(3, '\0'));
    expect_named_or_refused(*backend, name, name + " extended: ");
  }
}

TEST(Flips, lost_objects_that_something_names_are_missed) {
  for (const auto& [name, object] : sound().objects) {
    const bool named_by_others =
        name.starts_with("sessions/") || name.starts_with("packs/") || name.starts_with("index/");
    if (!named_by_others) continue;
    const auto backend = test::backend_with(sound().objects);
    backend->remove(name);
    expect_named_or_refused(*backend, name, name + " lost: ");
  }
}

// Two snapshots of which the second has a pack of its own.
struct TwoSnapshots : RepositoryWorld {
  TwoSnapshots() : RepositoryWorld(44) {
    first = backup(*open(), rows);
    auto more = rows;
    more[test::numbered_key(7)] = test::some_values(70'000, 3);
    second = backup(*open(), more, first);
    for (const auto& [name, object] : test::objects_of(*backend))
      if (parse_pack_name(name) && static_cast<unsigned char>(object[20]) == second.id.sequence) newest = name;
  }
  void flip(std::size_t at) {
    base::Bytes damaged = backend->get_all(newest);
    damaged.at(at) = static_cast<char>(damaged.at(at) ^ 1);
    test::replace(*backend, newest, damaged);
  }
  void expect_named(const CheckReport& report) {
    ASSERT_EQ(report.findings.size(), 1u);
    EXPECT_EQ(report.findings[0].object, newest);
    EXPECT_EQ(report.findings[0].snapshots, std::vector<std::string>{second.id.short_id()});
    EXPECT_NE(report.findings[0].keys.find("aspect: from "), std::string::npos) << report.findings[0].keys;
  }
  const test::Model rows = test::some_rows(120);
  Snapshot first;
  Snapshot second;
  std::string newest;  // the pack of the second
};

TEST(Flips, a_damaged_pack_names_the_snapshots_and_keys_that_it_touches_and_the_rest_stays_readable) {
  TwoSnapshots world;
  world.flip(200);  // in its first block
  const auto repository = world.open();
  world.expect_named(repository->check({CheckLevel::data, 1.0, {}, {}}));
  EXPECT_EQ(RepositoryWorld::read(*repository, repository->snapshot(world.first.id)), world.rows);
}

TEST(Flips, a_pack_damaged_beside_its_blocks_names_the_snapshots_and_keys_in_it) {
  const std::size_t size = TwoSnapshots().backend->get_all(TwoSnapshots().newest).size();
  const std::size_t digest = size - 1;
  for (const std::size_t at : {std::size_t{2}, std::size_t{30}, std::size_t{100}, size - 40, size - 90, digest}) {
    TwoSnapshots world;
    world.flip(at);
    SCOPED_TRACE(at);
    world.expect_named(world.open()->check({CheckLevel::data, 1.0, {}, {}}));
    if (at != digest) world.expect_named(world.open()->check({}));
    const auto repository = world.open();
    EXPECT_EQ(RepositoryWorld::read(*repository, repository->snapshot(world.first.id)), world.rows);
  }
}

}  // namespace
}  // namespace holdfast::repository
