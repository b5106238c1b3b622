#include "engine/stop_guard.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/memory_blocks.h"

namespace holdfast::engine {
namespace {

using repository::BlockKind;

bool cancels(const std::function<void()>& work) {
  try {
    work();
    return false;
  } catch (const base::Error& error) {
    return error.kind() == base::ErrorKind::cancelled;
  }
}

TEST(StopGuard, lets_blocks_through_until_it_is_asked_to_stop) {
  test::MemoryBlocks blocks;
  std::stop_source stop;
  StoppableSink sink(blocks, stop.get_token());
  StoppableSource source(blocks, stop.get_token());
  const repository::BlockId id = sink.put(BlockKind::rows, "bytes");
  EXPECT_EQ(source.get(id), "bytes");
  EXPECT_FALSE(cancels([&] { throw_if_stopped(stop.get_token()); }));
  stop.request_stop();
  EXPECT_TRUE(cancels([&] { throw_if_stopped(stop.get_token()); }));
  EXPECT_TRUE(cancels([&] { sink.put(BlockKind::rows, "more"); }));
  EXPECT_TRUE(cancels([&] { source.get(id); }));
  EXPECT_EQ(blocks.blocks(), 1u) << "nothing is written after the request";
  EXPECT_EQ(blocks.gets(), 1u);
}

TEST(StopGuard, without_anybody_who_could_stop_lets_everything_through) {
  test::MemoryBlocks blocks;
  StoppableSink sink(blocks, {});
  EXPECT_EQ(StoppableSource(blocks, {}).get(sink.put(BlockKind::rows, "bytes")), "bytes");
}

}  // namespace
}  // namespace holdfast::engine
