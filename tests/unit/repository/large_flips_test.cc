// A repository of some megabytes: many packs, several index runs, large values, erasures, marks, two slots and two
// writers.  One byte of each class of object and place is flipped, each object is cut: check names the object and what
// it touches, and every row outside of what check names reads back equal.
#include <fmt/format.h>

#include <functional>
#include <set>

#include "crypto/aead.h"
#include "crypto/sign.h"
#include "repository/check_findings.h"
#include "repository/reader.h"
#include "repository_fixture.h"

namespace holdfast::repository {
namespace {

using test::Model;
using test::RepositoryWorld;

constexpr std::string_view k_second_key = "the second passphrase";
constexpr std::size_t k_rows = 2400;

struct Large {
  test::Objects objects;
  std::map<SnapshotId, Model> rows;
  SnapshotId base;     // of the chain "catalog"
  SnapshotId changed;  // built on it, with a large value more
  SnapshotId written;  // built on that by a host that may only write: rows gone
  SnapshotId apart;    // of the connector "other", on its own
};

base::Bytes noise(base::Random& random, std::size_t size) {
  return random.bytes(size);
}

Large make_large() {
  RepositoryWorld world(61);
  const auto repository = world.open();
  repository->add_key({base::Secret(std::string(k_second_key))}, "passphrase", "second", {});
  Model rows = test::some_rows(k_rows);
  for (auto& [key, values] : rows) values[1] = noise(world.random, 700);
  rows[test::numbered_key(1000)][2] = noise(world.random, 300'000);
  Large out;
  const Snapshot base = world.backup(*repository, rows);
  out.base = base.id;
  out.rows[base.id] = rows;
  for (std::size_t i = 0; i < 60; ++i) rows[test::numbered_key(i * 37)][0] = noise(world.random, 50);
  rows[test::numbered_key(k_rows + 1)] = {noise(world.random, 200'000), std::nullopt, "late"};
  const Snapshot changed = world.backup(*repository, rows, base);
  out.changed = changed.id;
  out.rows[changed.id] = rows;
  const auto host = WriteOnlyRepository::open(*world.backend, world.environment(), repository->make_writer("host"));
  Model fewer = rows;
  for (std::size_t i = 500; i < 600; ++i) fewer.erase(test::numbered_key(i));
  fewer["a new row"] = test::some_values(3, 3);
  out.written = test::write_only_backup(*host, changed.id, rows, fewer, world.clock.now()).id;
  out.rows[out.written] = fewer;
  const Model other = test::some_rows(300, 11);
  out.apart = world.backup(*repository, other, std::nullopt, "other").id;
  out.rows[out.apart] = other;
  repository->forget(base.id, "too old");
  repository->undelete(base.id);
  repository->forget(changed.id, "superseded");
  out.objects = test::objects_of(*world.backend);
  return out;
}

const Large& large() {
  static const Large out = make_large();
  return out;
}

// Ranges of keys as `describe_range` words them.  What it cuts from a long key makes the range wider, never narrower.
struct Words {
  base::Bytes from;
  std::optional<base::Bytes> to;
  bool contains(base::ByteView key) const { return key >= from && (!to || key < *to || key.starts_with(*to)); }
};

base::Bytes unescaped(std::string_view text) {
  if (text.ends_with("…")) text.remove_suffix(std::string_view("…").size());
  base::Bytes out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    out += base::from_hex(text.substr(i + 2, 2));
    i += 3;
  }
  return out;
}

std::vector<Words> ranges_of(std::string_view keys) {
  std::vector<Words> out;
  for (std::size_t at = keys.find(": from "); at != std::string_view::npos; at = keys.find(": from ", at + 1)) {
    std::string_view rest = keys.substr(at + 7);
    Words& range = out.emplace_back();
    if (rest.starts_with('\'')) range.from = unescaped(rest.substr(1, rest.find('\'', 1) - 1));
    const std::size_t before = rest.find(" to before '");
    const std::size_t end = rest.find(" to the end");
    if (before >= end) continue;
    rest = rest.substr(before + 12);
    range.to = unescaped(rest.substr(0, rest.find('\'')));
  }
  return out;
}

// Reads `rows` back in small ranges, and row by row where a range does not read.  Returns the keys that cannot be read;
// a wrong row fails the test.
std::set<base::Bytes> lost_rows(Repository& repository, const Snapshot& snapshot, const Model& rows) {
  constexpr std::size_t k_step = 40;
  std::set<base::Bytes> lost;
  for (auto first = rows.begin(); first != rows.end();) {
    auto last = first;
    for (std::size_t i = 0; i < k_step && last != rows.end(); ++i) ++last;
    const Model wanted(first, last);
    base::KeyRange range{first->first, last == rows.end() ? std::nullopt : std::optional(last->first)};
    first = last;
    try {
      EXPECT_EQ(test::read_tree(repository.blocks(), snapshot.trees.at(0), range), wanted);
      continue;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::corruption) << error.message();
    }
    for (const auto& [key, values] : wanted) {
      try {
        const auto row = find(repository.blocks(), repository.boundary_key(), snapshot.trees.at(0), key);
        EXPECT_TRUE(row && row->columns == values) << describe_key(key);
      } catch (const base::Error& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::corruption) << error.message();
        lost.insert(key);
      }
    }
  }
  return lost;
}

bool names(const std::vector<std::string>& list, const std::string& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

// What is expected of the damage.
struct Harm {
  std::string object;
  std::set<SnapshotId> touched;  // that check must name with the object; others may lose nothing
};

// Every row that is not named by check reads back equal.
void expect_the_rest_reads(Repository& repository, const CheckReport& report) {
  std::set<SnapshotId> opened;
  for (const Snapshot& snapshot : repository.snapshots()) {
    opened.insert(snapshot.id);
    std::vector<Words> named;
    for (const Finding& finding : report.findings) {
      if (!names(finding.snapshots, snapshot.id.short_id())) continue;
      const auto ranges = ranges_of(finding.keys);
      named.insert(named.end(), ranges.begin(), ranges.end());
    }
    for (const base::Bytes& key : lost_rows(repository, snapshot, large().rows.at(snapshot.id))) {
      const bool said =
          std::any_of(named.begin(), named.end(), [&](const Words& range) { return range.contains(key); });
      EXPECT_TRUE(said) << "check does not name " << describe_key(key) << " of " << snapshot.id.name();
    }
  }
  for (const auto& [id, rows] : large().rows) {
    if (opened.contains(id)) continue;
    const std::string name = id.short_id();
    const bool said = std::any_of(report.findings.begin(), report.findings.end(),
                                  [&](const Finding& finding) { return names(finding.snapshots, name); });
    EXPECT_TRUE(said) << "no finding says that snapshot " << id.name() << " is lost";
  }
}

void expect_named(const Harm& harm, base::ByteView bytes, const std::string& how) {
  SCOPED_TRACE(fmt::format("{}: {}", harm.object, how));
  const auto backend = test::backend_with(large().objects);
  RepositoryWorld world(63);
  const auto before = world.open(*backend);  // a config is damaged while somebody has the repository open
  test::replace(*backend, harm.object, bytes);
  if (harm.object == k_config_name) {
    EXPECT_TRUE(test::error_of([&] { world.open(*backend); }).has_value());
  }
  const auto repository = harm.object == k_config_name ? nullptr : world.open(*backend);
  Repository& open = repository ? *repository : *before;
  const CheckReport report = open.check({CheckLevel::data, 1.0, {}, {}});
  bool found = false;
  for (const Finding& finding : report.findings) {
    if (finding.object != harm.object) continue;
    found = true;
    for (const SnapshotId& id : harm.touched)
      EXPECT_TRUE(names(finding.snapshots, id.short_id())) << "it does not name snapshot " << id.name();
  }
  EXPECT_TRUE(found) << "check does not name it";
  expect_the_rest_reads(open, report);
}

void flip(const Harm& harm, std::size_t at, std::string_view place) {
  base::Bytes damaged = large().objects.at(harm.object);
  ASSERT_LT(at, damaged.size());
  damaged[at] ^= 0x10;
  expect_named(harm, damaged, fmt::format("{}, byte {}", place, at));
}

std::size_t from_end(const std::string& object, std::size_t bytes) {
  return large().objects.at(object).size() - bytes;
}

// The places that all sealed objects with one payload have.
void flip_sealed(const Harm& harm) {
  flip(harm, 3, "magic");
  flip(harm, 18, "session in the header");
  flip(harm, 30, "salt");
  flip(harm, k_header_bytes + 5, "wrapped key");
  flip(harm, k_pack_begin + 2, "sealed payload");
  flip(harm, from_end(harm.object, k_digest_bytes + crypto::k_signature_bytes + 3), "tag of the seal");
  flip(harm, from_end(harm.object, k_digest_bytes + 9), "signature");
  flip(harm, from_end(harm.object, 1), "digest");
}

std::vector<std::string> objects_below(std::string_view prefix) {
  std::vector<std::string> out;
  for (const auto& [name, bytes] : large().objects)
    if (name.starts_with(prefix)) out.push_back(name);
  return out;
}

// All packs with their directories, read by the keys of the ring.
std::vector<PackDirectory> directories() {
  static const auto backend = test::backend_with(large().objects);
  const Config config = decode_config(backend->get_all(k_config_name));
  Keychain keys(*backend, config, open_ring(config, test::fresh_repository().master.secret));
  std::vector<PackDirectory> out;
  for (const std::string& name : objects_below(k_packs_prefix))
    out.push_back(read_pack_directory(*backend, keys, *parse_pack_name(name), large().objects.at(name).size()));
  return out;
}

struct PlacedBlock {
  std::string pack;
  PackEntry entry;
};
PlacedBlock block_of(BlockKind kind, const SnapshotId& session) {
  for (const PackDirectory& directory : directories()) {
    if (directory.pack.session != session) continue;
    for (const PackEntry& entry : directory.entries)
      if (entry.kind == kind) return {directory.pack.name(), entry};
  }
  ADD_FAILURE() << "the repository lacks a kind of block";
  return {};
}

TEST(LargeFlips, the_repository_is_large_and_holds_every_class_of_object) {
  std::size_t bytes = 0;
  std::map<std::string, std::size_t> kinds;
  for (const auto& [name, object] : large().objects) {
    bytes += object.size();
    ++kinds[name.substr(0, name.find('/'))];
  }
  EXPECT_GE(bytes, std::size_t{2} << 20);
  EXPECT_GE(kinds["packs"], 20u);
  EXPECT_GE(kinds["index"], 3u);
  EXPECT_EQ(kinds["keys"], 2u);
  EXPECT_EQ(kinds["writers"], 1u);
  EXPECT_EQ(kinds["forgets"], 3u);
  std::set<BlockKind> blocks;
  for (const PackDirectory& directory : directories())
    for (const PackEntry& entry : directory.entries) blocks.insert(entry.kind);
  EXPECT_EQ(blocks.size(), 4u);
  RepositoryWorld world(62);
  const auto backend = test::backend_with(large().objects);
  const auto repository = world.open(*backend);
  const CheckReport report = repository->check({CheckLevel::data, 1.0, {}, {}});
  EXPECT_TRUE(report.findings.empty());
  expect_the_rest_reads(*repository, report);
}

TEST(LargeFlips, of_the_config_are_named) {
  const Harm config{std::string(k_config_name), {}};
  flip(config, 9, "version");
  flip(config, 30, "salt");
  flip(config, k_header_bytes + 4, "identity");
  flip(config, k_header_bytes + 30, "public key");
  flip(config, from_end(config.object, k_digest_bytes + crypto::k_signature_bytes + 40), "key ring");
  flip(config, from_end(config.object, k_digest_bytes + 9), "signature");
  flip(config, from_end(config.object, 1), "digest");
}

TEST(LargeFlips, of_a_slot_are_named_and_the_other_slot_still_opens) {
  for (const std::string& slot : objects_below(k_keys_prefix)) {
    const Harm harm{slot, {}};
    flip(harm, 3, "magic");
    flip(harm, k_header_bytes + 3, "fields");
    flip(harm, from_end(slot, k_digest_bytes + 3), "wrapped master key");
    flip(harm, from_end(slot, 1), "digest");
    const auto backend = test::backend_with(large().objects);
    test::replace(*backend, slot, base::ByteView(large().objects.at(slot)).substr(0, 40));
    const bool is_first = slot == slot_name(test::fresh_repository().master.slot_id);
    const auto other = is_first ? KeyMaterial{base::Secret(std::string(k_second_key))} : test::first_key();
    EXPECT_EQ(Repository::unlock(*backend, other).secret.reveal(), test::fresh_repository().master.secret.reveal());
  }
}

TEST(LargeFlips, of_a_certificate_are_named_and_so_are_the_snapshots_of_its_writer) {
  const Harm harm{writer_name(large().written.writer), {}};
  flip(harm, 3, "magic");
  flip(harm, 16, "writer in the header");
  flip(harm, k_header_bytes + 5, "public key");
  flip(harm, from_end(harm.object, k_digest_bytes + 9), "signature");
  flip(harm, from_end(harm.object, 1), "digest");
}

TEST(LargeFlips, of_a_session_are_named_with_its_snapshot) {
  for (const SnapshotId& id : {large().base, large().written}) flip_sealed({session_name(id), {id}});
}

TEST(LargeFlips, of_a_snapshot_are_named_and_the_others_stay) {
  flip_sealed({snapshot_name(large().apart), {large().apart}});
  flip_sealed({snapshot_name(large().written), {large().written}});
}

TEST(LargeFlips, of_a_snapshot_that_others_inherit_from_are_named_with_those) {
  flip_sealed({snapshot_name(large().changed), {large().changed}});
}

TEST(LargeFlips, of_a_mark_are_named) {
  for (const std::string& mark : objects_below(k_forgets_prefix)) flip_sealed({mark, {}});
}

TEST(LargeFlips, of_an_index_run_are_named_and_lose_no_row) {
  for (const std::string& run : objects_below(k_index_prefix)) {
    const Harm harm{run, {}};
    flip(harm, 3, "magic");
    flip(harm, 30, "salt");
    flip(harm, k_header_bytes + 5, "wrapped key");
    flip(harm, k_pack_begin + 1, "size of the root");
    flip(harm, k_pack_begin + 9, "root");
    flip(harm, from_end(run, k_digest_bytes + 30), "last page");
    flip(harm, from_end(run, 1), "digest");
  }
}

TEST(LargeFlips, of_a_block_are_named_with_the_snapshots_that_show_it) {
  const SnapshotId base = large().base;
  const std::set<SnapshotId> chain{large().base, large().changed, large().written};
  const auto in = [](const PlacedBlock& block) { return block.entry.offset + block.entry.stored / 2; };
  const PlacedBlock rows = block_of(BlockKind::rows, base);
  flip({rows.pack, chain}, in(rows), "rows");
  const PlacedBlock overflow = block_of(BlockKind::overflow, base);
  flip({overflow.pack, chain}, in(overflow), "a large value");
  const PlacedBlock node = block_of(BlockKind::node, base);
  flip({node.pack, chain}, in(node), "a node");
  const PlacedBlock late = block_of(BlockKind::overflow, large().changed);
  flip({late.pack, {large().changed, large().written}}, in(late), "a large value that came later");
  const PlacedBlock erased = block_of(BlockKind::erased, large().written);
  flip({erased.pack, {large().written}}, in(erased), "erasures");
  const PlacedBlock apart = block_of(BlockKind::rows, large().apart);
  flip({apart.pack, {large().apart}}, in(apart), "rows of another chain");
}

TEST(LargeFlips, of_the_frame_of_a_pack_are_named_with_the_snapshots_that_show_its_blocks) {
  const PlacedBlock block = block_of(BlockKind::rows, large().base);
  const Harm harm{block.pack, {large().base, large().changed, large().written}};
  flip(harm, 3, "magic");
  flip(harm, 18, "session in the header");
  flip(harm, 30, "salt");
  flip(harm, k_header_bytes + 5, "wrapped key");
  flip(harm, from_end(block.pack, k_digest_bytes + k_tail_bytes + 20), "directory");
  flip(harm, from_end(block.pack, k_digest_bytes + 5), "tail");
  flip(harm, from_end(block.pack, 1), "digest");
}

TEST(LargeFlips, cut_objects_of_every_kind_are_named) {
  std::vector<Harm> cut{{std::string(k_config_name), {}},           {objects_below(k_keys_prefix).at(1), {}},
                        {writer_name(large().written.writer), {}},  {session_name(large().base), {large().base}},
                        {objects_below(k_index_prefix).at(1), {}},  {snapshot_name(large().apart), {large().apart}},
                        {objects_below(k_forgets_prefix).at(2), {}}};
  for (const Harm& harm : cut) {
    const base::ByteView whole = large().objects.at(harm.object);
    for (const std::size_t size : {std::size_t{0}, std::size_t{40}, k_pack_begin, whole.size() / 2, whole.size() - 1})
      expect_named(harm, whole.substr(0, size), fmt::format("cut to {} of {} bytes", size, whole.size()));
  }
}

TEST(LargeFlips, a_cut_pack_is_named_with_the_snapshots_that_lose_rows) {
  const std::string pack = block_of(BlockKind::overflow, large().base).pack;
  const base::ByteView whole = large().objects.at(pack);
  const Harm harm{pack, {large().base, large().changed, large().written}};
  for (const std::size_t size : {std::size_t{0}, std::size_t{40}, k_pack_begin, whole.size() / 2})
    expect_named(harm, whole.substr(0, size), fmt::format("cut to {} of {} bytes", size, whole.size()));
  // Without the end of the directory its blocks are found through the index, all of them.
  expect_named({pack, {}}, whole.substr(0, whole.size() - 1), "cut by one byte");
}

}  // namespace
}  // namespace holdfast::repository
