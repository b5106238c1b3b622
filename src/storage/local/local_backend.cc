#include "storage/local/local_backend.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <set>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "storage/name.h"

namespace holdfast::storage {

namespace {

std::string hint_for(int error, const std::string& folder) {
  switch (error) {
    case ENOSPC:
      return fmt::format("Free some space on the disk that holds {}, then run the command again.", folder);
    case EDQUOT:
      return fmt::format("Raise the disk quota of the user who owns {}, then run the command again.", folder);
    case EACCES:
    case EPERM:
      return fmt::format("Check that this user may read and write {}, and that its file system has hard links.",
                         folder);
    case EROFS:
      return fmt::format("Mount the file system that holds {} for writing.", folder);
    case EMFILE:
    case ENFILE:
      return "Raise the limit on open files (ulimit -n).";
    default:
      return fmt::format("Check the disk that holds {}.", folder);
  }
}

// "a/b/c" → "a/b"; the parent of a name without '/' is the working folder.
std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_absent(int error) noexcept {
  return error == ENOENT || error == ENOTDIR;
}

class LocalBackend : public Backend {
public:
  LocalBackend(std::string folder, FileSystem& files) : root_(std::move(folder)), files_(files) {}

  Properties properties() const override { return {.conditional_create = true, .location = "file://" + root_}; }

  std::optional<ObjectInfo> stat(std::string_view name) override {
    check_name(name);
    FileStatus status;
    const int error = files_.stat(path_of(name), status);
    if (is_absent(error)) return std::nullopt;
    if (error != 0) fail("look at", name, error);
    if (status.kind != FileKind::file) return std::nullopt;
    return ObjectInfo{std::string(name), status.size};
  }

  base::Bytes get(std::string_view name, const Range& range) override {
    check_name(name);
    base::Bytes out;
    const int error = files_.read(path_of(name), range.offset, range.length, out);
    if (is_absent(error) || error == EISDIR)
      throw base::Error(base::ErrorKind::not_found, fmt::format("object {} is not in {}", name, root_));
    if (error != 0) fail("read", name, error);
    return out;
  }

  bool put(std::string_view name, base::ByteView bytes) override {
    check_name(name);
    const std::string path = path_of(name);
    const std::string folder = parent_of(path);
    ensure_folder(folder, name);
    // Writing a second time what is there is common after a crash, and should not cost a file.  The race is decided by
    // link().
    FileStatus status;
    if (files_.stat(path, status) == 0) return refuse_taken(folder, name, status);
    const std::string temporary = write_temporary(folder, name, bytes);
    const int linked = files_.link(temporary, path);
    const int unlinked = files_.unlink(temporary);
    if (linked == EEXIST) {
      status.kind = FileKind::file;  // which it stays when the object was removed again since
      files_.stat(path, status);
      return refuse_taken(folder, name, status);
    }
    if (linked != 0) fail("create", name, linked);
    if (const int error = files_.sync_folder(folder); error != 0) fail("make durable", name, error);
    if (unlinked != 0) fail("remove the temporary file of", name, unlinked);
    return true;
  }

  bool remove(std::string_view name) override {
    check_name(name);
    const std::string path = path_of(name);
    const int error = files_.unlink(path);
    if (is_absent(error) || error == EISDIR) return false;
    if (error != 0) fail("remove", name, error);
    if (const int synced = files_.sync_folder(parent_of(path)); synced != 0) fail("remove", name, synced);
    return true;
  }

  void list(std::string_view prefix, const std::function<void(const ObjectInfo&)>& visit) override {
    check_prefix(prefix);
    // Only the deepest folder that the prefix names is walked, not the whole repository.
    const std::size_t slash = prefix.rfind('/');
    list_folder(slash == std::string_view::npos ? std::string() : std::string(prefix.substr(0, slash)), prefix, visit);
  }

private:
  std::string path_of(std::string_view name) const { return fmt::format("{}/{}", root_, name); }

  [[noreturn]] void fail(std::string_view verb, std::string_view name, int error) const {
    throw base::Error(base::ErrorKind::io,
                      fmt::format("cannot {} {} in {}: {}", verb, name, root_, std::generic_category().message(error)),
                      hint_for(error, root_));
  }

  // The name is taken.  By an object: that is the answer false, on which a caller acts, so the object is made as
  // durable as one of our own first.  By a folder: objects below it were named before.
  bool refuse_taken(const std::string& folder, std::string_view name, const FileStatus& status) {
    if (status.kind != FileKind::file) fail("create", name, EISDIR);
    if (const int error = files_.sync_folder(folder); error != 0) fail("make durable", name, error);
    return false;
  }

  // '~' is no character of a name, so that a temporary file can neither be listed nor hit.  The number of the process
  // keeps writers on one machine apart; those on another machine meet O_EXCL and count on.
  std::string temporary_name(const std::string& folder) {
    return fmt::format("{}/~{}-{}", folder, static_cast<long>(::getpid()), ++temporaries_);
  }

  std::string write_temporary(const std::string& folder, std::string_view name, base::ByteView bytes) {
    std::string path = temporary_name(folder);
    FileHandle handle = -1;
    int error = files_.create(path, handle);
    while (error == EEXIST) {
      path = temporary_name(folder);
      error = files_.create(path, handle);
    }
    if (error != 0) fail("create", name, error);
    error = files_.write(handle, bytes);
    // The bytes first, the name afterwards: a name that survives a power cut must not lead to bytes that did not.
    if (error == 0) error = files_.sync_file(handle);
    const int closed = files_.close(handle);
    if (error == 0) error = closed;
    if (error == 0) return path;
    files_.unlink(path);
    fail("write", name, error);
  }

  // On return the folder is there, and its name and those of its parents are durable.  That a folder exists says
  // nothing: another process may have made it and not have synced it yet.  So every folder is synced into its parent
  // once.
  void ensure_folder(const std::string& folder, std::string_view name) {
    {
      const std::lock_guard lock(mutex_);
      if (durable_folders_.contains(folder)) return;
    }
    if (folder == root_) {
      ensure_root(name);
    } else {
      ensure_folder(parent_of(folder), name);
      const int error = files_.make_folder(folder);
      if (error != 0 && error != EEXIST) fail("make the folder of", name, error);
      if (const int synced = files_.sync_folder(parent_of(folder)); synced != 0)
        fail("make the folder of", name, synced);
    }
    const std::lock_guard lock(mutex_);
    durable_folders_.insert(folder);
  }

  // The folders above the repository are the machine's: only those that are missing are made and synced.
  void ensure_root(std::string_view name) {
    std::vector<std::string> missing;
    FileStatus status;
    std::string folder = root_;
    while (files_.stat(folder, status) == ENOENT && parent_of(folder) != folder) {
      missing.push_back(folder);
      folder = parent_of(folder);
    }
    if (missing.empty()) return sync_existing_root(name);
    for (; !missing.empty(); missing.pop_back()) {
      const int error = files_.make_folder(missing.back());
      if (error != 0 && error != EEXIST) fail("make the folder of", name, error);
      if (const int synced = files_.sync_folder(parent_of(missing.back())); synced != 0)
        fail("make the folder of", name, synced);
    }
  }

  // Another process may have made it a moment ago.  The folder above may be closed to us: then an administrator made
  // it.
  void sync_existing_root(std::string_view name) {
    const int error = files_.sync_folder(parent_of(root_));
    if (error != 0 && error != EACCES && error != EPERM && error != EROFS) fail("make the folder of", name, error);
  }

  // `inside` is relative to the root, empty for the root itself.
  void list_folder(const std::string& inside, std::string_view prefix,
                   const std::function<void(const ObjectInfo&)>& visit) {
    const int error = files_.list(inside.empty() ? root_ : path_of(inside), [&](const std::string& entry) {
      const std::string name = inside.empty() ? entry : inside + '/' + entry;
      if (is_name(name)) list_entry(name, prefix, visit);
    });
    if (error != 0 && !is_absent(error)) fail("list", inside.empty() ? "the objects" : inside, error);
  }

  void list_entry(const std::string& name, std::string_view prefix,
                  const std::function<void(const ObjectInfo&)>& visit) {
    const bool inside = name.starts_with(prefix);
    // A folder whose name is shorter than the prefix may still lead to it.
    if (!inside && !prefix.starts_with(name + '/')) return;
    FileStatus status;
    const int error = files_.stat(path_of(name), status);
    if (is_absent(error)) return;  // removed since the folder was read
    if (error != 0) fail("look at", name, error);
    if (status.kind == FileKind::folder) list_folder(name, prefix, visit);
    if (status.kind == FileKind::file && inside) visit({name, status.size});
  }

  const std::string root_;
  FileSystem& files_;
  std::atomic<std::uint64_t> temporaries_{0};
  std::mutex mutex_;
  std::set<std::string> durable_folders_;  // guarded by mutex_
};

}  // namespace

std::unique_ptr<Backend> open_local_backend(const std::string& folder, FileSystem& file_system) {
  std::string root = std::filesystem::path(folder).lexically_normal().string();
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  if (root.empty()) throw base::Error(base::ErrorKind::usage, "a repository's folder has no name");
  return std::make_unique<LocalBackend>(std::move(root), file_system);
}

std::unique_ptr<Backend> open_local_backend(const std::string& folder) {
  // Made absolute now: a later change of the working folder must not move the repository.
  return open_local_backend(std::filesystem::absolute(folder).string(), real_file_system());
}

}  // namespace holdfast::storage
