#include <gtest/gtest.h>

#include "base/error.h"
#include "base/key.h"
#include "platform/datahub/postgres/copy_decoder.h"
#include "support/errors.h"

namespace holdfast::platform::datahub::postgres {
namespace {

const std::vector<ReadColumn> k_columns = {{"metadata", Wire::bytes, false}, {"createdon", Wire::instant, false}};

std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}

std::string header() {
  return std::string("PGCOPY\n\377\r\n\0", 11) + big_endian(0, 4) + big_endian(0, 4);
}

std::string row(const std::vector<std::optional<std::string>>& fields) {
  std::string out = big_endian(fields.size(), 2);
  for (const auto& field : fields)
    out += field ? big_endian(field->size(), 4) + *field : big_endian(~std::uint64_t{0}, 4);
  return out;
}

std::string row_of(const std::string& urn, std::optional<std::string> metadata = "{}") {
  return row({urn, "status", big_endian(0, 8), std::move(metadata), big_endian(1'000'000, 8)});
}

base::Bytes key_of(std::string_view urn) {
  base::Bytes out;
  base::append_text(out, urn);
  base::append_text(out, "status");
  base::append_int(out, 0);
  return out;
}

class Rows : public RowSink {
public:
  void row(const base::RowView& row) override { rows.push_back(base::to_row(row)); }
  std::vector<base::Row> rows;
};

std::optional<base::ErrorKind> kind_after(const std::vector<std::string>& messages,
                                          const base::KeyRange* range = nullptr) {
  Rows rows;
  CopyDecoder decoder(k_columns, range, rows);
  return test::error_of([&] {
    for (const std::string& message : messages) decoder.message(message);
  });
}

TEST(CopyDecoder, hands_on_rows_with_their_nulls_and_instants) {
  Rows rows;
  CopyDecoder decoder(k_columns, nullptr, rows);
  decoder.message(header() + row_of("b"));
  decoder.message(row_of("a", std::nullopt));
  decoder.message(big_endian(0xffff, 2));
  ASSERT_EQ(rows.rows.size(), 2U);
  EXPECT_EQ(rows.rows[0].key, key_of("b"));
  EXPECT_EQ(rows.rows[0].columns[0], "{}");
  EXPECT_EQ(rows.rows[0].columns[1], "2000-01-01 00:00:01.000000");
  EXPECT_EQ(rows.rows[1].columns[0], std::nullopt);
}

TEST(CopyDecoder, drops_rows_outside_of_the_range_and_checks_the_order_of_the_others) {
  const base::KeyRange range{key_of("b"), key_of("d")};
  Rows rows;
  CopyDecoder decoder(k_columns, &range, rows);
  decoder.message(header() + row_of("a"));
  decoder.message(row_of("b"));
  decoder.message(row_of("d"));
  ASSERT_EQ(rows.rows.size(), 1U);
  EXPECT_EQ(rows.rows[0].key, key_of("b"));
  EXPECT_EQ(kind_after({header() + row_of("c"), row_of("b")}, &range), base::ErrorKind::corruption);
}

TEST(CopyDecoder, refuses_what_is_no_copy_and_what_ends_early) {
  EXPECT_EQ(kind_after({"PGDUMP" + header()}), base::ErrorKind::corruption);
  EXPECT_EQ(kind_after({header() + row({"a", "status"})}), base::ErrorKind::corruption);
  EXPECT_EQ(kind_after({header() + row_of("a") + "x"}), base::ErrorKind::corruption);
  const std::string whole = row_of("a");
  for (std::size_t length = 1; length < whole.size(); ++length)
    EXPECT_EQ(kind_after({header(), whole.substr(0, length)}), base::ErrorKind::corruption) << length;
}

TEST(CopyDecoder, refuses_text_that_is_not_utf8_and_instants_that_are_none) {
  EXPECT_EQ(kind_after({header() + row_of("a", "\xff")}), base::ErrorKind::corruption);
  const std::string infinity = big_endian(~std::uint64_t{0} >> 1, 8);
  EXPECT_EQ(kind_after({header() + row({"a", "status", big_endian(0, 8), "{}", infinity})}),
            base::ErrorKind::unsupported);
}

}  // namespace
}  // namespace holdfast::platform::datahub::postgres
