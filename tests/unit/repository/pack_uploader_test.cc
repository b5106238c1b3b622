#include "repository/pack_uploader.h"

#include <gtest/gtest.h>

#include "crypto/wrap.h"
#include "repository/names.h"
#include "storage/decorators/fault_backend.h"
#include "storage/memory/memory_backend.h"
#include "support/errors.h"
#include "support/fakes.h"

namespace holdfast::repository {
namespace {

constexpr std::size_t k_pack_bytes = 8192;

struct UploadWorld {
  test::SeededRandom random{9};
  crypto::BoxKeys box = crypto::make_box_keys(random);
  Identity identity{random.bytes(k_repository_id_bytes), box.public_key, base::Bytes(32, 'a')};
  SessionKey session = make_session_key(identity, {1, 1}, random);
  std::unique_ptr<storage::Backend> backend = storage::make_memory_backend();

  std::shared_ptr<OpenPack> pack() { return std::make_shared<OpenPack>(session, 0, k_pack_bytes, random); }
};

TEST(PackUploader, has_every_pack_in_the_store_when_it_is_finished) {
  UploadWorld world;
  PackUploader uploader(*world.backend, world.identity, k_pack_bytes);
  std::vector<std::shared_ptr<OpenPack>> packs;
  for (int i = 0; i < 5; ++i) {
    packs.push_back(world.pack());
    uploader.push(packs.back());
  }
  uploader.finish();
  std::uint64_t bytes = 0;
  for (const auto& pack : packs) {
    EXPECT_TRUE(pack->stored);
    EXPECT_TRUE(pack->builder.bytes().empty()) << "what lies in the store is not kept in memory";
    const auto stored = world.backend->stat(pack->builder.ref().name());
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->size, pack->builder.ref().size);
    bytes += stored->size;
  }
  EXPECT_EQ(uploader.stored_bytes(), bytes);
}

TEST(PackUploader, tells_everybody_what_stopped_it) {
  UploadWorld world;
  storage::FaultPlan full;
  full.before = [](storage::Call, const std::string&) { throw base::Error(base::ErrorKind::io, "the disk is full"); };
  const auto failing = storage::make_fault_backend(*world.backend, full, nullptr);
  PackUploader uploader(*failing, world.identity, k_pack_bytes);
  const auto first = world.pack();
  uploader.push(first);
  EXPECT_EQ(test::error_of([&] {
              for (;;) uploader.push(world.pack());
            }),
            base::ErrorKind::io);
  EXPECT_EQ(test::error_of([&] { uploader.push(world.pack()); }), base::ErrorKind::io);
  EXPECT_EQ(test::error_of([&] { uploader.finish(); }), base::ErrorKind::io);
  EXPECT_FALSE(first->stored);
  EXPECT_EQ(uploader.stored_bytes(), 0u);
}

TEST(PackUploader, does_not_take_another_pack_of_the_same_name_for_its_own) {
  UploadWorld world;
  const auto pack = world.pack();
  world.backend->put(pack->builder.ref().name(), "somebody else's");
  PackUploader uploader(*world.backend, world.identity, k_pack_bytes);
  uploader.push(pack);
  EXPECT_EQ(test::error_of([&] { uploader.finish(); }), base::ErrorKind::conflict);
  EXPECT_FALSE(pack->stored);
}

}  // namespace
}  // namespace holdfast::repository
