#include "sim/databricks/endpoints.h"

#include "sim/databricks/account.h"
#include "sim/databricks/arm.h"
#include "sim/databricks/auth.h"
#include "sim/databricks/commands.h"
#include "sim/databricks/compute.h"
#include "sim/databricks/dbfs.h"
#include "sim/databricks/definitions.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/jobs.h"
#include "sim/databricks/mlflow.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/pipelines.h"
#include "sim/databricks/repos.h"
#include "sim/databricks/secrets.h"
#include "sim/databricks/serving.h"
#include "sim/databricks/settings.h"
#include "sim/databricks/sql.h"
#include "sim/databricks/unity.h"
#include "sim/databricks/workspace.h"

namespace holdfast::sim::databricks {

void add_all_routes(Router& router) {
  add_auth_routes(router);
  add_identity_routes(router);
  add_account_routes(router);
  add_legacy_group_routes(router);
  add_permission_routes(router);
  add_workspace_routes(router);
  add_content_routes(router);
  add_repo_routes(router);
  add_secret_routes(router);
  add_dbfs_routes(router);
  add_compute_routes(router);
  add_command_routes(router);
  add_job_routes(router);
  add_pipeline_routes(router);
  add_sql_routes(router);
  add_sql_statement_routes(router);
  add_setting_routes(router);
  add_mlflow_routes(router);
  add_serving_routes(router);
  add_unity_routes(router);
  add_arm_routes(router);
}

void found_workspace(World& world) {
  found_folders(world);  // first: homes appear with users
  found_repos(world);
  found_identities(world);
  found_permissions(world);
  found_compute(world);
  found_jobs(world);
  found_pipelines(world);
  found_sql(world);
  found_sql_statements(world);
  found_settings(world);
  found_mlflow(world);
  found_serving(world);
  found_unity(world);
}

}  // namespace holdfast::sim::databricks
