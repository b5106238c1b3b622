// What a capture says of itself: the JSON that a snapshot keeps as its attributes, and the way back for a restore.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/datahub/sql/shape.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub {

struct CaptureFacts {
  TableShape shape;
  std::string taken;  // RFC 3339
  unsigned readers = 0;
  bool common_instant = true;  // several readers see the same instant
  std::vector<std::pair<std::string, std::string>>
      position;  // "file" -> "binlog.000003", "lsn" -> "0/15D6A28"; empty: not known
  std::vector<std::pair<std::string, std::string>> replica;  // of whom, lag; empty: not a replica
  std::vector<LeftOut> left_out;
  std::vector<std::string> notes;
};

// Throws Error{corruption} for JSON that nests deeper than any that we write: whoever may write snapshots chooses their
// attributes, and printing a document recurses.
void refuse_deep_json(std::string_view attributes);

std::string facts_to_json(const CaptureFacts& facts);
// The shape of the table that the snapshot came from; nullopt when the attributes hold none.  Throws Error{corruption}.
std::optional<TableShape> shape_of_attributes(std::string_view attributes);

}  // namespace holdfast::platform::datahub
