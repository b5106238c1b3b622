// The one document of a query whose entries are written as they come, one a line.
#pragma once

#include <string>
#include <string_view>

#include "ui/output.h"

namespace holdfast::cli {

class JsonList {  // not thread-safe
public:
  // `head` is the document up to and including the '[' of its list.  It is written with the first entry, or at the end:
  // a query that fails before must not leave half of a document.
  JsonList(ui::Output& out, std::string head) : out_(out), head_(std::move(head)) {}
  void add(std::string_view entry) {
    begin();
    out_.write(first_ ? "\n" : ",\n");
    out_.write(entry);
    first_ = false;
  }
  // `tail` ends list and document.
  void end(std::string_view tail = "]}") {
    begin();
    out_.line(tail);
  }

private:
  void begin() {
    out_.write(head_);
    head_.clear();
  }

  ui::Output& out_;
  std::string head_;
  bool first_ = true;
};

}  // namespace holdfast::cli
