#include "sim/databricks/repos.h"

#include <fmt/format.h>

#include "base/json.h"
#include "sim/databricks/api_error.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/paging.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/workspace.h"

namespace holdfast::sim::databricks {
namespace {

void check_provider(const Json& body, std::string_view field) {
  check_enum(body, field,
             {"gitHub", "bitbucketCloud", "gitLab", "azureDevOpsServices", "gitHubEnterprise", "bitbucketServer",
              "gitLabEnterpriseEdition", "awsCodeCommit"});
}

Json repo_json(World& world, std::int64_t id, const Repo& repo) {
  Json out = {{"id", id},
              {"path", path_of(*world.part<Folders>().by_id.at(id))},
              {"url", repo.url},
              {"provider", repo.provider},
              {"head_commit_id", repo.head_commit}};
  if (!repo.branch.empty()) out["branch"] = repo.branch;
  if (!repo.sparse_patterns.empty()) out["sparse_checkout"] = {{"patterns", repo.sparse_patterns}};
  return out;
}

std::int64_t id_in(const Call& call) {
  const auto& text = call.placeholder("id");
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos) {
    throw invalid("The id must be a number: " + text);
  }
  return std::stoll(text);
}

Repo& repo_of(const Call& call) {
  auto& all = call.world().part<Repos>().by_id;
  const auto found = all.find(id_in(call));
  if (found == all.end()) throw missing(fmt::format("Repo {} does not exist.", call.placeholder("id")));
  return found->second;
}

// What a checkout brings: a remote is not asked here, so its files tell where they would come from.
void check_out(World& world, Node& folder, Repo& repo) {
  repo.head_commit = world.new_hex(40);
  const auto ref = repo.branch.empty() ? repo.tag : repo.branch;
  const auto put = [&](NodeKind kind, const std::string& name, std::string content) {
    const auto found = folder.children.find(name);
    auto& node = found == folder.children.end() ? add_node(world, folder, kind, name) : *found->second;
    node.content = std::move(content);
    node.modified_ms = world.now_ms();
    if (kind == NodeKind::notebook) node.language = "PYTHON";
  };
  put(NodeKind::file, "README.md", fmt::format("# {}\n\nChecked out from {} at {}.\n", folder.name, repo.url, ref));
  put(NodeKind::notebook, "main", fmt::format("# Databricks notebook source\nprint(\"{}\")\n", ref));
}

std::string default_path(const Call& call, const std::string& url) {
  auto name = url.substr(url.rfind('/') + 1);
  if (name.ends_with(".git")) name.resize(name.size() - 4);
  const auto folder = "/Repos/" + call.caller().name;
  make_folders(call.world(), folder);
  return folder + "/" + name;
}

Reply create(Call& call) {
  auto& world = call.world();
  const auto& body = call.body();
  Repo repo;
  repo.url = required_string(body, "url");
  if (!repo.url.starts_with("https://")) throw invalid("The url of a repo must begin with https://");
  check_provider(body, "provider");
  repo.provider = required_string(body, "provider");
  repo.branch = optional_string(body, "branch").value_or("main");
  if (body.contains("sparse_checkout")) {
    for (const auto& pattern : required_array(body["sparse_checkout"], "patterns"))
      repo.sparse_patterns.push_back(pattern);
  }
  auto path = optional_string(body, "path").value_or("");
  if (path.empty()) path = default_path(call, repo.url);
  const auto [folder, name] = parent_and_name(world, path);
  if (folder->children.contains(name)) throw exists(fmt::format("Path ({}) already exists.", path));
  auto& node = add_node(world, *folder, NodeKind::repo, name);
  check_out(world, node, repo);
  const auto id = node.id;
  const auto& kept = world.part<Repos>().by_id[id] = std::move(repo);
  return reply(repo_json(world, id, kept));
}

Reply list(Call& call) {
  auto& world = call.world();
  const auto prefix = call.query("path_prefix").value_or("");
  std::vector<std::int64_t> found;
  for (const auto& [id, repo] : world.part<Repos>().by_id) {
    if (repo.listed && is_listed(call, "repos", std::to_string(id), "CAN_MANAGE") &&
        path_of(*world.part<Folders>().by_id.at(id)).starts_with(prefix))
      found.push_back(id);
  }
  PageStyle style;
  style.token_parameter = "next_page_token";  // the name of the parameter is that of the field in the answer
  const auto page = page_by_token(
      call, found.size(), [&](std::size_t i) { return std::to_string(found[i]); }, style);
  Json out = Json::object();
  for (auto i = page.begin; i < page.end; ++i) {
    out["repos"].push_back(repo_json(world, found[i], world.part<Repos>().by_id.at(found[i])));
  }
  if (!page.next_token.empty()) out["next_page_token"] = page.next_token;
  return reply(out);
}

Reply get(Call& call) {
  return reply(repo_json(call.world(), id_in(call), repo_of(call)));
}

Reply update(Call& call) {
  auto& repo = repo_of(call);
  const auto branch = optional_string(call.body(), "branch");
  const auto tag = optional_string(call.body(), "tag");
  const bool sparse = call.body().contains("sparse_checkout");
  if (branch && tag) throw invalid("Only one of branch and tag can be given.");
  if (!branch && !tag && !sparse) throw invalid("One of branch and tag must be given.");
  if (sparse) {
    if (repo.sparse_patterns.empty()) throw invalid("Sparse checkout cannot be switched on for an existing repo.");
    repo.sparse_patterns.clear();
    for (const auto& pattern : required_array(call.body()["sparse_checkout"], "patterns")) {
      repo.sparse_patterns.push_back(pattern);
    }
  }
  if (branch || tag) {
    repo.branch = branch.value_or("");
    repo.tag = tag.value_or("");
    check_out(call.world(), *call.world().part<Folders>().by_id.at(id_in(call)), repo);
  }
  return reply(Json::object());
}

Reply remove(Call& call) {
  repo_of(call);
  remove_node(call.world(), *call.world().part<Folders>().by_id.at(id_in(call)));
  return reply(Json::object());
}

Json credential_json(std::int64_t id, const GitCredential& credential) {
  Json out = {{"credential_id", id}, {"git_provider", credential.provider}, {"git_username", credential.user_name}};
  if (!credential.email.empty()) out["git_email"] = credential.email;
  if (!credential.name.empty()) out["name"] = credential.name;
  return out;
}

// Everybody sees their own only.
GitCredential& credential_of(const Call& call) {
  auto& all = call.world().part<Repos>().credentials;
  const auto found = all.find(id_in(call));
  if (found == all.end() || found->second.owner != call.caller().id) {
    throw missing(fmt::format("Git credential {} does not exist.", call.placeholder("id")));
  }
  return found->second;
}

void apply(GitCredential& credential, const Json& body) {
  check_provider(body, "git_provider");
  credential.provider = required_string(body, "git_provider");
  credential.user_name = optional_string(body, "git_username").value_or(credential.user_name);
  credential.email = optional_string(body, "git_email").value_or(credential.email);
  credential.name = optional_string(body, "name").value_or(credential.name);
  credential.token = optional_string(body, "personal_access_token").value_or(credential.token);
}

Reply create_credential(Call& call) {
  auto& all = call.world().part<Repos>().credentials;
  GitCredential credential;
  credential.owner = call.caller().id;
  apply(credential, call.body());
  for (const auto& [id, other] : all) {
    if (other.owner == credential.owner && other.provider == credential.provider && other.name == credential.name) {
      throw exists(fmt::format("There is a git credential for {} already.", credential.provider));
    }
  }
  const auto id = call.world().new_id();
  return reply(credential_json(id, all[id] = std::move(credential)));
}

Reply list_credentials(Call& call) {
  Json out = Json::array();
  for (const auto& [id, credential] : call.world().part<Repos>().credentials) {
    if (credential.owner == call.caller().id) out.push_back(credential_json(id, credential));
  }
  return reply(out.empty() ? Json::object() : Json{{"credentials", std::move(out)}});
}

Reply update_credential(Call& call) {
  apply(credential_of(call), call.body());
  return reply(Json::object());
}

Reply delete_credential(Call& call) {
  credential_of(call);
  call.world().part<Repos>().credentials.erase(id_in(call));
  return reply(Json::object());
}

}  // namespace

void found_repos(World& world) {
  world.part<Folders>().on_delete.push_back([](World& in, const Node& node) { in.part<Repos>().by_id.erase(node.id); });
}

void add_repo_routes(Router& router) {
  router.add({"GET", "/api/2.0/repos", list, {}, "git folders, a page of them"});
  router.add({"POST", "/api/2.0/repos", create, {}, "a new git folder"});
  router.add({"GET", "/api/2.0/repos/{id}", get, {}, "one of them"});
  router.add({"PATCH", "/api/2.0/repos/{id}", update, {}, "checks out another branch or tag"});
  router.add({"DELETE", "/api/2.0/repos/{id}", remove, {}, "takes it away"});
  router.add({"GET", "/api/2.0/git-credentials", list_credentials, {}, "the caller's own credentials, all of them"});
  router.add({"POST", "/api/2.0/git-credentials", create_credential, {}, "a new one"});
  router.add({"GET",
              "/api/2.0/git-credentials/{id}",
              [](Call& call) { return reply(credential_json(id_in(call), credential_of(call))); },
              {},
              "one of them"});
  router.add({"PATCH", "/api/2.0/git-credentials/{id}", update_credential, {}, "changes it"});
  router.add({"DELETE", "/api/2.0/git-credentials/{id}", delete_credential, {}, "takes it away"});
}

}  // namespace holdfast::sim::databricks
