// Oddities that stop nothing, each told once.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

namespace holdfast::repository {

// Thread-safe.
class Warnings {
public:
  void add(std::string text) {
    const std::lock_guard lock(mutex_);
    if (std::find(lines_.begin(), lines_.end(), text) == lines_.end()) lines_.push_back(std::move(text));
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace holdfast::repository
