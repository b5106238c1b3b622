#include "model/resource_graph.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace holdfast::model {
namespace {

using Nodes = std::vector<std::uint32_t>;
using Edges = std::vector<GraphEdge>;

TEST(ResourceGraph, puts_what_is_needed_first_and_then_goes_by_rank) {
  EXPECT_EQ(order_of({2, 1, 0, 1}, {}).order, (Nodes{2, 1, 3, 0}));
  EXPECT_EQ(order_of({0, 1, 2}, {{0, 2, false}}).order, (Nodes{1, 2, 0}));
}

TEST(ResourceGraph, cuts_a_cycle_only_where_it_may) {
  // 0 needs 1 for good, 1 runs 0; 2 runs 0, and stands outside the cycle.
  const GraphOrder order = order_of({0, 0, 0}, {{0, 1, false}, {1, 0, true}, {2, 0, true}});
  EXPECT_EQ(order.order, (Nodes{1, 0, 2}));
  EXPECT_EQ(order.cut, (Edges{{1, 0, true}}));
  EXPECT_TRUE(order.knots.empty());
}

TEST(ResourceGraph, cuts_what_needs_itself) {
  EXPECT_EQ(order_of({0}, {{0, 0, true}}).cut.size(), 1U);
  EXPECT_EQ(order_of({0}, {{0, 0, false}}).knots, (std::vector<Nodes>{{0}}));
}

TEST(ResourceGraph, names_cycles_that_nothing_cuts) {
  const GraphOrder order = order_of({0, 0, 0, 0}, {{1, 2, false}, {2, 1, false}, {0, 1, false}});
  EXPECT_EQ(order.knots, (std::vector<Nodes>{{1, 2}}));
  EXPECT_EQ(order.order, (Nodes{1, 0, 2, 3}));
}

TEST(ResourceGraph, does_not_cut_where_one_of_several_links_may_not_be) {
  const GraphOrder order = order_of({0, 0}, {{0, 1, true}, {0, 1, false}, {1, 0, true}});
  EXPECT_EQ(order.cut, (Edges{{1, 0, true}}));
}

TEST(ResourceGraph, takes_all_that_is_needed_along) {
  const Edges edges{{0, 1, false}, {1, 2, true}, {3, 0, false}, {2, 0, false}};
  EXPECT_EQ(closure_of(5, edges, {0}), (Nodes{0, 1, 2}));
  EXPECT_EQ(closure_of(5, edges, {4}), (Nodes{4}));
  EXPECT_EQ(closure_of(5, edges, {}), (Nodes{}));
}

TEST(ResourceGraph, does_not_recurse_along_a_long_chain) {
  constexpr std::uint32_t k_long = 300'000;
  Edges edges;
  for (std::uint32_t i = 0; i + 1 < k_long; ++i) edges.push_back({i, i + 1, false});
  const GraphOrder order = order_of(std::vector<int>(k_long, 0), edges);
  EXPECT_EQ(order.order.front(), k_long - 1);
  EXPECT_EQ(order.order.back(), 0U);
}

TEST(ResourceGraph, orders_every_graph_and_obeys_every_edge_that_it_did_not_cut) {
  rc::check([](const std::vector<std::tuple<std::uint8_t, std::uint8_t, bool>>& links) {
    const std::vector<int> ranks(12, 0);
    Edges edges;
    for (const auto& [from, to, may] : links) edges.push_back({from % 12U, to % 12U, may});
    const GraphOrder order = order_of(ranks, edges);
    RC_ASSERT(order.order.size() == ranks.size());
    std::vector<std::size_t> place(ranks.size());
    for (std::size_t i = 0; i < order.order.size(); ++i) place[order.order[i]] = i;
    for (const GraphEdge& edge : order.cut) RC_ASSERT(edge.may_cut);
    const auto knotted = [&](const GraphEdge& edge) {
      return std::any_of(order.knots.begin(), order.knots.end(), [&](const Nodes& knot) {
        return std::count(knot.begin(), knot.end(), edge.from) != 0 &&
               std::count(knot.begin(), knot.end(), edge.to) != 0;
      });
    };
    for (const GraphEdge& edge : edges) {
      const bool cut = std::any_of(order.cut.begin(), order.cut.end(),
                                   [&](const GraphEdge& one) { return one.from == edge.from && one.to == edge.to; });
      RC_ASSERT(cut || knotted(edge) || place[edge.to] < place[edge.from]);
    }
  });
}

}  // namespace
}  // namespace holdfast::model
