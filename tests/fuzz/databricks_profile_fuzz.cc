// The vendor's profile file, which other programs and people write: an account comes of it, or an error of the
// configuration.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "platform/databricks/profile.h"

namespace {

// A connector that names a profile and nothing else.
class OneProfile : public holdfast::platform::Settings {
public:
  std::optional<std::string> text(std::string_view path) const override {
    return path == "profile" ? std::optional<std::string>("p") : std::nullopt;
  }
  std::optional<std::int64_t> number(std::string_view) const override { return std::nullopt; }
  std::optional<bool> flag(std::string_view) const override { return std::nullopt; }
  std::optional<holdfast::base::Secret> secret(std::string_view) const override { return std::nullopt; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const platform::databricks::Surroundings surroundings{
      .variable = [](const std::string&) { return std::nullopt; },
      .file = [&](const std::string&) { return std::optional(text); }};
  try {
    const auto account = platform::databricks::read_account("c", OneProfile(), surroundings);
    if (!account.host.starts_with("http")) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::config) std::abort();
  }
  return 0;
}
