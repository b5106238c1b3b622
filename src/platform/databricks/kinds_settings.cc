// Settings of the workspace, and what is administered beside it.
#include "platform/databricks/kinds.h"

namespace holdfast::platform::databricks {

using model::LinkForm;
using Paging = Listing::Paging;
using Source = KindEntry::Source;

namespace {

model::Firing switched_on_last(const char* key) {
  return {.within = key, .field = key, .paused = "\"false\"", .absent = "\"false\"", .guards = true};
}

KindEntry workspace_conf() {
  return {.kind = {.collection = collection("workspace-conf", {"key"}),
                   .one = "workspace setting",
                   // Who gets in, and whether clusters run what lies in dbfs:/databricks/init as they start.
                   .firing = {switched_on_last("enableIpAccessLists"),
                              switched_on_last("enableDeprecatedGlobalInitScripts"),
                              switched_on_last("enableDeprecatedClusterNamedInitScripts")},
                   .recreate = model::Kind::Recreate::never,
                   .rank = 5},
          .area = "settings",
          .source = Source::conf,
          .read = {.path = "/api/2.0/workspace-conf"},
          .not_included = "Settings cannot be listed: those that are known by name are read."};
}

KindEntry ip_access_lists() {
  return {
      .kind = {.collection = collection("ip-access-lists", {"label", "list_id"}),
               .one = "IP access list",
               .names = model::Names::shared,
               .id = "list_id",
               .name = "label",
               .created = "created_at",
               .server_fields = {"list_id", "address_count", "created_at", "created_by", "updated_at", "updated_by"},
               .unordered = {{"ip_addresses", {}}},
               .firing = {{.within = {}, .field = "enabled", .paused = "false", .absent = "true", .guards = true}},
               .rank = 90},
      .area = "settings",
      .list = {.ask = {.path = "/api/2.0/ip-access-lists"}, .items = "ip_access_lists"},
      .modified = "updated_at"};
}

KindEntry tokens() {
  return {.kind = {.collection = collection("tokens", {"created_by_username", "token_id"}),
                   .one = "token",
                   .names = model::Names::shared,
                   .id = "token_id",
                   .name = "created_by_username",
                   .created = "creation_time",
                   .server_fields = {"token_id", "created_by_id", "owner_id", "creation_time", "last_used_day"},
                   .manual = {{.what = model::Manual::What::instead,
                               .text = "Have {name} make a new token: tokens are shown once and cannot be copied."}},
                   .rank = 91},
          .area = "settings",
          .list = {.ask = {.family = k_tokens, .path = "/api/2.0/token-management/tokens"}, .items = "token_infos"},
          .not_included = "Tokens are listed, to be made anew: their values are shown once and cannot be read."};
}

// What is a column of others is all that there is of this one.
KindEntry token_permissions() {
  model::KindColumn all = permissions_column();
  std::vector<model::Link> links = permission_links();
  for (model::Link& link : links) link.column = model::k_body;
  return {.kind = {.collection = collection("token-permissions", {"name"}),
                   .one = "right to use tokens",
                   .server_fields = std::move(all.server_fields),
                   .omitted = std::move(all.omitted),
                   .unordered = std::move(all.unordered),
                   .links = std::move(links),
                   .recreate = model::Kind::Recreate::never,
                   .rank = 92,
                   .update = {.calls = 1, .family = std::string(k_permissions_write)}},
          .area = "settings",
          .source = Source::once,
          .read = {.family = k_permissions, .path = "/api/2.0/permissions/authorization/tokens"}};
}

KindEntry notification_destinations() {
  return {.kind = {.collection = collection("notification-destinations", {"display_name", "id"}),
                   .one = "notification destination",
                   .names = model::Names::shared,
                   .id = "id",
                   .name = "display_name",
                   .server_fields = {"id", "destination_type", "config.*.*_set"},
                   .secret_fields = {"config.*.url", "config.*.password", "config.*.integration_key",
                                     "config.*.oauth_token"},
                   .manual = {{.text = "Enter the address or the secret of the notification destination {name}: they "
                                       "cannot be read."}},
                   .rank = 51},
          .area = "settings",
          .list = {.paging = Paging::page_token,
                   .ask = {.path = "/api/2.0/notification-destinations", .query = {{"page_size", "100"}}},
                   .items = "results"},
          .read = {.path = "/api/2.0/notification-destinations/{id}"},
          .not_included = "Addresses and secrets of notification destinations are write-only."};
}

}  // namespace

std::vector<KindEntry> settings_kinds() {
  std::vector<KindEntry> out;
  for (auto* row : {workspace_conf, notification_destinations, tokens, token_permissions, ip_access_lists})
    out.push_back(row());
  return out;
}

}  // namespace holdfast::platform::databricks
