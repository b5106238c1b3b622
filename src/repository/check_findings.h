// Gathers what a check finds, one finding per object.
#pragma once

#include <map>
#include <set>
#include <string>

#include "repository/repository.h"

namespace holdfast::repository {

// Keys in words: printable bytes as they are, others as \xNN, long ones cut.
std::string describe_key(base::ByteView key);
std::string describe_range(std::string_view tree, base::ByteView from, const std::optional<base::Bytes>& to);

// Not thread-safe.
class Findings {
public:
  // The first problem of an object is shown, the number of further ones after it.
  void add(const std::string& object, std::string_view problem);
  void touches(const std::string& object, const SnapshotId& snapshot, const std::string& keys = {});
  bool empty() const noexcept { return found_.empty(); }
  std::vector<Finding> take();

private:
  struct Found {
    std::string problem;
    std::uint64_t more = 0;
    std::set<std::string> snapshots;
    std::set<std::string> keys;
  };
  std::map<std::string, Found> found_;
};

}  // namespace holdfast::repository
