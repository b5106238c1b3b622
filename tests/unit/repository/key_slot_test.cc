#include "repository/key_slot.h"

#include "crypto/kdf.h"
#include "repository_fixture.h"

namespace holdfast::repository {
namespace {

using test::error_of;

class KeySlot : public ::testing::Test {
protected:
  StoredSlot make(const std::string& kind, const std::string& secret, KdfCost cost = {}) {
    return make_slot(id_, {kind, "label", test::k_start, cost}, master_, {base::Secret(secret)}, random_);
  }
  test::SeededRandom random_{4};
  base::Bytes id_ = random_.bytes(16);
  base::Secret master_{random_.bytes(32)};
};

TEST_F(KeySlot, gives_the_master_key_to_its_secret_under_its_name_only) {
  const StoredSlot slot = make("command", "secret");
  const Slot read = decode_slot(slot.object, slot.info.id);
  EXPECT_EQ(read.info.kind, "command");
  EXPECT_EQ(read.info.label, "label");
  EXPECT_EQ(read.info.created, test::k_start);
  EXPECT_EQ(try_slot(read, {base::Secret("secret")})->reveal(), master_.reveal());
  EXPECT_FALSE(try_slot(read, {base::Secret("secret ")}));
  EXPECT_FALSE(try_slot(read, {base::Secret()}));
  EXPECT_FALSE(try_slot(decode_slot(slot.object, "0123456789abcdef"), {base::Secret("secret")}))
      << "moved to another name";
}

TEST_F(KeySlot, refuses_costs_outside_the_bounds_when_made) {
  EXPECT_EQ(error_of([&] { make("file", "s", {2, crypto::k_argon_memory_min}); }), base::ErrorKind::usage);
  EXPECT_EQ(error_of([&] { make("file", "s", {3, crypto::k_argon_memory_min - 1}); }), base::ErrorKind::usage);
  EXPECT_EQ(error_of([&] { make("file", "s", {65, crypto::k_argon_memory_min}); }), base::ErrorKind::usage);
  EXPECT_EQ(error_of([&] { make("file", ""); }), base::ErrorKind::usage);
}

TEST_F(KeySlot, refuses_costs_outside_the_bounds_when_read_before_any_is_spent) {
  const StoredSlot slot = make("file", "s");
  const std::size_t passes_at = k_header_bytes + 16 + 5 + 6 + 8;
  for (const auto& [at, value] : {std::pair{passes_at, '\xff'}, {passes_at + 4 + 5, '\x01'}, {passes_at, '\x01'}}) {
    base::Bytes object = slot.object;
    object[at] = value;
    object.resize(object.size() - k_digest_bytes);
    close_object(object);
    EXPECT_EQ(error_of([&] { decode_slot(object, slot.info.id); }), base::ErrorKind::corruption);
  }
}

}  // namespace
}  // namespace holdfast::repository
