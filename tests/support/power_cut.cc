#include "support/power_cut.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "support/fakes.h"

namespace holdfast::test {

namespace {

using base::Bytes;
using base::ByteView;
using storage::FileHandle;
using storage::FileKind;
using storage::FileStatus;

constexpr std::uint64_t k_never = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t k_page = 4096;

using Number = std::size_t;           // of an inode
using Place = std::optional<Number>;  // what a name leads to; nullopt = there is no such name

// One name in one folder: all that it led to since the folder was synced, the durable state first, the present one
// last.
using History = std::vector<Place>;

struct Inode {
  FileKind kind = FileKind::file;
  Bytes bytes;                           // of a file
  std::size_t synced = 0;                // so many of them are durable
  std::map<std::string, History> names;  // of a folder
};

// How the bytes of a file may be found: `size` of them, those from `zero_from` to `zero_to` as zeros.
struct Tear {
  std::size_t size = 0;
  std::size_t zero_from = 0;
  std::size_t zero_to = 0;
  friend bool operator==(const Tear&, const Tear&) = default;
};

std::uint64_t draw(std::uint64_t seed, std::uint64_t number) {
  SeededRandom random(seed * 0x100000001b3u + number);
  const Bytes bytes = random.bytes(8);
  return base::ByteReader(bytes, "random bytes").u64();
}

// The durable state first, the present one last, each once.
std::vector<Tear> tears_of(const Inode& file, std::uint64_t drawn) {
  const std::size_t from = file.synced;
  const std::size_t to = file.bytes.size();
  std::vector<Tear> out;
  const auto add = [&](Tear tear) {
    if (std::find(out.begin(), out.end(), tear) == out.end()) out.push_back(tear);
  };
  add({.size = from});
  if (from == to) return out;
  add({.size = from + drawn % (to - from)});
  add({.size = to - 1});
  add({.size = to, .zero_from = from, .zero_to = to});
  add({.size = to, .zero_from = from, .zero_to = std::min(to, (from / k_page + 1) * k_page)});
  add({.size = to, .zero_from = std::max(from, (to - 1) / k_page * k_page), .zero_to = to});
  add({.size = to});
  return out;
}

std::vector<Place> places_of(const History& history) {
  std::vector<Place> out = {history.front()};
  // The present state has to come last, so it is taken out where it stood before.
  for (const Place& place : history)
    if (place != history.back() && std::find(out.begin(), out.end(), place) == out.end()) out.push_back(place);
  if (history.back() != history.front() || out.size() > 1) out.push_back(history.back());
  return out;
}

std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  return a > k_never / b ? k_never : a * b;
}

// Picks one of so many options, one thing after the other.
using Pick = std::function<std::size_t(std::size_t options)>;

}  // namespace

struct PowerCutDisk::State : storage::FileSystem {
  explicit State(std::uint64_t disk_seed) : seed(disk_seed) {
    inodes.resize(2);
    inodes[0].kind = inodes[1].kind = FileKind::folder;
    inodes[0].names["disk"] = {Number{1}};
  }

  int create(const std::string& path, FileHandle& handle) override {
    return change([&] {
      const auto [folder, name, error] = find_parent(path);
      if (error != 0) return error;
      if (present(folder, name)) return EEXIST;
      lead(folder, name, new_inode(FileKind::file));
      handle = next_handle++;
      handles[handle] = *present(folder, name);
      return 0;
    });
  }

  int write(FileHandle handle, ByteView bytes) override {
    return change([&] {
      const std::size_t fits = static_cast<std::size_t>(std::min<std::uint64_t>(room, bytes.size()));
      inodes[handles.at(handle)].bytes.append(bytes.substr(0, fits));
      if (room != k_never) room -= fits;
      return fits == bytes.size() ? 0 : ENOSPC;
    });
  }

  int sync_file(FileHandle handle) override {
    return sync([&] {
      Inode& file = inodes[handles.at(handle)];
      if (!ignored.contains(Sync::file)) file.synced = file.bytes.size();
      return 0;
    });
  }

  int close(FileHandle handle) override {
    const std::lock_guard lock(mutex);
    expect_power();
    return handles.erase(handle) == 1 ? 0 : EBADF;
  }

  int link(const std::string& from, const std::string& to) override {
    return change([&] {
      const Place source = find(from);
      const auto [folder, name, error] = find_parent(to);
      if (error != 0) return error;
      if (!source) return ENOENT;
      if (present(folder, name)) return EEXIST;
      lead(folder, name, source);
      return 0;
    });
  }

  int unlink(const std::string& path) override {
    return change([&] {
      const auto [folder, name, error] = find_parent(path);
      if (error != 0) return error;
      const Place place = present(folder, name);
      if (!place) return ENOENT;
      if (inodes[*place].kind == FileKind::folder) return EISDIR;
      lead(folder, name, std::nullopt);
      return 0;
    });
  }

  int make_folder(const std::string& path) override {
    return change([&] {
      const auto [folder, name, error] = find_parent(path);
      if (error != 0) return error;
      if (present(folder, name)) return EEXIST;
      lead(folder, name, new_inode(FileKind::folder));
      return 0;
    });
  }

  int sync_folder(const std::string& path) override {
    return sync([&] {
      const Place place = find(path);
      if (!place) return ENOENT;
      if (inodes[*place].kind != FileKind::folder) return ENOTDIR;
      for (auto& [name, history] : inodes[*place].names)
        if (!ignored.contains(kind_of(history))) history = {history.back()};
      return 0;
    });
  }

  int stat(const std::string& path, FileStatus& status) override {
    const std::lock_guard lock(mutex);
    expect_power();
    const Place place = find(path);
    if (!place) return ENOENT;
    const Inode& inode = inodes[*place];
    status = {inode.kind, inode.kind == FileKind::file ? inode.bytes.size() : 0};
    return 0;
  }

  int read(const std::string& path, std::uint64_t offset, std::optional<std::uint64_t> length, Bytes& out) override {
    const std::lock_guard lock(mutex);
    expect_power();
    const Place place = find(path);
    if (!place) return ENOENT;
    const Inode& inode = inodes[*place];
    if (inode.kind != FileKind::file) return EISDIR;
    const ByteView bytes = inode.bytes;
    out = offset >= bytes.size() ? Bytes() : Bytes(bytes.substr(offset, length.value_or(Bytes::npos)));
    return 0;
  }

  int list(const std::string& path, const std::function<void(const std::string& name)>& visit) override {
    std::vector<std::string> names;
    {
      const std::lock_guard lock(mutex);
      expect_power();
      const Place place = find(path);
      if (!place) return ENOENT;
      if (inodes[*place].kind != FileKind::folder) return ENOTDIR;
      for (const auto& [name, history] : inodes[*place].names)
        if (history.back()) names.push_back(name);
    }
    for (const std::string& name : names) visit(name);
    return 0;
  }

  // A disk on which every thing that is not durable is in the state that `pick` picks for it.
  std::unique_ptr<State> resolve(const Pick& pick) const {
    const std::lock_guard lock(mutex);
    auto out = std::make_unique<State>(draw(seed, 0));
    out->inodes = inodes;
    for (Number number = 0; number < inodes.size(); ++number) {
      Inode& inode = out->inodes[number];
      if (inode.kind == FileKind::file) {
        settle_bytes(inode, tears_of(inode, draw(seed, number)), pick);
      } else {
        settle_names(inode, pick);
      }
    }
    return out;
  }

  const std::uint64_t seed;
  mutable std::mutex mutex;
  std::vector<Inode> inodes;  // never shrinks: what no name leads to is merely not found
  std::map<FileHandle, Number> handles;
  FileHandle next_handle = 3;
  std::uint64_t calls = 0;
  std::uint64_t cut_at = k_never;
  bool cut = false;
  std::uint64_t syncs = 0;
  std::uint64_t skipped = k_never;
  std::set<Sync> ignored;
  std::uint64_t room = k_never;

private:
  struct Parent {
    Number folder = 0;
    std::string name;
    int error = 0;
  };

  static void settle_bytes(Inode& file, const std::vector<Tear>& tears, const Pick& pick) {
    const Tear tear = tears[pick(tears.size())];
    file.bytes.resize(tear.size);
    std::fill(file.bytes.begin() + static_cast<std::ptrdiff_t>(tear.zero_from),
              file.bytes.begin() + static_cast<std::ptrdiff_t>(tear.zero_to), '\0');
    file.synced = file.bytes.size();
  }

  static void settle_names(Inode& folder, const Pick& pick) {
    std::map<std::string, History> settled;
    for (const auto& [name, history] : folder.names) {
      const std::vector<Place> places = places_of(history);
      if (const Place place = places[pick(places.size())]) settled[name] = {place};
    }
    folder.names = std::move(settled);
  }

  void expect_power() const {
    if (cut) throw PowerLost();
  }

  // The call at which the power goes is made, but nobody hears its answer.
  template <class Work>
  int change(Work&& work) {
    const std::lock_guard lock(mutex);
    expect_power();
    const int error = work();
    cut = calls++ == cut_at;
    expect_power();
    return error;
  }

  // A sync that is cut off is taken for one that did nothing: what it would have made durable may still be kept.
  template <class Work>
  int sync(Work&& work) {
    const std::lock_guard lock(mutex);
    expect_power();
    cut = calls++ == cut_at;
    expect_power();
    return syncs++ == skipped ? 0 : work();
  }

  Sync kind_of(const History& history) const {
    for (const Place& place : history)
      if (place && inodes[*place].kind == FileKind::folder) return Sync::parent;
    return Sync::folder;
  }

  Number new_inode(FileKind kind) {
    inodes.push_back({.kind = kind, .bytes = {}, .synced = 0, .names = {}});
    return inodes.size() - 1;
  }

  Place present(Number folder, const std::string& name) const {
    const auto found = inodes[folder].names.find(name);
    return found == inodes[folder].names.end() ? std::nullopt : found->second.back();
  }

  void lead(Number folder, const std::string& name, Place place) {
    History& history = inodes[folder].names[name];
    if (history.empty()) history.push_back(std::nullopt);
    history.push_back(place);
  }

  // Absolute paths only, without "." and "..", which is what the local backend makes of its names.
  Place find(const std::string& path) const {
    Number at = 0;
    for (std::size_t from = 1; from < path.size();) {
      const std::size_t to = std::min(path.find('/', from), path.size());
      if (inodes[at].kind != FileKind::folder) return std::nullopt;
      const Place next = present(at, path.substr(from, to - from));
      if (!next) return std::nullopt;
      at = *next;
      from = to + 1;
    }
    return at;
  }

  Parent find_parent(const std::string& path) const {
    const std::size_t slash = path.rfind('/');
    const Place folder = find(path.substr(0, slash));
    if (!folder) return {.folder = 0, .name = {}, .error = ENOENT};
    if (inodes[*folder].kind != FileKind::folder) return {.folder = 0, .name = {}, .error = ENOTDIR};
    return {.folder = *folder, .name = path.substr(slash + 1), .error = 0};
  }
};

PowerCutDisk::PowerCutDisk(std::uint64_t seed) : state_(std::make_unique<State>(seed)) {}
PowerCutDisk::PowerCutDisk(std::unique_ptr<State> state) : state_(std::move(state)) {}
PowerCutDisk::~PowerCutDisk() = default;
PowerCutDisk::PowerCutDisk(PowerCutDisk&&) noexcept = default;
PowerCutDisk& PowerCutDisk::operator=(PowerCutDisk&&) noexcept = default;

storage::FileSystem& PowerCutDisk::file_system() {
  return *state_;
}

void PowerCutDisk::cut_after(std::uint64_t calls) {
  const std::lock_guard lock(state_->mutex);
  state_->cut_at = calls > k_never - state_->calls ? k_never : state_->calls + calls;
}

std::uint64_t PowerCutDisk::calls() const {
  const std::lock_guard lock(state_->mutex);
  return state_->calls;
}

bool PowerCutDisk::is_cut() const {
  const std::lock_guard lock(state_->mutex);
  return state_->cut;
}

void PowerCutDisk::ignore(Sync sync) {
  const std::lock_guard lock(state_->mutex);
  state_->ignored.insert(sync);
}

void PowerCutDisk::skip_sync(std::uint64_t number) {
  const std::lock_guard lock(state_->mutex);
  state_->skipped = number;
}

std::uint64_t PowerCutDisk::syncs() const {
  const std::lock_guard lock(state_->mutex);
  return state_->syncs;
}

void PowerCutDisk::leave_room(std::uint64_t bytes) {
  const std::lock_guard lock(state_->mutex);
  state_->room = bytes;
}

std::uint64_t PowerCutDisk::variants() const {
  std::uint64_t product = 1;
  state_->resolve([&](std::size_t options) {
    product = times(product, options);
    return 0;
  });
  return product;
}

PowerCutDisk PowerCutDisk::survivors(std::uint64_t variant) const {
  const std::uint64_t count = variants();
  if (variant < count && count != k_never) {
    // The number's digits, in a notation whose bases are the numbers of options.
    return PowerCutDisk(state_->resolve([&](std::size_t options) {
      const std::size_t digit = static_cast<std::size_t>(variant % options);
      variant /= options;
      return digit;
    }));
  }
  std::uint64_t things = 0;
  const std::uint64_t seed = draw(state_->seed, variant);
  return PowerCutDisk(
      state_->resolve([&](std::size_t options) { return static_cast<std::size_t>(draw(seed, ++things) % options); }));
}

PowerCutDisk PowerCutDisk::after_kill() const {
  return PowerCutDisk(state_->resolve([](std::size_t options) { return options - 1; }));
}

void PowerCutDisk::for_each_survivor(std::uint64_t most, const std::function<void(PowerCutDisk& disk)>& visit) const {
  const std::uint64_t count = variants();
  const auto show = [&](PowerCutDisk disk) { visit(disk); };
  if (count <= most) {
    for (std::uint64_t variant = 0; variant < count; ++variant) show(survivors(variant));
    return;
  }
  show(PowerCutDisk(state_->resolve([](std::size_t) { return std::size_t{0}; })));
  show(after_kill());
  for (std::uint64_t sample = 2; sample < most; ++sample) show(survivors(k_never - sample));
}

}  // namespace holdfast::test
