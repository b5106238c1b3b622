// What a piece of work throws, as a value that a test compares.
#pragma once

#include <optional>
#include <utility>

#include "base/error.h"

namespace holdfast::test {

// The kind of the error that `work` throws; nullopt when it throws none.
template <typename Work>
std::optional<base::ErrorKind> error_of(Work&& work) {
  try {
    std::forward<Work>(work)();
  } catch (const base::Error& error) {
    return error.kind();
  }
  return std::nullopt;
}

// The error itself; one of kind `internal` that says so when there is none.
template <typename Work>
base::Error thrown_by(Work&& work) {
  try {
    std::forward<Work>(work)();
  } catch (const base::Error& error) {
    return error;
  }
  return {base::ErrorKind::internal, "nothing was thrown"};
}

}  // namespace holdfast::test
