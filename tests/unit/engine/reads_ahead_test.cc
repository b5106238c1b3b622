#include <gtest/gtest.h>

#include "base/key.h"
#include "engine/backup.h"
#include "engine/compare_live.h"
#include "support/engine_world.h"

namespace holdfast::engine {
namespace {

using Names = std::vector<std::string>;

// Another's capture, and what it is told.
class ToldCapture : public platform::Capture {
public:
  ToldCapture(std::unique_ptr<platform::Capture> inner, Names& told) : inner_(std::move(inner)), told_(told) {}
  void expect(const Names& collections) override { told_ = collections; }
  base::Instant taken() const override { return inner_->taken(); }
  const std::vector<platform::CollectionEstimate>& collections() const override { return inner_->collections(); }
  std::string attributes() const override { return inner_->attributes(); }
  std::vector<std::string> notes() const override { return inner_->notes(); }
  unsigned readers() const override { return inner_->readers(); }
  std::vector<base::KeyRange> ranges(const model::Collection& collection, unsigned wanted) override {
    return inner_->ranges(collection, wanted);
  }
  void read(const model::Collection& collection, const base::KeyRange& range, platform::RowSink& sink,
            std::stop_token stop) override {
    inner_->read(collection, range, sink, std::move(stop));
  }

private:
  std::unique_ptr<platform::Capture> inner_;
  Names& told_;
};

class ToldConnector : public test::FakeConnector {
public:
  using FakeConnector::FakeConnector;
  std::unique_ptr<platform::Capture> capture(const platform::CaptureOptions& options, std::stop_token stop) override {
    told.clear();
    return std::make_unique<ToldCapture>(FakeConnector::capture(options, std::move(stop)), told);
  }
  Names told;
};

model::Collection notebooks() {
  return {.name = "notebooks",
          .key = {{"path", model::KeyPartType::path}},
          .columns = {{"body", "json", model::ColumnContent::json, false}}};
}

class ReadsAheadTest : public testing::Test {
protected:
  ReadsAheadTest() : connector_(world_.clock) {
    test::RowMap rows;
    for (const char* path : {"/a", "/b"}) {
      base::Row row{.key = {}, .columns = {std::string(500, 'x')}};
      base::append_text(row.key, path);
      rows.emplace(row.key, row);
    }
    connector_.put_collection(notebooks(), std::move(rows));
    connector_.put(test::aspect_row("stays", "status", "{}"));
  }
  repository::Snapshot backup() {
    return engine::backup(*world_.repository, connector_, "told", EngineWorld::small(), world_.events, world_.clock, {})
        .snapshot;
  }
  CompareCounts compare(const repository::Snapshot& snapshot, const model::Selection& selection) {
    return compare_live(*world_.repository, snapshot, connector_, {}, selection, world_.events, {},
                        [](const model::Collection&, const repository::Difference&, Freshness) {});
  }

  using EngineWorld = test::EngineWorld;
  EngineWorld world_;
  ToldConnector connector_;
};

TEST_F(ReadsAheadTest, a_backup_tells_of_what_was_not_read_last_time_and_then_of_the_largest) {
  backup();
  EXPECT_EQ(connector_.told, (Names{"notebooks", "aspect"}));
  connector_.make_unlistable("aspect");
  backup();
  connector_.make_unlistable(std::nullopt);
  backup();
  EXPECT_EQ(connector_.told, (Names{"aspect", "notebooks"}));
}

TEST_F(ReadsAheadTest, a_comparison_tells_of_everything_or_of_nothing) {
  const repository::Snapshot snapshot = backup();
  compare(snapshot, {});
  EXPECT_EQ(connector_.told, (Names{"aspect", "notebooks"}));
  compare(snapshot, model::Selection({"key:stays"}));
  EXPECT_TRUE(connector_.told.empty()) << "production's limits are not spent on what nobody asked for";
}

}  // namespace
}  // namespace holdfast::engine
