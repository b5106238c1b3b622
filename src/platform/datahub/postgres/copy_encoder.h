// Rows as COPY … FROM STDIN takes them: in binary form where every column allows it, else as text.
#pragma once

#include <string>
#include <vector>

#include "base/row.h"
#include "model/collection.h"
#include "platform/datahub/postgres/table_parts.h"

namespace holdfast::platform::datahub::postgres {

// A text as a field of COPY … FROM STDIN in text form.
void append_copy_text(base::Bytes& out, base::ByteView text);

class CopyEncoder {  // not thread-safe
public:
  // Throws Error{unsupported} naming the column of the collection that the table does not have.
  CopyEncoder(const TableParts& target, const model::Collection& collection);

  std::string statement() const;  // COPY … FROM STDIN
  void start(base::Bytes& out) const;
  // Throws Error{refused} naming the row when an instant is none.
  void append(base::Bytes& out, const base::RowView& row) const;
  void finish(base::Bytes& out) const;
  bool binary() const noexcept { return binary_; }

private:
  enum class Form { bytes, instant, hex, text };
  struct Column {
    std::string name;
    Form form = Form::bytes;
  };
  void append_binary(base::Bytes& out, const base::RowView& row) const;
  void append_text(base::Bytes& out, const base::RowView& row) const;

  std::string table_;
  std::vector<Column> columns_;
  bool binary_ = true;
};

}  // namespace holdfast::platform::datahub::postgres
