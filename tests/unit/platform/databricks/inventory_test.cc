#include "platform/databricks/inventory.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/databricks/seeds.h"
#include "sim/databricks/stand_in.h"
#include "unit/platform/databricks/scripted.h"
#include "unit/platform/databricks/stand_in_http.h"
#include "unit/platform/databricks/written.h"

namespace holdfast::test {
namespace {

using platform::databricks::Inventory;
using platform::databricks::Stock;
using platform::databricks::take_inventory;

// Whoever asks for a hundred at a time gets one: servers may give fewer than they are asked for.
class OneByOne : public net::HttpClient {  // thread-safe
public:
  explicit OneByOne(sim::databricks::StandIn& stand_in) : stand_in_(stand_in) {}
  net::Response send(const net::Request& request, std::stop_token stop) override {
    static const std::set<std::string, std::less<>> sizes{"page_size", "limit", "max_results", "count"};
    net::Request small = request;
    small.url.query.clear();
    bool sized = false;
    for (std::string_view rest = request.url.query; !rest.empty();) {
      const std::string_view pair = rest.substr(0, rest.find('&'));
      rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
      const std::string_view name = pair.substr(0, pair.find('='));
      if (!small.url.query.empty()) small.url.query += '&';
      small.url.query += sizes.contains(name) ? std::string(name) + "=1" : std::string(pair);
      sized = sized || sizes.contains(name);
    }
    if (!sized) small.url.query += small.url.query.empty() ? "page_size=1" : "&page_size=1";
    return stand_in_.send(small, std::move(stop));
  }

private:
  StandInHttp stand_in_;
};

TEST(Inventory, holds_the_same_when_every_page_holds_one_element) {
  const ManualClock clock{base::Instant{std::chrono::seconds(1'795'000'000)}};
  sim::databricks::StandInOptions options;
  options.token = "dapi1";
  sim::databricks::StandIn stand_in(options, clock);
  sim::databricks::seed_workspace(stand_in, "realistic");
  SeededRandom random(1);
  const auto take = [&](std::unique_ptr<net::HttpClient> http) {
    const platform::databricks::Session session(ScriptedSession::account(), std::move(http), clock, random);
    return take_inventory(session.client(), 4, {});
  };
  const Inventory whole = take(std::make_unique<StandInHttp>(stand_in));
  const Inventory paged = take(std::make_unique<OneByOne>(stand_in));
  ASSERT_EQ(whole.stocks.size(), paged.stocks.size());
  for (std::size_t i = 0; i < whole.stocks.size(); ++i) {
    const Stock& stock = paged.stocks[i];
    EXPECT_FALSE(stock.failure) << stock.failure->message();
    EXPECT_EQ(stock.items.size(), whole.stocks[i].items.size()) << stock.entry->kind.collection.name;
  }
}

TEST(Inventory, counts_what_somebody_left_out_on_dbfs_and_looks_no_further) {
  Written world;
  const auto file = [](const char* path) { return fmt::format(R"({{"path":"{}","is_dir":false}})", path); };
  world.set("/api/2.0/dbfs/list?path=%2F",
            fmt::format(R"({{"files":[{},{{"path":"/models","is_dir":true}},{{"path":"/jars","is_dir":true}}]}})",
                        file("/a.txt")));
  world.set("/api/2.0/dbfs/list?path=%2Fjars",
            fmt::format(R"({{"files":[{},{}]}})", file("/jars/large.bin"), file("/jars/small.jar")));
  const auto left = [&](const std::vector<std::string>& patterns) {
    const Inventory found = take_inventory(world.session.client(), 2, {}, {.dbfs_leave_out = patterns});
    for (const Stock& stock : found.stocks)
      if (stock.entry->kind.collection.name == "dbfs-files")
        return fmt::format("{} of {}", found.dbfs_left_out, stock.items.size());
    return std::string();
  };
  EXPECT_EQ(left({"/models", "/jars/*.bin"}), "2 of 2");
  EXPECT_EQ(world.asked("/api/2.0/dbfs/list?path=%2Fmodels"), 0U);
  EXPECT_EQ(left({"/models/**", "/models", "/jars"}), "2 of 1");
}

}  // namespace
}  // namespace holdfast::test
