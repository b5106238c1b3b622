#include "repository/tree_walk.h"

#include <set>

#include "repository/node.h"
#include "repository_fixture.h"

namespace holdfast::repository {
namespace {

using test::RepositoryWorld;

class Recorder : public TreeWalker {
public:
  Descend visit(const Reached& reached) override {
    ++visits[reached.kind];
    if (reached.kind == BlockKind::node) open.push_back(reached.entry.id);
    if (reached.kind == BlockKind::rows) {
      EXPECT_EQ(reached.from, next) << "row blocks follow one another without a gap";
      next = reached.to.value_or("");
    }
    return reached.kind == BlockKind::node && answer == Descend::no ? Descend::no : Descend::yes;
  }
  void broken(const Reached& node, const std::string& problem) override {
    EXPECT_FALSE(problem.empty());
    EXPECT_EQ(open.back(), node.entry.id);
    open.pop_back();
    lost += node.entry.rows;
    next = node.to.value_or("");
  }
  void leave(const Reached& node) override {
    EXPECT_EQ(open.back(), node.entry.id);
    open.pop_back();
  }

  Descend answer = Descend::yes;
  std::map<BlockKind, std::size_t> visits;
  std::vector<BlockId> open;  // nodes that were entered and not left
  base::Bytes next;
  std::uint64_t lost = 0;
};

struct WalkWorld : RepositoryWorld {
  Snapshot made = backup(*open(), test::some_rows(3000));
  Config config = decode_config(backend->get_all(k_config_name));
  Keychain keys{*backend, config, open_ring(config, test::fresh_repository().master.secret)};
  Compressor compressor;
  Warnings warnings;
  BlockReader reader{{*backend, keys, compressor, warnings}};
  const Tree& tree = made.trees.at(0);

  void walk(Recorder& recorder) {
    recorder.next = tree.layers.at(0).top.at(0).first_key;
    TreeWalk(reader, recorder).tree(tree);
  }
};

TEST(TreeWalk, meets_every_block_once_and_leaves_every_node_it_entered) {
  WalkWorld world;
  ASSERT_GE(world.tree.layers.at(0).height, 1) << "the tree must have nodes";
  Recorder recorder;
  world.walk(recorder);
  EXPECT_TRUE(recorder.open.empty());
  EXPECT_EQ(recorder.lost, 0u);
  EXPECT_EQ(recorder.next, "") << "the last block reaches to the end";
  EXPECT_EQ(recorder.visits[BlockKind::rows] + recorder.visits[BlockKind::node], world.open()->stats().blocks);
}

TEST(TreeWalk, leaves_out_what_lies_below_where_it_is_told_to) {
  WalkWorld world;
  Recorder recorder;
  recorder.answer = Descend::no;
  world.walk(recorder);
  EXPECT_EQ(recorder.visits[BlockKind::node], world.tree.layers.at(0).top.size());
  EXPECT_EQ(recorder.visits[BlockKind::rows], 0u);
}

TEST(TreeWalk, goes_on_beside_a_node_that_cannot_be_read) {
  WalkWorld world;
  ASSERT_GE(world.tree.layers.at(0).top.size(), 2u);
  Recorder sound;
  world.walk(sound);
  WalkWorld damaged;
  const DirectoryEntry& node = damaged.tree.layers.at(0).top.at(0);
  damaged.reader.use_runs(damaged.made.index_runs);
  const Place place = damaged.reader.places(node.id, Search::first).at(0);
  base::Bytes pack = damaged.backend->get_all(place.pack->name());
  pack[place.block.offset + 5] ^= 1;
  test::replace(*damaged.backend, place.pack->name(), pack);
  Recorder recorder;
  damaged.walk(recorder);
  EXPECT_EQ(recorder.lost, node.rows);
  EXPECT_LT(recorder.visits[BlockKind::rows], sound.visits[BlockKind::rows]);
  EXPECT_GT(recorder.visits[BlockKind::rows], 0u);
}

}  // namespace
}  // namespace holdfast::repository
