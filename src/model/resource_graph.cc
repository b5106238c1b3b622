#include "model/resource_graph.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <tuple>
#include <utility>

namespace holdfast::model {

namespace {

using Node = std::uint32_t;

// Edges by where they begin.
class Adjacency {
public:
  Adjacency(std::size_t nodes, const std::vector<GraphEdge>& edges, bool reversed = false) : begin_(nodes + 1, 0) {
    for (const GraphEdge& edge : edges) ++begin_[(reversed ? edge.to : edge.from) + 1];
    for (std::size_t i = 1; i < begin_.size(); ++i) begin_[i] += begin_[i - 1];
    to_.resize(edges.size());
    std::vector<std::size_t> next(begin_.begin(), begin_.end() - 1);
    for (const GraphEdge& edge : edges) to_[next[reversed ? edge.to : edge.from]++] = reversed ? edge.from : edge.to;
  }
  std::size_t begin(Node node) const noexcept { return begin_[node]; }
  std::size_t end(Node node) const noexcept { return begin_[node + 1]; }
  Node at(std::size_t edge) const noexcept { return to_[edge]; }

private:
  std::vector<std::size_t> begin_;
  std::vector<Node> to_;
};

// Tarjan's strongly connected components, with a stack of its own: chains may be as long as there are resources.
class Components {
public:
  Components(std::size_t nodes, const std::vector<GraphEdge>& edges)
      : adjacency_(nodes, edges), index_(nodes, 0), low_(nodes, 0), of_(nodes, k_open) {
    for (Node node = 0; node < nodes; ++node)
      if (index_[node] == 0) visit(node);
  }
  std::uint32_t of(Node node) const noexcept { return of_[node]; }
  std::uint32_t count() const noexcept { return count_; }

private:
  static constexpr std::uint32_t k_open = ~std::uint32_t{0};
  struct Frame {
    Node node;
    std::size_t edge;
  };

  void enter(Node node) {
    index_[node] = low_[node] = ++visited_;
    open_.push_back(node);
    frames_.push_back({node, adjacency_.begin(node)});
  }

  void visit(Node root) {
    enter(root);
    while (!frames_.empty()) {
      const Node node = frames_.back().node;
      if (frames_.back().edge < adjacency_.end(node)) {
        const Node to = adjacency_.at(frames_.back().edge++);
        if (index_[to] == 0) {
          enter(to);
        } else if (of_[to] == k_open) {
          low_[node] = std::min(low_[node], index_[to]);
        }
        continue;
      }
      frames_.pop_back();
      if (!frames_.empty()) low_[frames_.back().node] = std::min(low_[frames_.back().node], low_[node]);
      if (low_[node] == index_[node]) close(node);
    }
  }

  void close(Node node) {
    for (;;) {
      const Node member = open_.back();
      open_.pop_back();
      of_[member] = count_;
      if (member == node) break;
    }
    ++count_;
  }

  Adjacency adjacency_;
  std::vector<std::uint32_t> index_;  // 0: not visited
  std::vector<std::uint32_t> low_;
  std::vector<std::uint32_t> of_;
  std::vector<Node> open_;
  std::vector<Frame> frames_;
  std::uint32_t visited_ = 0;
  std::uint32_t count_ = 0;
};

void merge_parallel(std::vector<GraphEdge>& edges) {
  // Those that may not be cut first, so that they are the ones that stay.
  const auto key = [](const GraphEdge& edge) { return std::tuple(edge.from, edge.to, edge.may_cut); };
  std::sort(edges.begin(), edges.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  edges.erase(std::unique(edges.begin(), edges.end(),
                          [](const auto& a, const auto& b) { return a.from == b.from && a.to == b.to; }),
              edges.end());
}

// Takes the edges out that `out` holds afterwards.
template <typename Which>
void take_out(std::vector<GraphEdge>& edges, std::vector<GraphEdge>& out, const Which& which) {
  const auto gone = std::stable_partition(edges.begin(), edges.end(), [&](const auto& edge) { return !which(edge); });
  out.insert(out.end(), gone, edges.end());
  edges.erase(gone, edges.end());
}

std::vector<Node> kahn(const std::vector<int>& ranks, const std::vector<GraphEdge>& edges) {
  const Adjacency needed_by(ranks.size(), edges, true);
  std::vector<std::uint32_t> missing(ranks.size(), 0);
  for (const GraphEdge& edge : edges) ++missing[edge.from];
  using Ready = std::pair<int, Node>;
  std::priority_queue<Ready, std::vector<Ready>, std::greater<>> ready;
  for (Node node = 0; node < ranks.size(); ++node)
    if (missing[node] == 0) ready.emplace(ranks[node], node);
  std::vector<Node> out;
  out.reserve(ranks.size());
  while (!ready.empty()) {
    const Node node = ready.top().second;
    ready.pop();
    out.push_back(node);
    for (std::size_t edge = needed_by.begin(node); edge < needed_by.end(node); ++edge)
      if (--missing[needed_by.at(edge)] == 0) ready.emplace(ranks[needed_by.at(edge)], needed_by.at(edge));
  }
  return out;
}

}  // namespace

GraphOrder order_of(const std::vector<int>& ranks, std::vector<GraphEdge> edges) {
  GraphOrder out;
  merge_parallel(edges);
  {
    const Components components(ranks.size(), edges);
    take_out(edges, out.cut,
             [&](const GraphEdge& edge) { return edge.may_cut && components.of(edge.from) == components.of(edge.to); });
  }
  const Components rest(ranks.size(), edges);
  std::vector<std::vector<Node>> members(rest.count());
  for (Node node = 0; node < ranks.size(); ++node) members[rest.of(node)].push_back(node);
  std::vector<GraphEdge> knotted;
  take_out(edges, knotted, [&](const GraphEdge& edge) { return rest.of(edge.from) == rest.of(edge.to); });
  std::vector<bool> named(rest.count(), false);
  for (const GraphEdge& edge : knotted) {
    const std::uint32_t component = rest.of(edge.from);
    if (!named[component]) out.knots.push_back(members[component]);
    named[component] = true;
  }
  out.order = kahn(ranks, edges);
  return out;
}

std::vector<std::uint32_t> closure_of(std::size_t nodes, const std::vector<GraphEdge>& edges,
                                      const std::vector<std::uint32_t>& chosen) {
  const Adjacency needs(nodes, edges);
  std::vector<bool> in(nodes, false);
  std::vector<Node> open;
  const auto take = [&](Node node) {
    if (!in[node]) open.push_back(node);
    in[node] = true;
  };
  for (const Node node : chosen) take(node);
  while (!open.empty()) {
    const Node node = open.back();
    open.pop_back();
    for (std::size_t edge = needs.begin(node); edge < needs.end(node); ++edge) take(needs.at(edge));
  }
  std::vector<Node> out;
  for (Node node = 0; node < nodes; ++node)
    if (in[node]) out.push_back(node);
  return out;
}

}  // namespace holdfast::model
