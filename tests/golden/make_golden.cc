// Makes the golden repositories of the current format: make_golden FOLDER.  From the first release that writes a format
// on, its output is never made again: tests read it for ever.
#include <cstdio>
#include <exception>

#include "base/error.h"
#include "golden/golden.h"
#include "storage/local/local_backend.h"
#include "support/fakes.h"

namespace holdfast::golden {
namespace {

using namespace repository;

constexpr base::Instant k_start{std::chrono::seconds(1'795'000'000)};

struct World {
  explicit World(std::uint64_t seed) : clock(k_start), random(seed) {}
  Environment environment() { return {&clock, &random, nullptr, "golden-host", "make_golden"}; }
  test::ManualClock clock;
  test::SeededRandom random;
};

Snapshot describe(const World& world) {
  Snapshot out;
  out.connector = "catalog";
  out.platform = "datahub";
  out.started = out.taken = world.clock.now();
  out.attributes = R"({"made":"for the tests of format 1"})";
  return out;
}

Snapshot back_up(Repository& repository, World& world, const Rows& rows, const std::optional<Snapshot>& parent) {
  world.clock.advance(std::chrono::hours(1));
  const auto session = repository.begin_session(parent ? std::optional(parent->id) : std::nullopt);
  TreeUpdate update(session->blocks(), *session, repository.boundary_key(), "aspect", "{}", k_shape,
                    parent ? std::optional(parent->trees.at(0)) : std::nullopt,
                    parent ? std::optional(parent->taken) : std::nullopt);
  RangeUpdate range = update.begin({});
  for (const auto& [key, values] : rows) {
    const auto columns = views(values);
    range.add({key, columns});
  }
  range.complete();
  Snapshot out = describe(world);
  out.trees.push_back(update.finish());
  out.counts = update.counts();
  return session->commit(std::move(out));
}

// With the writer's key alone: whole rows for what is new or changed, keyed hashes for what is gone.
void back_up_blindly(WriteOnlyRepository& repository, World& world, const SnapshotId& parent) {
  world.clock.advance(std::chrono::hours(1));
  const Rows before = first_rows();
  const Rows after = second_rows();
  const auto session = repository.begin_session(parent);
  LayerPart part(*session, repository.boundary_key(), k_shape, Filters::keep);
  Snapshot out = describe(world);
  Tree tree;
  for (const auto& [key, values] : after) {
    tree.bytes += key.size();
    for (const auto& value : values) tree.bytes += value ? value->size() : 0;
    const auto old = before.find(key);
    if (old != before.end() && old->second == values) continue;
    const auto columns = views(values);
    part.add({old == before.end() ? Op::insert : Op::update, ~ColumnMask{0}, {key, columns}});
    ++(old == before.end() ? out.counts.added : out.counts.changed);
  }
  std::vector<LayerPart> parts;
  parts.push_back(std::move(part));
  Layer delta = join(*session, repository.boundary_key(), k_shape, Filters::keep, std::move(parts));
  std::vector<ErasedHash> gone;
  for (const auto& [key, values] : before)
    if (!after.contains(key)) gone.push_back(key_hash(repository.boundary_key(), key));
  out.counts.gone = gone.size();
  add_hashed_erases(*session, repository.boundary_key(), delta, std::move(gone));
  tree.name = "aspect";
  tree.schema = "{}";
  tree.shape = k_shape;
  tree.inherits = true;
  tree.delta = std::move(delta);
  tree.rows = after.size();
  tree.content = content_of(repository.boundary_key(), after);
  tree.completed.push_back({});
  out.trees.push_back(std::move(tree));
  session->commit(std::move(out));
}

void make(const std::string& folder) {
  const KeyMaterial key{base::Secret(std::string(k_passphrase))};
  InitOptions options;
  options.slot_label = "golden";
  options.block_bytes = 2048;
  options.pack_bytes = 16384;
  {
    World world(1);
    const auto backend = storage::open_local_backend(folder + "/read-write");
    const auto repository = Repository::init(*backend, world.environment(), key, options);
    const Snapshot first = back_up(*repository, world, first_rows(), std::nullopt);
    back_up(*repository, world, second_rows(), first);
    const Snapshot third = back_up(*repository, world, first_rows(), repository->latest());
    repository->forget(third.id, "golden");
  }
  World world(2);
  const auto backend = storage::open_local_backend(folder + "/write-only");
  const auto repository = Repository::init(*backend, world.environment(), key, options);
  const Snapshot first = back_up(*repository, world, first_rows(), std::nullopt);
  const auto host =
      WriteOnlyRepository::open(*backend, world.environment(), repository->make_writer("a host that cannot read"));
  back_up_blindly(*host, world, first.id);
}

}  // namespace
}  // namespace holdfast::golden

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_golden FOLDER\n", stderr);
    return 1;
  }
  try {
    holdfast::golden::make(argv[1]);
    return 0;
  } catch (const holdfast::base::Error& error) {
    std::fprintf(stderr, "%s\n", error.describe().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  return 1;
}
