#include "platform/databricks/outside.h"

#include <string_view>

namespace holdfast::platform::databricks {

namespace {

using Form = OutsideField::Form;

// Wherever clusters, tasks and pipelines are configured, in definitions of whichever kind.
std::vector<OutsideField> of_every_kind() {
  std::vector<OutsideField> out;
  for (const std::string_view field : {"**.spark_conf.*", "**.spark_env_vars.*", "**.parameters.*", "**.parameters[*]",
                                       "**.parameters[*].default", "**.base_parameters.*", "**.named_parameters.*",
                                       "**.job_parameters.*", "**.environment_vars.*", "**.configuration.*"})
    out.push_back({.field = std::string(field), .what = "URL in a parameter"});
  for (const std::string_view library : {"pypi", "maven", "cran"})
    out.push_back({.field = "**." + std::string(library) + ".repo", .what = "package index"});
  out.push_back({.field = "**.docker_image.url", .what = "container registry", .form = Form::host});
  out.push_back({.field = "**.preloaded_docker_images[*].url", .what = "container registry", .form = Form::host});
  out.push_back({.field = "**.git_source.git_url", .what = "git host", .form = Form::host});
  out.push_back({.field = "**.log_analytics_info.log_analytics_workspace_id",
                 .what = "Log Analytics workspace",
                 .form = Form::name});
  return out;
}

}  // namespace

const std::vector<OutsideField>& fields_that_lead_outside() {
  static const std::vector<OutsideField> all = [] {
    std::vector<OutsideField> out = of_every_kind();
    const auto add = [&](std::string_view kind, std::string_view field, std::string_view what, Form form) {
      out.push_back({.kind = std::string(kind), .field = std::string(field), .what = std::string(what), .form = form});
    };
    add("repos", "url", "git host", Form::host);
    add("global-init-scripts", "script", "URL in a script", Form::base64);
    add("connections", "options.host", "database of a connection", Form::host);
    add("connections", "options.url", "database of a connection", Form::host);
    add("secret-scopes", "keyvault_metadata.dns_name", "key vault", Form::host);
    // Their addresses are write-only: that there is one is all that is told.
    add("notification-destinations", "config.*.url_set", "notification destination", Form::hidden);
    add("notification-destinations", "config.*.url", "notification destination", Form::host);
    add("notification-destinations", "config.pagerduty.integration_key_set", "notification destination", Form::hidden);
    add("serving-endpoints", "config.**.external_model.provider", "provider of an external model", Form::name);
    for (const std::string_view address :
         {"openai_api_base", "cohere_api_base", "custom_provider_url", "databricks_workspace_url"})
      add("serving-endpoints", "config.**." + std::string(address), "external model", Form::host);
    return out;
  }();
  return all;
}

}  // namespace holdfast::platform::databricks
