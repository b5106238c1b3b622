// Makes long work on blocks end soon after a stop request: the repository's calls know no stop token, so every block
// that they ask for or hand over is where the request is noticed.
#pragma once

#include <stop_token>

#include "repository/block_store.h"

namespace holdfast::engine {

// Throws Error{cancelled} when a stop was requested.
void throw_if_stopped(const std::stop_token& stop);

class StoppableSource : public repository::BlockSource {  // thread-safe as far as `inner` is, which outlives it
public:
  StoppableSource(repository::BlockSource& inner, std::stop_token stop) : inner_(inner), stop_(std::move(stop)) {}
  base::Bytes get(const repository::BlockId& id) override;

private:
  repository::BlockSource& inner_;
  std::stop_token stop_;
};

class StoppableSink : public repository::BlockSink {  // thread-safe as far as `inner` is, which outlives it
public:
  StoppableSink(repository::BlockSink& inner, std::stop_token stop) : inner_(inner), stop_(std::move(stop)) {}
  repository::BlockId put(repository::BlockKind kind, base::ByteView plain) override;

private:
  repository::BlockSink& inner_;
  std::stop_token stop_;
};

}  // namespace holdfast::engine
