// Walks the directories of trees without reading rows: which blocks a snapshot reaches, and which keys they hold.
#pragma once

#include <string>

#include "repository/reader.h"

namespace holdfast::repository {

// One block that a tree names.
struct Reached {
  const Tree& tree;
  const DirectoryEntry& entry;
  BlockKind kind;
  std::uint8_t height;                   // of a node; 0 for row blocks
  base::ByteView from;                   // the keys below it
  const std::optional<base::Bytes>& to;  // where the next block begins; absent at the end
};

enum class Descend { yes, no };

class TreeWalker {
public:
  virtual ~TreeWalker() = default;
  // Called for each block, nodes before what they name.  `no` leaves out what lies below a node.
  virtual Descend visit(const Reached& reached) = 0;
  // A node that cannot be read or decoded; the walk goes on beside it.
  virtual void broken(const Reached& node, const std::string& problem) = 0;
  // Everything below a node was walked.
  virtual void leave(const Reached& node) = 0;
};

// Not thread-safe.
class TreeWalk {
public:
  TreeWalk(BlockReader& reader, TreeWalker& walker) : reader_(reader), walker_(walker) {}
  void layer(const Tree& tree, const Layer& layer);
  // All layers of a tree and its delta.
  void tree(const Tree& tree);

private:
  void entries(const Tree& tree, const std::vector<DirectoryEntry>& entries, std::uint8_t height,
               const std::optional<base::Bytes>& end);

  BlockReader& reader_;
  TreeWalker& walker_;
};

}  // namespace holdfast::repository
