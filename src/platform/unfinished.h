// What was created, and not with all that it shall have.
#pragma once

#include <string>
#include <utility>

#include "base/error.h"

namespace holdfast::platform {

// A further call, which gives it what creating it does not take (Kind::set_later), failed: it is there, under `id`.
class Unfinished : public base::Error {
public:
  Unfinished(std::string id, const base::Error& failed) : Error(failed), id_(std::move(id)) {}
  const std::string& id() const noexcept { return id_; }

private:
  std::string id_;
};

}  // namespace holdfast::platform
