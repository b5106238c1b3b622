// A lock between processes of one machine: the kernel lets it go when its holder ends, however that ends.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace holdfast::base {

class FileLock {
public:
  enum class Mode { shared, exclusive };
  // Does not wait; nullopt where somebody else holds it.  The file is made where it is not there, and stays.  Throws
  // Error{io} naming it.  Held twice in one process, it excludes itself.
  static std::optional<FileLock> try_lock(const std::string& path, Mode mode);
  // Who took it last, as the file says; 0: that is not known.
  static pid_t holder(const std::string& path);

  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  FileLock(const FileLock&) = delete;

private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace holdfast::base
