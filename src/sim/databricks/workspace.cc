#include "sim/databricks/workspace.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "sim/databricks/api_error.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/permissions.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::string_view k_alias = "/Workspace";

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  path.remove_prefix(1);
  while (!path.empty()) {
    const auto end = path.find('/');
    parts.emplace_back(path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  return parts;
}

std::string_view type_text(NodeKind kind) {
  switch (kind) {
    case NodeKind::directory:
      return "DIRECTORY";
    case NodeKind::notebook:
      return "NOTEBOOK";
    case NodeKind::file:
      return "FILE";
    case NodeKind::repo:
      return "REPO";
    case NodeKind::library:
      return "LIBRARY";
    case NodeKind::dashboard:
      return "DASHBOARD";
    case NodeKind::experiment:
      return "MLFLOW_EXPERIMENT";
  }
  return "";
}

bool holds_others(const Node& node) {
  return node.kind == NodeKind::directory || node.kind == NodeKind::repo;
}

Json object_info(const Node& node) {
  Json out = {{"object_type", type_text(node.kind)},
              {"path", path_of(node)},
              {"object_id", node.id},
              {"resource_id", node.resource_id.empty() ? std::to_string(node.id) : node.resource_id}};
  if (node.kind == NodeKind::notebook) out["language"] = node.language;
  if (node.kind == NodeKind::file) out["size"] = node.content.size();
  if (node.parent != nullptr && node.kind != NodeKind::directory) {
    out["created_at"] = node.created_ms;
    out["modified_at"] = node.modified_ms;
  }
  return out;
}

// Nobody makes a home by hand: it comes with its user.
void check_creatable(World& world, const Node& folder, const std::string& name) {
  if (folder.is_protected && folder.name == "Users" && find_user(world, name) == nullptr) {
    throw ApiError(400, "DIRECTORY_PROTECTED", "Folder Users is protected");
  }
}

void add_home(World& world, const Identity& user) {
  auto* users = find_node(world, "/Users");
  if (users->children.contains(user.name)) return;
  auto& home = add_node(world, *users, NodeKind::directory, user.name);
  home.is_protected = true;
  grant_implicitly(world, "directories", std::to_string(home.id), user.name, "CAN_MANAGE");
}

void forget(World& world, Node& node) {
  auto& folders = world.part<Folders>();
  for (auto& [name, child] : node.children) forget(world, *child);
  for (const auto& tell : folders.on_delete) tell(world, node);
  const auto type = permission_type_of(node.kind);
  if (!type.empty()) forget_permissions(world, type, std::to_string(node.id));
  folders.by_id.erase(node.id);
}

void declare_types(World& world) {
  const auto declare = [&](std::string_view url_type, std::string_view reply_type, NodeKind kind) {
    PermissionType type;
    type.url_type = url_type;
    type.reply_type = reply_type;
    type.levels = {"CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"};
    const auto node_of = [](World& in, const std::string& id) -> const Node* {
      if (id.empty() || id.size() > 18 || id.find_first_not_of("0123456789") != std::string::npos) return nullptr;
      const auto& by_id = in.part<Folders>().by_id;
      const auto found = by_id.find(std::stoll(id));
      return found == by_id.end() ? nullptr : found->second;
    };
    type.exists = [kind, node_of](World& in, const std::string& id) {
      const auto* node = node_of(in, id);
      return node != nullptr && node->kind == kind;
    };
    type.parent = [node_of](World& in, const std::string& id) -> std::pair<std::string, std::string> {
      const auto* node = node_of(in, id);
      if (node == nullptr || node->parent == nullptr) return {};
      return {std::string(permission_type_of(node->parent->kind)), std::to_string(node->parent->id)};
    };
    type.fixed = [node_of](World& in, const std::string& id) {
      const auto* node = node_of(in, id);
      return node != nullptr && node->is_protected && node->name == "Shared";
    };
    declare_permission_type(world, std::move(type));
  };
  declare("directories", "directory", NodeKind::directory);
  declare("notebooks", "notebook", NodeKind::notebook);
  declare("files", "file", NodeKind::file);
  declare("repos", "repo", NodeKind::repo);
}

// What has no list of its own goes by the folder's.  The folders that everybody has at the top are nobody's.
bool shows(const Call& call, const Node& node) {
  if (node.is_protected && node.parent != nullptr && node.parent->parent == nullptr) return true;
  const auto type = permission_type_of(node.kind);
  if (type.empty()) return node.parent == nullptr || shows(call, *node.parent);
  return is_listed(call, type, std::to_string(node.id));
}

Reply list(Call& call) {
  const auto& node = required_node(call.world(), call.required_query("path"));
  const auto modified_after = call.query_integer("notebooks_modified_after");
  Json objects = Json::array();
  const auto take = [&](const Node& each) {
    if (modified_after && each.kind == NodeKind::notebook && each.modified_ms <= *modified_after) return;
    if (!shows(call, each)) return;
    objects.push_back(object_info(each));
  };
  if (holds_others(node)) {
    for (const auto& [name, child] : node.children) take(*child);
  } else {
    take(node);
  }
  // An empty folder is an empty answer, without the list.
  return reply(objects.empty() ? Json::object() : Json{{"objects", std::move(objects)}});
}

Reply get_status(Call& call) {
  const auto& node = required_node(call.world(), call.required_query("path"));
  auto out = object_info(node);
  if (call.query_flag("return_export_info") && node.kind == NodeKind::notebook) {
    out["repos_export_format"] = node.jupyter ? "JUPYTER" : "SOURCE";
  }
  return reply(out);
}

Reply mkdirs(Call& call) {
  make_folders(call.world(), required_string(call.body(), "path"));
  return reply(Json::object());
}

Reply remove(Call& call) {
  auto& node = required_node(call.world(), required_string(call.body(), "path"));
  if (node.is_protected) {
    throw ApiError(400, "DIRECTORY_PROTECTED", fmt::format("Folder {} is protected", node.name));
  }
  if (!node.children.empty() && !optional_flag(call.body(), "recursive")) {
    throw ApiError(400, "DIRECTORY_NOT_EMPTY", fmt::format("Folder ({}) is not empty", path_of(node)));
  }
  remove_node(call.world(), node);
  return reply(Json::object());
}

}  // namespace

std::string_view permission_type_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::directory:
      return "directories";
    case NodeKind::notebook:
      return "notebooks";
    case NodeKind::file:
      return "files";
    case NodeKind::repo:
      return "repos";
    default:
      return "";
  }
}

std::string normal_path(std::string_view path) {
  if (path == k_alias) return "/";
  if (path.starts_with(k_alias) && path.substr(k_alias.size()).starts_with('/')) path.remove_prefix(k_alias.size());
  if (!path.starts_with('/') || path.find("//") != std::string_view::npos) {
    throw invalid(fmt::format("Path ({}) is not an absolute path.", path));
  }
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

std::string path_of(const Node& node) {
  if (node.parent == nullptr) return "/";
  std::vector<const Node*> way;
  for (const auto* each = &node; each->parent != nullptr; each = each->parent) way.push_back(each);
  std::string path;
  for (auto each = way.rbegin(); each != way.rend(); ++each) path += "/" + (*each)->name;
  return path;
}

Node* find_node(World& world, std::string_view path) {
  Node* node = world.part<Folders>().root.get();
  for (const auto& name : split(normal_path(path))) {
    const auto found = node->children.find(name);
    if (found == node->children.end()) return nullptr;
    node = found->second.get();
  }
  return node;
}

Node& required_node(World& world, std::string_view path) {
  auto* node = find_node(world, path);
  if (node == nullptr) throw missing(fmt::format("Path ({}) doesn't exist.", path));
  return *node;
}

std::pair<Node*, std::string> parent_and_name(World& world, std::string_view path) {
  const auto whole = normal_path(path);
  if (whole == "/") throw invalid("The root cannot be replaced.");
  const auto slash = whole.rfind('/');
  const auto folder = slash == 0 ? std::string("/") : whole.substr(0, slash);
  auto* parent = find_node(world, folder);
  if (parent == nullptr || !holds_others(*parent)) {
    throw missing(fmt::format("The parent folder ({}) does not exist.", folder));
  }
  return {parent, whole.substr(slash + 1)};
}

Node& add_node(World& world, Node& folder, NodeKind kind, const std::string& name) {
  auto node = std::make_unique<Node>();
  node->id = world.new_id();
  node->kind = kind;
  node->name = name;
  node->parent = &folder;
  node->created_ms = node->modified_ms = world.now_ms();
  auto& kept = *node;
  world.part<Folders>().by_id[kept.id] = &kept;
  folder.children[name] = std::move(node);
  return kept;
}

Node& make_folders(World& world, std::string_view path) {
  Node* node = world.part<Folders>().root.get();
  for (const auto& name : split(normal_path(path))) {
    const auto found = node->children.find(name);
    if (found == node->children.end()) {
      check_creatable(world, *node, name);
      node = &add_node(world, *node, NodeKind::directory, name);
      continue;
    }
    node = found->second.get();
    if (!holds_others(*node)) throw exists(fmt::format("Path ({}) already exists and is no folder.", path_of(*node)));
  }
  return *node;
}

void remove_node(World& world, Node& node) {
  forget(world, node);
  const auto name = node.name;
  node.parent->children.erase(name);
}

void found_folders(World& world) {
  auto& folders = world.part<Folders>();
  folders.root = std::make_unique<Node>();
  folders.root->is_protected = true;
  folders.by_id[0] = folders.root.get();
  declare_types(world);
  for (const auto* name : {"Users", "Shared", "Repos"}) {
    add_node(world, *folders.root, NodeKind::directory, name).is_protected = true;
  }
  const auto shared = std::to_string(find_node(world, "/Shared")->id);
  grant_implicitly(world, "directories", shared, "users", "CAN_MANAGE");
  world.part<Identities>().on_new_user.push_back(add_home);
}

void add_workspace_routes(Router& router) {
  router.add({"GET", "/api/2.0/workspace/list", list, {}, "what is in a folder, all of it"});
  router.add({"GET", "/api/2.0/workspace/get-status", get_status, {}, "what is at a path"});
  router.add({"POST", "/api/2.0/workspace/mkdirs", mkdirs, {}, "makes folders, parents too"});
  router.add({"POST", "/api/2.0/workspace/delete", remove, {}, "takes away what is at a path"});
}

}  // namespace holdfast::sim::databricks
