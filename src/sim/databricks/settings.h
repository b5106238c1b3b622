// Settings of a workspace: configuration keys, IP access lists, tokens, notification destinations.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sim/databricks/documents.h"
#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

struct WorkspaceConf {                        // part of a World
  std::map<std::string, std::string> values;  // of known keys that were set
};

struct IpAccessLists {  // part of a World
  Documents documents;
};

struct NotificationDestinations {  // part of a World
  Documents documents;             // {"id", "display_name", "destination_type", "config": with its secrets}
};

// Whether `address` is one of `range`, which is an IPv4 or IPv6 address or a CIDR; nullopt when it is none.
std::optional<bool> in_range(std::string_view address, std::string_view range);
// Whether the lists, if they are in force, let `address` in.
bool lets_in(World& world, std::string_view address);

void found_settings(World& world);
void add_setting_routes(Router& router);
void add_workspace_conf_routes(Router& router);
void add_ip_access_list_routes(Router& router);
void add_token_routes(Router& router);
void add_notification_destination_routes(Router& router);

}  // namespace holdfast::sim::databricks
