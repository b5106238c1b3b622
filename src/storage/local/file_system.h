// The system calls of the local backend, and no others: the seam at which tests put a disk that loses power.
// Every call returns 0 or an errno; none throws for a disk's reasons.  Implementations are thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace holdfast::storage {

enum class FileKind { file, folder, other };

struct FileStatus {
  FileKind kind = FileKind::other;
  std::uint64_t size = 0;  // bytes; of files only
};

using FileHandle = int;

class FileSystem {
public:
  virtual ~FileSystem() = default;

  // A new empty file for writing, mode 0600.  EEXIST when the path is taken.
  virtual int create(const std::string& path, FileHandle& handle) = 0;
  // Appends all of `bytes`, or fails having appended some of them.
  virtual int write(FileHandle handle, base::ByteView bytes) = 0;
  virtual int sync_file(FileHandle handle) = 0;
  virtual int close(FileHandle handle) = 0;
  // Gives the file a second name.  EEXIST when that is taken: the one call that decides a race.
  virtual int link(const std::string& from, const std::string& to) = 0;
  virtual int unlink(const std::string& path) = 0;
  virtual int make_folder(const std::string& path) = 0;  // mode 0700; EEXIST when the path is taken
  // Makes the names in the folder durable; says nothing about the name of the folder itself.
  virtual int sync_folder(const std::string& path) = 0;
  virtual int stat(const std::string& path, FileStatus& status) = 0;
  // Fewer bytes at the end of the file; all that follow `offset` without a `length`.
  virtual int read(const std::string& path, std::uint64_t offset, std::optional<std::uint64_t> length,
                   base::Bytes& out) = 0;
  // Every entry but "." and "..", in no order; the visitor may call the file system.
  virtual int list(const std::string& path, const std::function<void(const std::string& name)>& visit) = 0;
};

// The machine's own.
FileSystem& real_file_system();

}  // namespace holdfast::storage
