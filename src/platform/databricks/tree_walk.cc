#include "platform/databricks/tree_walk.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "base/task_group.h"
#include "model/json_text.h"
#include "platform/databricks/placeholders.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;

// Folders that are still to be listed.  The last one found is listed first: a depth-first walk keeps the list short.
class Folders {
public:
  explicit Folders(std::string root) : waiting_{std::move(root)} {}

  void add(std::string path) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(path));
    changed_.notify_one();
  }
  // False at the end: nothing waits, and nobody is listing a folder that could hold more.
  bool take(std::string& path, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return !waiting_.empty() || under_way_ == 0; });
    if (waiting_.empty() || stop.stop_requested()) return false;
    path = std::move(waiting_.back());
    waiting_.pop_back();
    ++under_way_;
    return true;
  }
  void done() {
    const std::lock_guard lock(mutex_);
    --under_way_;
    changed_.notify_all();
  }

private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::string> waiting_;
  std::size_t under_way_ = 0;
};

class Walker {
public:
  Walker(const Client& client, const TreeWalk& walk, const std::string& root, Folders& folders)
      : client_(client), walk_(walk), root_(root), folders_(folders) {}

  void run(const std::stop_token& stop) {
    std::string path;
    while (folders_.take(path, stop)) {
      const Done done{folders_};
      try {
        list(path, stop);
      } catch (const Error& error) {
        // Without the root nothing is known.
        if (path == root_ || breaks_off(error) || stop.stop_requested()) throw;
        const auto* refused = dynamic_cast<const Refused*>(&error);
        if (refused != nullptr && refused->status() == net::Status::not_found) continue;
        walk_.unlisted(path, error);
      }
    }
  }

private:
  struct Done {
    Folders& folders;
    ~Done() { folders.done(); }
  };

  void list(const std::string& path, const std::stop_token& stop) {
    Listing listing = walk_.folder;
    listing.ask.query.emplace_back("path", path);
    client_.list(
        listing,
        [&](std::string_view element) {
          const std::string child = scalar_at(model::JsonText(std::string(element)), "path");
          // A child that is not below its folder would lead round in circles.
          if (child.size() <= path.size() || !child.starts_with(path)) return;
          if (walk_.element(child, element)) folders_.add(child);
        },
        stop);
  }

  const Client& client_;
  const TreeWalk& walk_;
  const std::string& root_;
  Folders& folders_;
};

}  // namespace

void walk_tree(const Client& client, const TreeWalk& walk, const std::string& root, unsigned parallel,
               std::stop_token stop) {
  Folders folders(root);
  Walker walker(client, walk, root, folders);
  base::TaskGroup group(stop);
  for (unsigned i = 0; i < parallel; ++i) group.spawn([&walker](std::stop_token own) { walker.run(own); });
  group.wait();
  if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "listing was stopped");
}

}  // namespace holdfast::platform::databricks
