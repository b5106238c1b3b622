#include "storage/memory/memory_backend.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "storage/name.h"

namespace holdfast::storage {

namespace {

class MemoryBackend : public Backend {
public:
  Properties properties() const override { return {.conditional_create = true, .location = "memory:"}; }

  std::optional<ObjectInfo> stat(std::string_view name) override {
    check_name(name);
    const auto object = find(name);
    if (!object) return std::nullopt;
    return ObjectInfo{std::string(name), object->size()};
  }

  base::Bytes get(std::string_view name, const Range& range) override {
    check_name(name);
    const auto object = find(name);
    if (!object) throw base::Error(base::ErrorKind::not_found, fmt::format("object {} is not there", name));
    if (range.offset >= object->size()) return {};
    return object->substr(static_cast<std::size_t>(range.offset),
                          static_cast<std::size_t>(range.length.value_or(base::Bytes::npos)));
  }

  bool put(std::string_view name, base::ByteView bytes) override {
    check_name(name);
    auto object = std::make_shared<const base::Bytes>(bytes);
    const std::lock_guard lock(mutex_);
    return objects_.emplace(name, std::move(object)).second;
  }

  bool remove(std::string_view name) override {
    check_name(name);
    const std::lock_guard lock(mutex_);
    return objects_.erase(std::string(name)) != 0;
  }

  void list(std::string_view prefix, const std::function<void(const ObjectInfo&)>& visit) override {
    check_prefix(prefix);
    // Copied first: the visitor may call this backend again.
    std::vector<ObjectInfo> found;
    {
      const std::lock_guard lock(mutex_);
      for (auto it = objects_.lower_bound(prefix); it != objects_.end() && it->first.starts_with(prefix); ++it)
        found.push_back({it->first, it->second->size()});
    }
    for (const ObjectInfo& object : found) visit(object);
  }

private:
  // Shared, so that a large object is copied outside the lock, and outlives its removal.
  std::shared_ptr<const base::Bytes> find(std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto it = objects_.find(name);
    return it == objects_.end() ? nullptr : it->second;
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const base::Bytes>, std::less<>> objects_;
};

}  // namespace

std::unique_ptr<Backend> make_memory_backend() {
  return std::make_unique<MemoryBackend>();
}

}  // namespace holdfast::storage
