// A walk over folders that list one level at a time: the workspace's tree, DBFS.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "platform/databricks/client.h"

namespace holdfast::platform::databricks {

struct TreeWalk {
  Listing folder;  // its query holds {"path", …}, which is filled in
  // From several threads.  True when the element is a folder whose content is wanted.
  std::function<bool(const std::string& path, std::string_view element)> element;
  // A folder below the root that cannot be listed, from several threads; one that is gone meanwhile is not told.
  std::function<void(const std::string& path, const base::Error& error)> unlisted;
};

// Throws Error{cancelled}, what `element` throws, and Refused or Error{unavailable} when the root cannot be listed.
void walk_tree(const Client& client, const TreeWalk& walk, const std::string& root, unsigned parallel,
               std::stop_token stop);

}  // namespace holdfast::platform::databricks
