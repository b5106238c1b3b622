// A disk that loses power.  It stands underneath the local backend, in place of the machine's file system, and
// remembers what was made durable.  When the power goes, everything else is dropped, kept or torn, each thing for
// itself:
//   - the bytes of a file that were not fsynced: none of them, all, some from the start, or with pages of zeros among
//   them;
//   - a name that was made or removed in a folder since that folder was fsynced: any of the states it had since, on its
//   own,
//     in any combination with every other, whatever the order in which they were made.
// This is less than ext4 promises and what POSIX allows.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "storage/local/file_system.h"

namespace holdfast::test {

// Thrown by every call of a disk without power.  Not a base::Error and not a std::exception on purpose: no code under
// test may handle the end of the world.
struct PowerLost {};

// The syncs of the local backend by what they make durable: the bytes of a file, the name of a file, the name of a
// folder.
enum class Sync { file, folder, parent };

class PowerCutDisk {
public:
  // An empty disk with one folder, "/disk".  The seed draws what is sampled.
  explicit PowerCutDisk(std::uint64_t seed = 0);
  ~PowerCutDisk();
  PowerCutDisk(PowerCutDisk&&) noexcept;
  PowerCutDisk& operator=(PowerCutDisk&&) noexcept;

  // Where a backend is opened: open_local_backend(PowerCutDisk::folder(), disk.file_system()).
  static std::string folder() { return "/disk/repository"; }
  // Thread-safe; lives as long as the disk, also when that is moved.
  storage::FileSystem& file_system();

  // Lets `calls` more changing calls through; in the middle of the next one the power goes: it took effect, or not, or
  // by half, like all else that is not durable.  It and every later call throw PowerLost.
  void cut_after(std::uint64_t calls);
  // Changing calls so far: create, write, both syncs, link, unlink, make_folder.
  std::uint64_t calls() const;
  bool is_cut() const;

  // Syncs of this kind do nothing from now on, and say that they did: the same as if the code had forgotten them.
  void ignore(Sync sync);
  // The number-th sync call of the disk's life, of whatever kind, does nothing.
  void skip_sync(std::uint64_t number);
  std::uint64_t syncs() const;  // sync calls so far
  // From now on there is room for so many more bytes; then a write writes what fits and fails with ENOSPC.
  void leave_room(std::uint64_t bytes);

  // How many different disks may be found if the power goes (or went) now.  UINT64_MAX = that many or more.
  std::uint64_t variants() const;
  // One of them, with power again.  0 is the one that lost all that it could, variants() - 1 the one that lost nothing;
  // the numbers between enumerate the rest, those from variants() on are drawn by the seed.
  PowerCutDisk survivors(std::uint64_t variant) const;
  // The disk as another process finds it when this one is killed: nothing is lost.
  PowerCutDisk after_kill() const;
  // Visits every survivor when there are at most `most`; else the two extremes and `most` - 2 drawn ones.
  void for_each_survivor(std::uint64_t most, const std::function<void(PowerCutDisk& disk)>& visit) const;

private:
  struct State;
  explicit PowerCutDisk(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace holdfast::test
