// Where a repository's objects lie.  A backend is dumb: it knows names and bytes, not what they mean.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace holdfast::storage {

struct ObjectInfo {
  std::string name;  // relative, '/' between parts, [a-z0-9._/-] only
  std::uint64_t size = 0;
};

struct Properties {
  bool conditional_create = true;  // put() really refuses an existing name, also in a race
  std::string location;            // for messages: a URL without secrets
};

struct Range {
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;  // to the end when absent
};

// Thread-safe.  Every call may block.  "Absent" is a value where the caller may expect it; all else throws base::Error
// with kind io, unavailable or auth, naming the object.  There are no retries in here: a decorator does that, at one
// level.
class Backend {
public:
  virtual ~Backend() = default;

  virtual Properties properties() const = 0;
  virtual std::optional<ObjectInfo> stat(std::string_view name) = 0;
  // Throws Error{not_found} when there is no such object.  A range beyond the end yields fewer bytes.
  virtual base::Bytes get(std::string_view name, const Range& range) = 0;
  // Creates, never overwrites.  On return the object is durable and visible under its name.  False: the name is taken,
  // and nothing was changed.  A put that throws may or may not have happened; what exists under the name is whole.
  virtual bool put(std::string_view name, base::ByteView bytes) = 0;
  // False: was not there.
  virtual bool remove(std::string_view name) = 0;
  // Every object whose name starts with `prefix`, in no particular order.  Objects created meanwhile may or may not be
  // seen.
  virtual void list(std::string_view prefix, const std::function<void(const ObjectInfo&)>& visit) = 0;

  base::Bytes get_all(std::string_view name) { return get(name, Range{}); }
};

}  // namespace holdfast::storage
