#include "storage/local/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <vector>

#include "base/descriptor.h"

namespace holdfast::storage {

namespace {

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

int answer(int result) noexcept {
  return result == 0 ? 0 : errno;
}

FileStatus to_status(const struct stat& from) noexcept {
  if (S_ISREG(from.st_mode)) return {FileKind::file, static_cast<std::uint64_t>(from.st_size)};
  return {S_ISDIR(from.st_mode) ? FileKind::folder : FileKind::other, 0};
}

// Fills `out` from `offset` on, and cuts it where the file ends.
int read_at(int file, std::uint64_t offset, base::Bytes& out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(file, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  out.resize(done);
  return 0;
}

class RealFileSystem : public FileSystem {
public:
  int create(const std::string& path, FileHandle& handle) override {
    handle = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    return handle >= 0 ? 0 : errno;
  }

  int write(FileHandle handle, base::ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(handle, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return errno;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
  }

  int sync_file(FileHandle handle) override { return answer(::fsync(handle)); }
  int close(FileHandle handle) override { return answer(::close(handle)); }
  int link(const std::string& from, const std::string& to) override { return answer(::link(from.c_str(), to.c_str())); }
  int unlink(const std::string& path) override { return answer(::unlink(path.c_str())); }
  int make_folder(const std::string& path) override { return answer(::mkdir(path.c_str(), 0700)); }

  int sync_folder(const std::string& path) override {
    const base::Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0) return errno;
    return answer(::fsync(folder.get()));
  }

  int stat(const std::string& path, FileStatus& status) override {
    struct stat found;
    if (::stat(path.c_str(), &found) != 0) return errno;
    status = to_status(found);
    return 0;
  }

  int read(const std::string& path, std::uint64_t offset, std::optional<std::uint64_t> length,
           base::Bytes& out) override {
    // Not blocking: a pipe that somebody put there would hold the caller for ever.
    const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) return errno;
    struct stat found;
    if (::fstat(file.get(), &found) != 0) return errno;
    const FileStatus status = to_status(found);
    if (status.kind != FileKind::file) return EISDIR;
    // What is allocated is bounded by the file, not by what the caller asks for.
    const std::uint64_t rest = offset < status.size ? status.size - offset : 0;
    out.assign(static_cast<std::size_t>(std::min(rest, length.value_or(rest))), '\0');
    return read_at(file.get(), offset, out);
  }

  int list(const std::string& path, const std::function<void(const std::string& name)>& visit) override {
    std::vector<std::string> names;
    if (const int error = read_names(path, names); error != 0) return error;
    for (const std::string& name : names) visit(name);
    return 0;
  }

private:
  static int read_names(const std::string& path, std::vector<std::string>& names) {
    const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
    if (!folder) return errno;
    for (;;) {
      errno = 0;
      const dirent* const entry = ::readdir(folder.get());
      if (entry == nullptr) return errno;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
  }
};

}  // namespace

FileSystem& real_file_system() {
  static RealFileSystem file_system;
  return file_system;
}

}  // namespace holdfast::storage
