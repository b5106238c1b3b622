#include "crypto/kdf.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "base/error.h"

namespace holdfast::crypto {
namespace {

// Bytes first, first + 1, … up to, not including, end.
base::Bytes counting(int first, int end) {
  base::Bytes out;
  for (int i = first; i < end; ++i) out.push_back(static_cast<char>(i));
  return out;
}

std::string hex(const base::Secret& secret) {
  return base::to_hex(secret.reveal());
}

TEST(Hkdf, gives_the_answers_of_rfc_5869) {
  EXPECT_EQ(hex(hkdf(base::Bytes(22, '\x0b'), counting(0, 13), counting(0xf0, 0xfa), 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(hex(hkdf(counting(0, 0x50), counting(0x60, 0xb0), counting(0xb0, 0x100), 82)),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c"
            "2f09b8367793a9"
            "aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(hex(hkdf(base::Bytes(22, '\x0b'), "", "", 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Hkdf, gives_as_much_as_the_standard_allows_and_no_more) {
  const base::Secret most = hkdf("s", "", "", 255 * 32);
  EXPECT_EQ(most.reveal().size(), 255u * 32);
  EXPECT_EQ(most.reveal().substr(0, 32), hkdf("s", "", "").reveal());
  EXPECT_THROW(hkdf("s", "", "", 255 * 32 + 1), base::Error);
  EXPECT_TRUE(hkdf("s", "", "", 0).empty());
}

TEST(Hkdf, depends_on_secret_salt_and_purpose) {
  const std::string first = hex(hkdf("s", "t", "u"));
  EXPECT_NE(first, hex(hkdf("x", "t", "u")));
  EXPECT_NE(first, hex(hkdf("s", "x", "u")));
  EXPECT_NE(first, hex(hkdf("s", "t", "x")));
}

constexpr char k_salt[] = "0123456789abcdef";

base::ErrorKind refusal(std::string_view salt, std::uint32_t passes, std::uint64_t memory) {
  try {
    argon2id(base::Secret("p"), salt, passes, memory);
  } catch (const base::Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "not refused";
  return base::ErrorKind::internal;
}

TEST(Argon2id, refuses_a_cost_out_of_bounds_before_it_works) {
  using base::ErrorKind;
  EXPECT_EQ(refusal(k_salt, k_argon_passes_min - 1, k_argon_memory_min), ErrorKind::corruption);
  EXPECT_EQ(refusal(k_salt, k_argon_passes_max + 1, k_argon_memory_min), ErrorKind::corruption);
  EXPECT_EQ(refusal(k_salt, 0, k_argon_memory_min), ErrorKind::corruption);
  EXPECT_EQ(refusal(k_salt, UINT32_MAX, k_argon_memory_min), ErrorKind::corruption);
  EXPECT_EQ(refusal(k_salt, k_argon_passes_min, k_argon_memory_min - 1), ErrorKind::corruption);
  EXPECT_EQ(refusal(k_salt, k_argon_passes_min, k_argon_memory_max + 1), ErrorKind::corruption);
  EXPECT_EQ(refusal(k_salt, k_argon_passes_min, UINT64_MAX), ErrorKind::corruption);
  EXPECT_EQ(refusal("short", k_argon_passes_min, k_argon_memory_min), ErrorKind::corruption);
}

TEST(Argon2id, never_takes_less_than_the_format_promises) {
  EXPECT_GE(k_argon_memory_min, std::uint64_t{128} << 20);
  EXPECT_GE(k_argon_passes_min, 3u);
}

std::size_t resident_bytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  std::size_t total = 0;
  std::size_t resident = 0;
  EXPECT_EQ(std::fscanf(file, "%zu %zu", &total, &resident), 2);
  std::fclose(file);
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(Argon2id, gives_the_answer_of_the_reference_program_and_the_memory_back) {
  const std::size_t before = resident_bytes();
  // printf %s 'correct horse battery staple' | argon2 0123456789abcdef -id -t 3 -k 131072 -p 1 -l 32 -r
  EXPECT_EQ(hex(argon2id(base::Secret("correct horse battery staple"), k_salt, 3, k_argon_memory_min)),
            "47d8e5fb23784cfdee845fe02e0786ecd19ad9668d27479d0b3c87a2844aa9e7");
  EXPECT_LT(resident_bytes(), before + k_argon_memory_min / 4);
}

}  // namespace
}  // namespace holdfast::crypto
