// What a ResourceWriter throws where somebody with other rights has to do what it was asked to: a task, no failure.
#pragma once

#include "base/error.h"

namespace holdfast::platform {

// Its message is the task, a full sentence.
class ByHand : public base::Error {
public:
  explicit ByHand(const std::string& task) : Error(base::ErrorKind::unsupported, task) {}
};

}  // namespace holdfast::platform
