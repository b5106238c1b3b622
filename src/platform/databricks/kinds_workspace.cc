// What lies in the workspace's tree, in secret scopes, and on DBFS.
#include "model/secret_column.h"
#include "platform/databricks/kinds.h"

namespace holdfast::platform::databricks {

using model::LinkForm;
using Content = KindEntry::Content;
using Source = KindEntry::Source;

namespace {

std::vector<std::string> filled_in() {
  return {"object_id", "resource_id", "created_at", "modified_at", "size"};
}

model::KindColumn content_column() {
  return {.name = "content",
          .written = model::KindColumn::Written::with_create,
          .cost = {.calls = 1, .family = std::string(k_import)}};
}

// An object of the tree: its name is its path.
KindEntry object(std::string name, std::string one, std::string type, std::string_view permission_type) {
  std::vector<std::string> columns;
  KindEntry out{.kind = {.collection = {},
                         .one = std::move(one),
                         // Ids of the tree serve permissions alone: what is meant is the path.
                         .name = "path",
                         .space = "workspace",
                         .homes_below = "/Users/",
                         .home_of = "users",
                         .server_fields = filled_in(),
                         .rank = 20,
                         .create = {.calls = 1, .family = std::string(k_import)},
                         .update = {.calls = 1, .family = std::string(k_import)},
                         .remove = {.calls = 1, .family = std::string(k_workspace)}},
                .area = "workspace",
                .source = Source::tree,
                .tree_type = std::move(type)};
  out.kind.collection.name = std::move(name);
  out.kind.links = permission_links();
  out.columns.push_back(read_permissions(permission_type, "object_id"));
  return out;
}

KindEntry folders() {
  KindEntry out = object("folders", "folder", "DIRECTORY", "directories");
  out.kind.collection = collection("folders", {"path"}, {"permissions"});
  out.kind.columns = {permissions_column()};
  // Homes come with their users, and nobody may change what everybody shares.
  out.kind.system = {{"path", "\"/Users\""}, {"path", "\"/Shared\""}, {"path", "\"/Repos\""}};
  return out;
}

KindEntry notebooks() {
  KindEntry out = object("notebooks", "notebook", "NOTEBOOK", "notebooks");
  out.kind.collection = collection("notebooks", {"path"}, {"content", "format", "permissions"});
  out.kind.columns = {
      content_column(), {.name = "format", .written = model::KindColumn::Written::with_create}, permissions_column()};
  out.kind.rank = 21;
  out.content = Content::notebook;
  out.modified = "modified_at";
  out.not_included =
      "Revisions and comments of notebooks cannot be written back, and results of cells that were kept "
      "apart from a notebook in source form are not read.";
  return out;
}

KindEntry files() {
  KindEntry out = object("files", "workspace file", "FILE", "files");
  out.kind.collection = collection("files", {"path"}, {"content", "permissions"});
  out.kind.columns = {content_column(), permissions_column()};
  out.kind.rank = 21;
  out.content = Content::file;
  out.modified = "modified_at";
  return out;
}

KindEntry repos() {
  return {
      .kind = {.collection = collection("repos", {"path"}, {"permissions"}),
               .one = "git folder",
               .id = "id",
               .name = "path",
               .modified = "head_commit_id",
               .space = "workspace",
               .homes_below = "/Users/",
               .home_of = "users",
               .brings_content = true,
               .server_fields = {"id", "head_commit_id"},
               .create_only = {"url", "provider", "path", "sparse_checkout"},
               .links = permission_links(),
               .columns = {permissions_column()},
               .removed = model::Kind::Removed::when_chosen,
               .removal = {.loses = "its uncommitted changes"},
               .manual = {{.text = "Give the owner of the git folder {name} a git credential in the target "
                                   "workspace: its token cannot be read."}},
               .rank = 22,
               .remove = {.calls = 3}},  // what is in it is looked at
      .area = "workspace",
      .source = Source::tree,
      .tree_type = "REPO",
      // The list of repos shows only what the caller manages, and not the newer git folders: hence one by one.
      .read = {.path = "/api/2.0/repos/{object_id}"},
      .columns = {read_permissions("repos", "object_id")},
      .not_included = "What is uncommitted in a git folder comes along as notebooks and files, its history does not.",
  };
}

KindEntry workspace_libraries() {
  return {
      .kind = {.collection = collection("workspace-libraries", {"path"}),
               .one = "workspace library",
               .name = "path",
               .space = "workspace",
               .homes_below = "/Users/",
               .home_of = "users",
               .server_fields = filled_in(),
               .manual = {{.what = model::Manual::What::instead,
                           .text = "Put the file of the workspace library {name} into the target, and install "
                                   "it from there: no API gives its bytes. It is used by {users}. What was "
                                   "installed from a copy on DBFS has that, which comes along."}},
               .rank = 23},
      .area = "workspace",
      .source = Source::tree,
      .tree_type = "LIBRARY",
      .not_included =
          "The bytes of a workspace library cannot be read; copies of it on DBFS, below /FileStore/jars, come along "
          "as files."};
}

KindEntry git_credentials() {
  return {.kind = {.collection = collection("git-credentials", {"git_provider", "credential_id"}),
                   .one = "git credential",
                   .names = model::Names::shared,
                   .id = "credential_id",
                   .name = "git_provider",
                   .server_fields = {"credential_id"},
                   .manual = {{.what = model::Manual::What::instead,
                               .text = "Enter the token of the git credential for {name} again: it cannot be read."}},
                   .rank = 13},
          .area = "workspace",
          .list = {.ask = {.path = "/api/2.0/git-credentials"}, .items = "credentials"},
          .not_included = "Only the caller's own git credentials are listed, without their tokens."};
}

KindEntry secret_scopes() {
  model::Collection described = collection("secret-scopes", {"name"}, {"acls", "secrets", "values"});
  described.columns.back().source_type = model::k_secret_type;
  return {
      .kind = {.collection = std::move(described),
               .one = "secret scope",
               .name = "name",
               .create_only = {"name", "backend_type", "keyvault_metadata"},
               .links = {{.field = "items[*].principal", .form = LinkForm::name, .to = "users", .column = "acls"},
                         {.field = "items[*].principal", .form = LinkForm::name, .to = "groups", .column = "acls"},
                         {.field = "items[*].principal",
                          .form = LinkForm::name,
                          .to = "service-principals",
                          .column = "acls"}},
               // Values first: access lists may take from whoever writes the right to write more.
               .columns = {{.name = "values",
                            .cost = {.calls = 1, .family = std::string(k_secrets)},
                            .read = {.calls = 1, .family = std::string(k_secrets)},
                            .unordered = {{"values", {"key"}}},
                            .told_by = "secrets",
                            // Nothing else knows what a secret holds.
                            .kept = {.items = "values", .key = "key", .one = "secret"}},
                           {.name = "acls",
                            .read = {.calls = 1, .family = std::string(k_secrets)},
                            .unordered = {{"items", {"principal"}}}},
                           {.name = "secrets",
                            .written = model::KindColumn::Written::never,
                            .server_fields = {"secrets[*].last_updated_timestamp"},
                            .unordered = {{"secrets", {"key"}}}}},
               .manual = {{.what = model::Manual::What::instead,
                           .when = {"backend_type", "\"AZURE_KEYVAULT\""},
                           .text = "Make the scope {name} as a user who is signed in with Entra and may read its key "
                                   "vault: no other credentials can."},
                          {.text = "Put the values of the secrets of scope {name} into the target: they are not "
                                   "part of the backup.",
                           .column = "values"}},
               .rank = 30},
      .area = "workspace",
      .list = {.ask = {.family = k_secrets, .path = "/api/2.0/secrets/scopes/list"}, .items = "scopes"},
      .columns = {{.column = "acls",
                   .ask = {.family = k_secrets, .path = "/api/2.0/secrets/acls/list", .query = {{"scope", "{name}"}}},
                   .absent = ColumnRead::Absent::may_tier},
                  {.column = "secrets",
                   .ask = {.family = k_secrets, .path = "/api/2.0/secrets/list", .query = {{"scope", "{name}"}}}},
                  {.column = "values",
                   .ask = {.family = k_secrets,
                           .path = "/api/2.0/secrets/get",
                           .query = {{"scope", "{name}"}, {"key", "{key}"}}},
                   .form = ColumnRead::Form::each,
                   .items = "secrets",
                   .of = "secrets",
                   .without = {"backend_type", "\"AZURE_KEYVAULT\""},
                   .read = ColumnRead::Read::with_secret_values}},
      .not_included =
          "The values of secrets are read with `secret_values = true` only; scopes, keys and access lists "
          "always are. What is in a key vault stays there."};
}

KindEntry dbfs_files() {
  return {.kind = {.collection = collection("dbfs-files", {"path"}, {"content"}),
                   .one = "DBFS file",
                   .name = "path",
                   .space = "dbfs",
                   .server_fields = {"modification_time", "file_size", "is_dir"},
                   .columns = {{.name = "content", .written = model::KindColumn::Written::with_create}},
                   .rank = 31},
          .area = "workspace",
          .source = Source::dbfs,
          .content = Content::dbfs,
          .modified = "modification_time",
          .not_included =
              "Mounts, sample datasets, results and MLflow's own folders on DBFS are left out, as are files "
              "that are larger than 16 MiB."};
}

}  // namespace

std::vector<KindEntry> workspace_kinds() {
  std::vector<KindEntry> out;
  for (auto* row : {git_credentials, folders, notebooks, files, repos, workspace_libraries, secret_scopes, dbfs_files})
    out.push_back(row());
  return out;
}

}  // namespace holdfast::platform::databricks
