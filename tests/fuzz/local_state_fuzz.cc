// The local state of a host, of which anything may have become: names of marks, one a line, and a pin behind the first
// NUL.  It is read, or refused as another repository's.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "repository/local_state.h"

namespace {

using namespace holdfast;

class AnyState : public storage::Backend {
public:
  AnyState(std::string_view names, base::ByteView pin) : names_(names), pin_(pin) {}

  storage::Properties properties() const override { return {}; }
  std::optional<storage::ObjectInfo> stat(std::string_view name) override {
    return storage::ObjectInfo{std::string(name), pin_.size()};
  }
  base::Bytes get(std::string_view, const storage::Range&) override { return base::Bytes(pin_); }
  bool put(std::string_view, base::ByteView) override { return true; }
  bool remove(std::string_view) override { return true; }
  void list(std::string_view prefix, const std::function<void(const storage::ObjectInfo&)>& visit) override {
    for (std::string_view rest = names_; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      if (rest.substr(0, end).starts_with(prefix)) visit({std::string(rest.substr(0, end)), 1});
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

private:
  std::string_view names_;
  base::ByteView pin_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::repository;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(text.find('\0'), text.size());
  AnyState backend(text.substr(0, cut), text.substr(cut));
  LocalState state(&backend, "r");  // the names begin with 72/
  const base::Bytes pack(16, 'p');
  for (const auto& [writer, sequence] : state.highest_seen()) state.note_seen({writer, sequence / 2});
  for (const auto& [name, at] : state.checked_packs()) state.note_checked(pack, at);
  try {
    state.check_pin("here", {base::Bytes(16, 'i'), base::Bytes(32, 'b'), base::Bytes(32, 'a')});
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::refused) std::abort();
  }
  return 0;
}
