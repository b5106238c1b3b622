// MLflow's metadata, and model serving.
#include "platform/databricks/kinds.h"

namespace holdfast::platform::databricks {

using model::LinkForm;
using Paging = Listing::Paging;

namespace {

KindEntry experiments() {
  return {.kind = {.collection = collection("experiments", {"name"}, {"permissions"}),
                   .one = "experiment",
                   .id = "experiment_id",
                   .name = "name",
                   .space = "workspace",
                   .homes_below = "/Users/",
                   .home_of = "users",
                   .server_fields = {"experiment_id", "lifecycle_stage", "last_update_time", "creation_time"},
                   .create_only = {"artifact_location"},
                   // The platform says by these who made it.
                   .omitted = {{"tags[*]", {"key", "\"mlflow.ownerId\""}},
                               {"tags[*]", {"key", "\"mlflow.ownerEmail\""}},
                               {"tags[*]", {"key", "\"mlflow.experimentType\""}}},
                   .unordered = {{"tags", {"key"}}},
                   .defaults = {{"tags", "[]"}},
                   .links = joined(
                       {{{.field = "artifact_location", .form = LinkForm::storage, .to = {}}}, permission_links()}),
                   .columns = {permissions_column()},
                   .removed = model::Kind::Removed::when_chosen,
                   .removal = {.loses = "its runs"},
                   .rank = 70},
          .area = "mlflow",
          .list = {.paging = Paging::page_token,
                   .ask = {.family = k_mlflow_search,
                           .path = "/api/2.0/mlflow/experiments/list",
                           .query = {{"max_results", "1000"}}},
                   .items = "experiments"},
          .columns = {read_permissions("experiments", "experiment_id")},
          .not_included = "Runs of experiments, their metrics and artifacts are not read."};
}

KindEntry registered_models() {
  return {.kind = {.collection = collection("registered-models", {"name"}, {"permissions"}),
                   .one = "registered model",
                   .name = "name",
                   .creator = "user_id",
                   .created = "creation_timestamp",
                   .server_fields = {"id", "creation_timestamp", "last_updated_timestamp", "user_id", "latest_versions",
                                     "permission_level"},
                   .unordered = {{"tags", {"key"}}},
                   .defaults = {{"description", R"("")"}, {"tags", "[]"}},
                   .links = permission_links(),
                   .columns = {permissions_column()},
                   .removed = model::Kind::Removed::when_chosen,
                   .removal = {.loses = "its versions"},
                   .rank = 71},
          .area = "mlflow",
          .list = {.paging = Paging::page_token,
                   .ask = {.family = k_mlflow_search,
                           .path = "/api/2.0/mlflow/registered-models/list",
                           .query = {{"max_results", "100"}}},
                   .items = "registered_models"},
          // The list has no ids, which permissions need.
          .read = {.path = "/api/2.0/mlflow/databricks/registered-models/get", .query = {{"name", "{name}"}}},
          .member = "registered_model_databricks",
          .columns = {read_permissions("registered-models", "id")},
          .not_included = "The versions of registered models and their files are not read."};
}

KindEntry serving_endpoints() {
  return {
      .kind = {.collection = collection("serving-endpoints", {"name"}, {"permissions"}),
               .one = "serving endpoint",
               .name = "name",
               .creator = "creator",
               .created = "creation_timestamp",
               .server_fields = {"id", "creator", "state", "task", "data_plane_info", "telemetry_config",
                                 "pending_config", "creation_timestamp", "last_updated_timestamp", "permission_level",
                                 "endpoint_url", "config.config_version", "config.served_entities[*].state",
                                 "config.served_entities[*].creator", "config.served_entities[*].creation_timestamp"},
               .create_only = {"description", "route_optimized", "budget_policy_id"},
               .unordered = {{"config.served_entities", {"name"}}, {"tags", {"key"}}},
               .defaults = {{"tags", "[]"}, {"ai_gateway", "{}"}, {"email_notifications", "{}"}},
               .links = joined({{{.field = "config.served_entities[*].environment_vars.*",
                                  .form = LinkForm::secret,
                                  .to = "secret-scopes"},
                                 {.field = "config.served_entities[*].entity_name",
                                  .form = LinkForm::name,
                                  .to = "registered-models"}},
                                permission_links()}),
               .columns = {permissions_column()},
               .rank = 72},
      .area = "mlflow",
      .list = {.ask = {.path = "/api/2.0/serving-endpoints"}, .items = "endpoints"},
      .read = {.path = "/api/2.0/serving-endpoints/{name}"},
      .columns = {read_permissions("serving-endpoints", "id")},
      .not_included =
          "Keys of external models that serving endpoints hold in clear are write-only; where endpoints send their "
          "telemetry does not come along."};
}

}  // namespace

std::vector<KindEntry> mlflow_kinds() {
  return {experiments(), registered_models(), serving_endpoints()};
}

}  // namespace holdfast::platform::databricks
