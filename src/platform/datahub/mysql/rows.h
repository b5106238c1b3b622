// Rows between the server's text and ours.
#pragma once

#include <string>
#include <vector>

#include "base/row.h"
#include "platform/datahub/mysql/shape.h"

namespace holdfast::platform::datahub::mysql {

// The columns of a SELECT, the key first.
std::string select_list(const MysqlTable& table);

// Turns result rows into rows of the tree.  Not thread-safe; the view lives until the next call.
class RowDecoder {
public:
  explicit RowDecoder(const MysqlTable& table);
  // `values` as select_list() ordered them.  Throws Error{corruption} naming the row when a text is not UTF-8.
  base::RowView decode(const std::vector<base::ColumnView>& values);
  // Bytes of the row just decoded.
  std::uint64_t bytes() const noexcept { return bytes_; }

private:
  void check_text(const ColumnPlan& column, base::ByteView text, const std::vector<base::ColumnView>& values) const;

  const MysqlTable* table_;
  base::Bytes key_;
  std::vector<base::ColumnView> columns_;
  std::vector<std::string> instants_;  // canonical forms that the server's text was too short for
  std::uint64_t bytes_ = 0;
};

// Literals for INSERT and UPDATE.  `plan` is the target's column.
void append_value(std::string& out, const ColumnPlan& plan, const base::ColumnView& value);
// 'urn', 'aspect', version
void append_key(std::string& out, base::ByteView key);
// "(`urn` = 'x' AND …)": the row of this key, or the one that the collation takes for it.
std::string where_key(base::ByteView key);

}  // namespace holdfast::platform::datahub::mysql
