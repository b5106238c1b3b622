#include "repository/object.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace holdfast::repository {
namespace {

base::ErrorKind refusal(const base::Bytes& object, ObjectKind kind) {
  try {
    decode_header(object, kind, "packs/x");
    object_body(object, "packs/x");
  } catch (const base::Error& error) {
    EXPECT_NE(error.message().find("packs/x"), std::string::npos);
    return error.kind();
  }
  return base::ErrorKind::internal;
}

base::Bytes some_object() {
  test::SeededRandom random(1);
  base::Bytes out = encode_header(make_header(ObjectKind::pack, {7, 0x1234567890}, random)) + "body";
  close_object(out);
  return out;
}

TEST(Object, has_the_layout_that_is_written_down) {
  const base::Bytes object = some_object();
  ASSERT_EQ(object.size(), k_header_bytes + 4 + k_digest_bytes);
  EXPECT_EQ(object.substr(0, 8), "HOLDFAST");
  EXPECT_EQ(base::to_hex(base::ByteView(object).substr(8, 20)),
            "0100"
            "05"
            "01"
            "01000000"
            "07000000"
            "9078563412000000");
  EXPECT_EQ(object_body(object, "x"), "body");
  const Header header = decode_header(object, ObjectKind::pack, "x");
  EXPECT_EQ(header.session, (SnapshotId{7, 0x1234567890}));
  EXPECT_EQ(encode_header(header), object.substr(0, k_header_bytes));
}

TEST(Object, refuses_other_kinds_newer_formats_and_damage) {
  const base::Bytes object = some_object();
  EXPECT_EQ(refusal(object, ObjectKind::index), base::ErrorKind::corruption);
  for (const auto& [at, kind] : {std::pair{0, base::ErrorKind::corruption},
                                 {8, base::ErrorKind::unsupported},
                                 {11, base::ErrorKind::unsupported},
                                 {12, base::ErrorKind::unsupported},
                                 {62, base::ErrorKind::corruption},
                                 {70, base::ErrorKind::corruption}}) {
    base::Bytes damaged = object;
    damaged[static_cast<std::size_t>(at)] = 9;
    EXPECT_EQ(refusal(damaged, ObjectKind::pack), kind) << at;
  }
  for (std::size_t size = 0; size < object.size(); ++size)
    EXPECT_EQ(refusal(object.substr(0, size), ObjectKind::pack), base::ErrorKind::corruption) << size;
}

}  // namespace
}  // namespace holdfast::repository
