// What a Capture may be beside: one that fetches its rows piece by piece, and can do so before their turn.
#pragma once

#include <string>
#include <vector>

#include "platform/platform.h"

namespace holdfast::platform {

class ReadsAhead {
public:
  virtual ~ReadsAhead() = default;
  // All of these collections will be read, most likely in this order.
  virtual void expect(const std::vector<std::string>& collections) = 0;
};

// Tells a capture, if it can make something of it.
inline void expect(Capture& capture, const std::vector<std::string>& collections) {
  if (auto* ahead = dynamic_cast<ReadsAhead*>(&capture)) ahead->expect(collections);
}

}  // namespace holdfast::platform
