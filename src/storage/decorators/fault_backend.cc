#include "storage/decorators/fault_backend.h"

#include <type_traits>

namespace holdfast::storage {

namespace {

class FaultBackend : public Backend {
public:
  FaultBackend(Backend& inner, FaultPlan plan, CallCounts* counts)
      : inner_(inner), plan_(std::move(plan)), counts_(counts) {}

  Properties properties() const override { return inner_.properties(); }

  std::optional<ObjectInfo> stat(std::string_view name) override {
    return around(Call::stat, name, [&] { return inner_.stat(name); });
  }

  base::Bytes get(std::string_view name, const Range& range) override {
    return around(Call::get, name, [&] {
      base::Bytes bytes = inner_.get(name, range);
      if (counts_ != nullptr) counts_->bytes_read += bytes.size();
      return bytes;
    });
  }

  bool put(std::string_view name, base::ByteView bytes) override {
    return around(Call::put, name, [&] {
      const bool created = inner_.put(name, bytes);
      if (created && counts_ != nullptr) counts_->bytes_written += bytes.size();
      return created;
    });
  }

  bool remove(std::string_view name) override {
    return around(Call::remove, name, [&] { return inner_.remove(name); });
  }

  void list(std::string_view prefix, const std::function<void(const ObjectInfo&)>& visit) override {
    around(Call::list, prefix, [&] {
      inner_.list(prefix, visit);
      return true;
    });
  }

private:
  // A call that the plan breaks was made all the same, so it is counted first.
  template <class Work>
  std::invoke_result_t<Work&> around(Call call, std::string_view name, Work&& work) {
    count(call);
    if (plan_.before) plan_.before(call, std::string(name));
    auto answer = work();
    if (plan_.after) plan_.after(call, std::string(name));
    return answer;
  }

  void count(Call call) {
    if (counts_ == nullptr) return;
    switch (call) {
      case Call::stat:
        ++counts_->stats;
        return;
      case Call::get:
        ++counts_->gets;
        return;
      case Call::put:
        ++counts_->puts;
        return;
      case Call::remove:
        ++counts_->removes;
        return;
      case Call::list:
        ++counts_->lists;
        return;
    }
  }

  Backend& inner_;
  const FaultPlan plan_;
  CallCounts* const counts_;
};

}  // namespace

std::unique_ptr<Backend> make_fault_backend(Backend& inner, FaultPlan plan, CallCounts* counts) {
  return std::make_unique<FaultBackend>(inner, std::move(plan), counts);
}

}  // namespace holdfast::storage
