#include "repository/pack_uploader.h"

#include <fmt/format.h>

#include <limits>

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

PackUploader::PackUploader(storage::Backend& backend, const Identity& identity, std::size_t pack_bytes)
    : backend_(backend),
      identity_(identity),
      pack_bytes_(pack_bytes),
      queue_(1, std::numeric_limits<std::size_t>::max() / 2),
      thread_([this](std::stop_token stop) { run(stop); }) {}

PackUploader::~PackUploader() {
  thread_.request_stop();
  queue_.close();
}

void PackUploader::push(std::shared_ptr<OpenPack> pack) {
  if (queue_.push(std::move(pack), pack_bytes_, {})) return;
  rethrow();
  throw Error(ErrorKind::internal, "a pack came after the last one");
}

void PackUploader::finish() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
  rethrow();
}

void PackUploader::rethrow() {
  const std::lock_guard lock(mutex_);
  if (failure_) throw Error(*failure_);  // a copy: several workers may get it, and each adds its frames
}

void PackUploader::run(std::stop_token stop) {
  try {
    while (auto pack = queue_.pop(stop)) {
      const std::lock_guard lock((*pack)->mutex);
      PackBuilder& builder = (*pack)->builder;
      builder.finish(identity_);
      const std::string name = builder.ref().name();
      if (!backend_.put(name, builder.bytes()))
        throw Error(ErrorKind::conflict, fmt::format("{} is there already", name));
      stored_bytes_ += builder.bytes().size();
      builder.drop_bytes();
      (*pack)->stored = true;
    }
  } catch (...) {
    {
      const std::lock_guard lock(mutex_);
      failure_ = base::current_error();
    }
    queue_.close();
  }
}

}  // namespace holdfast::repository
