// The tree of folders, notebooks and files.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/databricks/call.h"
#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

enum class NodeKind { directory, notebook, file, repo, library, dashboard, experiment };

struct Node {
  std::int64_t id = 0;
  NodeKind kind = NodeKind::directory;
  std::string name;
  Node* parent = nullptr;  // nullptr: the root
  std::map<std::string, std::unique_ptr<Node>> children;
  std::string language;          // notebooks: PYTHON, SCALA, SQL, R
  bool jupyter = false;          // a notebook whose native form is .ipynb
  std::string content;           // of a notebook its source with the marker line, of a file its bytes
  std::size_t outputs_size = 0;  // of a notebook: what its results add to every form but SOURCE
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  std::string resource_id;    // dashboards, experiments
  bool is_protected = false;  // the root, /Users, homes, /Shared, /Repos
};

struct Folders {
  std::unique_ptr<Node> root;
  std::map<std::int64_t, Node*> by_id;
  // Told before a node leaves the tree: its permissions, and what refers to it, go with it.
  std::vector<std::function<void(World&, const Node&)>> on_delete;
};

void found_folders(World& world);
// nullptr when there is none.  Takes "/Workspace/…" for "/…".
Node* find_node(World& world, std::string_view path);
std::string path_of(const Node& node);
// Makes folders that are missing, parents too.  Throws ApiError.
Node& make_folders(World& world, std::string_view path);
// A new node below `folder`; its name is free.
Node& add_node(World& world, Node& folder, NodeKind kind, const std::string& name);
void remove_node(World& world, Node& node);
std::string_view permission_type_of(NodeKind kind);  // "notebooks"

// "/Workspace/a/" → "/a".  400 for what is no absolute path.
std::string normal_path(std::string_view path);
// The parts of a path, of which the last may not be there yet: its folder, and its name.  404 when there is no folder.
std::pair<Node*, std::string> parent_and_name(World& world, std::string_view path);
Node& required_node(World& world, std::string_view path);  // 404 when there is none

void add_workspace_routes(Router& router);  // the tree
void add_content_routes(Router& router);    // export and import

}  // namespace holdfast::sim::databricks
