#include "repository/compressor.h"

#include <fmt/format.h>
#include <zstd.h>

#include <mutex>
#include <vector>

#include "base/error.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

constexpr char k_stored = 0;
constexpr char k_zstd = 1;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

// As many contexts as there were callers at once.
template <class Context, Context* (*make)()>
class ContextPool {
public:
  using Handle = std::unique_ptr<Context, FreeContext>;
  Handle take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Handle out = std::move(idle_.back());
        idle_.pop_back();
        return out;
      }
    }
    Handle out(make());
    if (!out) throw Error(ErrorKind::io, "no memory for a zstd context");
    return out;
  }
  void give_back(Handle handle) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(handle));
  }

private:
  std::mutex mutex_;
  std::vector<Handle> idle_;
};

[[noreturn]] void damaged(std::string_view name, std::string_view problem) {
  throw Error(ErrorKind::corruption, fmt::format("{} is damaged: {}", name, problem));
}

}  // namespace

struct Compressor::Impl {
  ContextPool<ZSTD_CCtx, ZSTD_createCCtx> compressing;
  ContextPool<ZSTD_DCtx, ZSTD_createDCtx> decompressing;
};

Compressor::Compressor() : impl_(std::make_unique<Impl>()) {}
Compressor::~Compressor() = default;

base::Bytes Compressor::compress(base::ByteView plain) {
  base::Bytes out(1 + ZSTD_compressBound(plain.size()), '\0');
  auto context = impl_->compressing.take();
  const std::size_t size =
      ZSTD_compressCCtx(context.get(), out.data() + 1, out.size() - 1, plain.data(), plain.size(), k_zstd_level);
  impl_->compressing.give_back(std::move(context));
  if (ZSTD_isError(size) != 0)
    throw Error(ErrorKind::internal, fmt::format("zstd cannot compress: {}", ZSTD_getErrorName(size)));
  if (size >= plain.size()) {
    out[0] = k_stored;
    out.replace(1, base::Bytes::npos, plain);
    return out;
  }
  out[0] = k_zstd;
  out.resize(1 + size);
  return out;
}

base::Bytes Compressor::decompress(base::ByteView compressed, std::size_t plain_bytes, std::string_view name) {
  if (compressed.empty()) damaged(name, "nothing is stored");
  const char how = compressed[0];
  const base::ByteView body = compressed.substr(1);
  if (how == k_stored) {
    if (body.size() != plain_bytes) damaged(name, fmt::format("{} bytes instead of {}", body.size(), plain_bytes));
    return base::Bytes(body);
  }
  if (how != k_zstd) damaged(name, fmt::format("unknown compression {}", static_cast<int>(how)));
  // The frame says its size: what is allocated never exceeds what both the frame and the directory claim.
  if (ZSTD_getFrameContentSize(body.data(), body.size()) != plain_bytes)
    damaged(name, "the size of its frame is another one");
  base::Bytes out(plain_bytes, '\0');
  auto context = impl_->decompressing.take();
  const std::size_t size = ZSTD_decompressDCtx(context.get(), out.data(), out.size(), body.data(), body.size());
  impl_->decompressing.give_back(std::move(context));
  if (ZSTD_isError(size) != 0 || size != plain_bytes) damaged(name, "its zstd frame does not decode");
  return out;
}

}  // namespace holdfast::repository
