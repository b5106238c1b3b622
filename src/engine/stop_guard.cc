#include "engine/stop_guard.h"

#include "base/error.h"

namespace holdfast::engine {

void throw_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested()) throw base::Error(base::ErrorKind::cancelled, "stopped on request");
}

base::Bytes StoppableSource::get(const repository::BlockId& id) {
  throw_if_stopped(stop_);
  return inner_.get(id);
}

repository::BlockId StoppableSink::put(repository::BlockKind kind, base::ByteView plain) {
  throw_if_stopped(stop_);
  return inner_.put(kind, plain);
}

}  // namespace holdfast::engine
