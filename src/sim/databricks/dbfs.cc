#include "sim/databricks/dbfs.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "model/base64.h"
#include "sim/databricks/api_error.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::int64_t k_default_read = 512 * 1024;
constexpr std::int64_t k_largest_block = 1024 * 1024;
constexpr std::int64_t k_handle_lifetime_ms = 10 * 60 * 1000;

using File = Dbfs::File;

std::string normal(std::string path) {
  if (path.starts_with("dbfs:")) path.erase(0, 5);
  if (!path.starts_with('/') || path.find("//") != std::string::npos) {
    throw invalid(fmt::format("Path must be absolute: {}", path));
  }
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string path_in(const Call& call, std::string_view field = "path") {
  return normal(required_string(call.body(), field));
}

// nullptr when it is not there; the root is always there.
const File* find(World& world, const std::string& path) {
  static const File k_root{true, "", 0};
  if (path == "/") return &k_root;
  const auto& files = world.part<Dbfs>().files;
  const auto found = files.find(path);
  return found == files.end() ? nullptr : &found->second;
}

const File& required(World& world, const std::string& path) {
  const auto* file = find(world, path);
  if (file == nullptr) throw missing(fmt::format("No file or directory exists on path {}.", path));
  return *file;
}

Json info(const std::string& path, const File& file) {
  return {{"path", path},
          {"is_dir", file.directory},
          {"file_size", file.content.size()},
          {"modification_time", file.modified_ms}};
}

void make_folders(World& world, const std::string& path) {
  auto& files = world.part<Dbfs>().files;
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const auto folder = path.substr(0, slash);
    if (folder != "/") {
      const auto [place, is_new] = files.emplace(folder, File{true, "", world.now_ms()});
      if (!place->second.directory) throw exists(fmt::format("A file exists on path {}.", folder));
    }
    if (slash == std::string::npos) return;
  }
}

void check_free(World& world, const std::string& path, bool overwrite) {
  const auto* there = find(world, path);
  if (there == nullptr) return;
  if (there->directory) throw ApiError(400, "IO_ERROR", fmt::format("{} is a directory.", path));
  if (!overwrite) throw exists(fmt::format("A file or directory already exists at the input path {}.", path));
}

void store(World& world, const std::string& path, std::string content) {
  const auto slash = path.rfind('/');
  if (slash > 0) make_folders(world, path.substr(0, slash));
  world.part<Dbfs>().files[path] = {false, std::move(content), world.now_ms()};
}

std::string decoded(const std::string& text) {
  try {
    return model::base64_decode(text);
  } catch (const base::Error&) {
    throw invalid("The data is not valid base64.");
  }
}

// The first entry below `folder`, and where those end.
auto below(std::map<std::string, File>& files, const std::string& folder) {
  const auto prefix = folder == "/" ? folder : folder + "/";
  auto end_key = prefix;
  ++end_key.back();
  return std::pair(files.lower_bound(prefix), files.lower_bound(end_key));
}

Reply list(Call& call) {
  const auto path = normal(call.required_query("path"));
  const auto& folder = required(call.world(), path);
  Json out = Json::array();
  if (!folder.directory) {
    out.push_back(info(path, folder));
  } else {
    const auto depth = path == "/" ? 1 : path.size() + 1;
    const auto [first, last] = below(call.world().part<Dbfs>().files, path);
    for (auto each = first; each != last; ++each) {
      if (each->first.find('/', depth) == std::string::npos) out.push_back(info(each->first, each->second));
    }
  }
  return reply(out.empty() ? Json::object() : Json{{"files", std::move(out)}});
}

Reply get_status(Call& call) {
  const auto path = normal(call.required_query("path"));
  return reply(info(path, required(call.world(), path)));
}

Reply read(Call& call) {
  const auto path = normal(call.required_query("path"));
  const auto& file = required(call.world(), path);
  if (file.directory) throw invalid(fmt::format("Cannot read a directory: {}", path));
  const auto offset = call.query_integer("offset").value_or(0);
  const auto length = call.query_integer("length").value_or(k_default_read);
  if (length > k_largest_block) {
    throw ApiError(400, "MAX_READ_SIZE_EXCEEDED", fmt::format("At most {} bytes are read at once.", k_largest_block));
  }
  if (offset < 0 || length < 0) throw invalid("offset and length must not be negative");
  if (offset > static_cast<std::int64_t>(file.content.size())) throw invalid("offset is behind the end of the file");
  const auto data = file.content.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
  return reply({{"bytes_read", data.size()}, {"data", model::base64_encode(data)}});
}

Reply create(Call& call) {
  auto& world = call.world();
  Dbfs::Handle handle;
  handle.path = path_in(call);
  handle.overwrite = optional_flag(call.body(), "overwrite");
  handle.touched_ms = world.now_ms();
  check_free(world, handle.path, handle.overwrite);
  const auto id = world.new_id();
  world.part<Dbfs>().handles[id] = std::move(handle);
  return reply({{"handle", id}});
}

Dbfs::Handle& handle_in(const Call& call) {
  auto& world = call.world();
  auto& handles = world.part<Dbfs>().handles;
  const auto id = required_integer(call.body(), "handle");
  const auto found = handles.find(id);
  const bool expired = found != handles.end() && world.now_ms() - found->second.touched_ms > k_handle_lifetime_ms;
  if (expired) handles.erase(found);
  if (expired || found == handles.end()) throw missing(fmt::format("No stream handle exists with id {}.", id));
  found->second.touched_ms = world.now_ms();
  return found->second;
}

Reply add_block(Call& call) {
  auto& handle = handle_in(call);
  const auto data = decoded(required_string(call.body(), "data"));
  if (static_cast<std::int64_t>(data.size()) > k_largest_block) {
    throw ApiError(400, "MAX_BLOCK_SIZE_EXCEEDED", fmt::format("A block has at most {} bytes.", k_largest_block));
  }
  handle.content += data;
  return reply(Json::object());
}

Reply close(Call& call) {
  auto handle = std::move(handle_in(call));
  call.world().part<Dbfs>().handles.erase(required_integer(call.body(), "handle"));
  check_free(call.world(), handle.path, handle.overwrite);
  store(call.world(), handle.path, std::move(handle.content));
  return reply(Json::object());
}

Reply put(Call& call) {
  const auto* type = call.request().header("content-type");
  const auto form = type == nullptr ? std::nullopt : parse_form(*type, call.request().body);
  std::string path;
  std::string content;
  bool overwrite = false;
  if (form) {  // a form may be of any size
    for (const auto& part : *form) {
      if (part.name == "path") path = normal(part.content);
      // The field is called contents; the old command line calls the file "file".
      if (part.name == "contents" || part.file_name) content = part.content;
      if (part.name == "overwrite") overwrite = part.content == "true";
    }
    if (path.empty()) throw invalid("Missing required field: path");
  } else {
    path = path_in(call);
    content = decoded(optional_string(call.body(), "contents").value_or(""));
    overwrite = optional_flag(call.body(), "overwrite");
    if (static_cast<std::int64_t>(content.size()) > k_largest_block) {
      throw ApiError(400, "MAX_BLOCK_SIZE_EXCEEDED", fmt::format("At most {} bytes are put at once.", k_largest_block));
    }
  }
  check_free(call.world(), path, overwrite);
  store(call.world(), path, std::move(content));
  return reply(Json::object());
}

Reply mkdirs(Call& call) {
  make_folders(call.world(), path_in(call));
  return reply(Json::object());
}

Reply move(Call& call) {
  auto& files = call.world().part<Dbfs>().files;
  const auto from = path_in(call, "source_path");
  const auto to = path_in(call, "destination_path");
  required(call.world(), from);
  if (find(call.world(), to) != nullptr) throw exists(fmt::format("Destination path {} exists already.", to));
  if (from == "/" || to.starts_with(from + "/")) throw invalid("A directory cannot be moved into itself.");
  const auto slash = to.rfind('/');
  if (slash > 0) make_folders(call.world(), to.substr(0, slash));
  std::vector<std::string> moved = {from};
  const auto [first, last] = below(files, from);
  for (auto each = first; each != last; ++each) moved.push_back(each->first);
  for (const auto& path : moved) {
    auto node = files.extract(path);
    node.key() = to + path.substr(from.size());
    files.insert(std::move(node));
  }
  return reply(Json::object());
}

Reply remove(Call& call) {
  auto& state = call.world().part<Dbfs>();
  const auto path = path_in(call);
  required(call.world(), path);
  if (path == "/") throw invalid("The root cannot be deleted.");
  auto [first, last] = below(state.files, path);
  if (first != last && !optional_flag(call.body(), "recursive")) {
    throw ApiError(400, "IO_ERROR", fmt::format("The directory {} is not empty.", path));
  }
  std::size_t deleted = 0;
  while (first != last) {
    if (deleted++ == state.most_deleted_at_once) {
      throw ApiError(503, "PARTIAL_DELETE",
                     fmt::format("The requested operation has deleted {} files. There are more files remaining. "
                                 "You must make another request to delete more.",
                                 state.most_deleted_at_once));
    }
    first = state.files.erase(first);
  }
  state.files.erase(path);
  return reply(Json::object());
}

}  // namespace

void add_dbfs_routes(Router& router) {
  const auto row = [&](std::string_view method, const std::string& name, Handler handler, std::string_view doc) {
    router.add({method, "/api/2.0/dbfs/" + name, std::move(handler), family::k_dbfs, doc});
  };
  row("GET", "list", list, "what is in a folder, all of it");
  row("GET", "get-status", get_status, "what is at a path");
  row("GET", "read", read, "up to 1 MB of a file");
  row("POST", "create", create, "opens a file to be written in blocks");
  row("POST", "add-block", add_block, "up to 1 MB more of it");
  row("POST", "close", close, "ends it");
  row("POST", "put", put, "a small file at once");
  row("POST", "mkdirs", mkdirs, "makes folders, parents too");
  row("POST", "move", move, "gives another path");
  row("POST", "delete", remove, "takes away what is at a path");
}

}  // namespace holdfast::sim::databricks
