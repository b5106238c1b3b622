// Rows out of what COPY … TO STDOUT (FORMAT binary) sends, a message for each row.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "platform/datahub/sql/text.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub::postgres {

// How a column travels: its own bytes, eight bytes of microseconds, or the server's text of it.
enum class Wire { bytes, instant, cast };

struct ReadColumn {
  std::string name;
  Wire wire = Wire::bytes;
  bool binary = false;  // bytes that need not be text
};

class CopyDecoder {  // not thread-safe
public:
  // Rows outside of `range` are dropped, and the order of the others is checked; nullptr: every row, in any order.
  // `columns`, `range` and `sink` outlive the decoder.
  CopyDecoder(const std::vector<ReadColumn>& columns, const base::KeyRange* range, RowSink& sink);
  // One message of the server's, in the order in which they came.  Throws as read_range() says (reader.h).
  void message(base::ByteView bytes);

private:
  [[noreturn]] void fail(std::string_view problem) const;
  template <class T>
  T number();
  base::ColumnView field();
  base::ByteView key_field();
  void skip_header(base::ByteView& bytes);
  void row();
  base::ColumnView column(std::size_t index);
  base::ByteView instant(std::size_t index, base::ByteView value);
  void check_text(base::ByteView text, std::string_view column) const;

  const std::vector<ReadColumn>& columns_;
  const base::KeyRange* range_;
  RowSink& sink_;
  std::optional<OrderCheck> order_;
  base::ByteView rest_;
  bool header_seen_ = false;
  base::Bytes key_;
  std::vector<base::ColumnView> values_;
  std::vector<std::string> instants_;
};

}  // namespace holdfast::platform::datahub::postgres
