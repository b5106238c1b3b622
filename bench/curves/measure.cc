#include "bench/curves/measure.h"

#include <zstd.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "crypto/hash.h"

namespace holdfast::bench {

namespace {
constexpr int k_level = 3;
constexpr std::uint64_t k_sealing = 16 + 40;  // tag and directory entry of a sealed block
}  // namespace

struct Compressor::Impl {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx* stream = ZSTD_createCCtx();
  ZSTD_CDict* dictionary = nullptr;
  std::vector<char> out;
  std::uint64_t written = 0;

  void feed(base::ByteView plain, ZSTD_EndDirective directive) {
    out.resize(std::size_t{1} << 20);
    ZSTD_inBuffer in{plain.data(), plain.size(), 0};
    for (std::size_t left = 1; left != 0;) {
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      left = ZSTD_compressStream2(stream, &to, &in, directive);
      if (ZSTD_isError(left)) throw std::runtime_error(ZSTD_getErrorName(left));
      written += to.pos;
      if (directive == ZSTD_e_continue && in.pos == in.size) return;
    }
  }
};

Compressor::Compressor() : impl_(std::make_unique<Impl>()) {
  ZSTD_CCtx_setParameter(impl_->stream, ZSTD_c_compressionLevel, k_level);
}

Compressor::~Compressor() {
  ZSTD_freeCCtx(impl_->context);
  ZSTD_freeCCtx(impl_->stream);
  ZSTD_freeCDict(impl_->dictionary);
}

std::uint64_t Compressor::size(base::ByteView plain) {
  Impl& impl = *impl_;
  impl.out.resize(ZSTD_compressBound(plain.size()));
  const std::size_t size = impl.dictionary ? ZSTD_compress_usingCDict(impl.context, impl.out.data(), impl.out.size(),
                                                                      plain.data(), plain.size(), impl.dictionary)
                                           : ZSTD_compressCCtx(impl.context, impl.out.data(), impl.out.size(),
                                                               plain.data(), plain.size(), k_level);
  if (ZSTD_isError(size)) throw std::runtime_error(ZSTD_getErrorName(size));
  return size;
}

void Compressor::append(base::ByteView plain) {
  impl_->feed(plain, ZSTD_e_continue);
}

std::uint64_t Compressor::end() {
  impl_->feed({}, ZSTD_e_end);
  return std::exchange(impl_->written, 0);
}

void Compressor::use_dictionary(base::ByteView dictionary) {
  ZSTD_freeCDict(impl_->dictionary);
  impl_->dictionary = ZSTD_createCDict(dictionary.data(), dictionary.size(), k_level);
}

base::Bytes MeasuringStore::get(const repository::BlockId& id) {
  ++gets_;
  return blocks_.at(id);
}

repository::BlockId MeasuringStore::put(repository::BlockKind, base::ByteView plain) {
  static const crypto::FastHash hash("curves");
  const auto value = hash(plain);
  repository::BlockId id;
  __builtin_memcpy(id.bytes.data(), value.data(), id.bytes.size());
  if (!blocks_.try_emplace(id, plain).second || !measuring_) return id;
  stored_ += compressor_.size(plain) + k_sealing;
  return id;
}

}  // namespace holdfast::bench
