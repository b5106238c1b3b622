#include "sim/databricks/endpoints.h"

#include "sim/databricks/auth.h"
#include "sim/databricks/dbfs.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/repos.h"
#include "sim/databricks/secrets.h"
#include "sim/databricks/workspace.h"

namespace holdfast::sim::databricks {

void add_all_routes(Router& router) {
  add_auth_routes(router);
  add_identity_routes(router);
  add_legacy_group_routes(router);
  add_permission_routes(router);
  add_workspace_routes(router);
  add_content_routes(router);
  add_repo_routes(router);
  add_secret_routes(router);
  add_dbfs_routes(router);
}

void found_workspace(World& world) {
  found_folders(world);  // first: homes appear with users
  found_repos(world);
  found_identities(world);
  found_permissions(world);
}

}  // namespace holdfast::sim::databricks
