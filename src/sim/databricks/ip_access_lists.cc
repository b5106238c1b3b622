#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"
#include "sim/databricks/settings.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::size_t k_most_values = 1000;

struct Address {
  int bits = 0;  // 32 or 128
  std::array<unsigned char, 16> bytes{};
};

std::optional<Address> parse_address(std::string_view text) {
  const std::string copy(text);
  Address address;
  if (inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) {
    address.bits = 32;
  } else if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) {
    address.bits = 128;
  } else {
    return std::nullopt;
  }
  return address;
}

bool same_prefix(const Address& a, const Address& b, int bits) {
  if (a.bits != b.bits) return false;
  for (int bit = 0; bit < bits; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((a.bytes[byte] & mask) != (b.bytes[byte] & mask)) return false;
  }
  return true;
}

Documents& lists(World& world) {
  return world.part<IpAccessLists>().documents;
}

Json& list_of(Call& call) {
  Json* list = lists(call.world()).find(call.placeholder("id"));
  if (list == nullptr) throw missing(fmt::format("Can't find an IP access list with id: {}.", call.placeholder("id")));
  return *list;
}

bool holds(const Json& list, std::string_view address) {
  return std::any_of(list["ip_addresses"].begin(), list["ip_addresses"].end(), [&](const Json& range) {
    return in_range(address, range.get_ref<const std::string&>()).value_or(false);
  });
}

void check(World& world, const Json& list, const std::string& own_id) {
  required_string(list, "label");
  required_string(list, "list_type");
  check_enum(list, "list_type", {"ALLOW", "BLOCK"});
  std::size_t values = 0;
  for (const Json& range : required_array(list, "ip_addresses")) {
    if (!range.is_string() || !in_range("127.0.0.1", range.get<std::string>())) {
      throw invalid(fmt::format("{} is not an IP address or CIDR", range.dump()));
    }
  }
  for (const Document& each : lists(world).all()) {
    if (each.id != own_id) values += (*each.body)["ip_addresses"].size();
  }
  if (values + list["ip_addresses"].size() > k_most_values) {
    throw ApiError(400, "QUOTA_EXCEEDED", "The IP access lists of a workspace have at most 1000 values");
  }
}

// Puts the list in place if the caller can still come in afterwards.
Json& put(Call& call, const std::string& id, Json list) {
  World& world = call.world();
  check(world, list, id);
  list["address_count"] = list["ip_addresses"].size();
  list["updated_at"] = world.now_ms();
  std::int64_t caller = 0;
  std::from_chars(call.caller().id.data(), call.caller().id.data() + call.caller().id.size(), caller);
  list["updated_by"] = caller;
  if (!list.contains("created_by")) {
    list["created_by"] = caller;
    list["created_at"] = world.now_ms();
  }
  const Json* held = lists(world).find(id);
  const std::optional<Json> before = held == nullptr ? std::nullopt : std::optional<Json>(*held);
  Json& placed = lists(world).add(id, std::move(list));
  if (lets_in(world, call.request().peer)) return placed;
  if (before) {
    lists(world).add(id, *before);
  } else {
    lists(world).remove(id);
  }
  throw bad_state(fmt::format("Your current IP {} will not be allowed to access the workspace", call.request().peer));
}

Reply create(Call& call) {
  Json list = only_fields(call.body(), {"label", "list_type", "ip_addresses"});
  const std::string id = call.world().new_uuid();
  list["list_id"] = id;
  list["enabled"] = true;
  return reply({{"ip_access_list", put(call, id, std::move(list))}});
}

Reply get(Call& call) {
  return reply({{"ip_access_list", list_of(call)}});
}

Reply list_all(Call& call) {
  return whole_list_reply(lists(call.world()).all(), "ip_access_lists");
}

Reply change(Call& call) {
  Json list = list_of(call);
  list.update(only_fields(call.body(), {"label", "list_type", "ip_addresses", "enabled"}));
  return reply({{"ip_access_list", put(call, call.placeholder("id"), std::move(list))}});
}

Reply replace(Call& call) {
  if (!call.body().contains("enabled")) throw invalid("Missing required field: enabled");
  Json list = only_fields(list_of(call), {"list_id", "created_at", "created_by"});
  list.update(only_fields(call.body(), {"label", "list_type", "ip_addresses", "enabled"}));
  return reply({{"ip_access_list", put(call, call.placeholder("id"), std::move(list))}});
}

Reply remove(Call& call) {
  const Json before = list_of(call);
  lists(call.world()).remove(call.placeholder("id"));
  if (lets_in(call.world(), call.request().peer)) return reply(Json::object());
  lists(call.world()).add(call.placeholder("id"), before);
  throw bad_state(fmt::format("Your current IP {} will not be allowed to access the workspace", call.request().peer));
}

}  // namespace

std::optional<bool> in_range(std::string_view address, std::string_view range) {
  const auto own = parse_address(address);
  const std::size_t slash = range.find('/');
  const auto base = parse_address(range.substr(0, slash));
  if (!base) return std::nullopt;
  int bits = base->bits;
  if (slash != std::string_view::npos) {
    const std::string_view digits = range.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits < 0 || bits > base->bits)
      return std::nullopt;
  }
  return own && same_prefix(*own, *base, bits);
}

bool lets_in(World& world, std::string_view address) {
  if (world.part<WorkspaceConf>().values["enableIpAccessLists"] != "true") return true;
  bool any_allow = false;
  bool allowed = false;
  for (const Document& each : lists(world).all()) {
    if (!each.body->value("enabled", true)) continue;
    const bool inside = holds(*each.body, address);
    if ((*each.body)["list_type"] == "BLOCK") {
      if (inside) return false;
      continue;
    }
    any_allow = true;
    allowed = allowed || inside;
  }
  return allowed || !any_allow;
}

void add_ip_access_list_routes(Router& router) {
  const RouteGroup add(router, "/api/2.0/ip-access-lists", family::k_none);
  add("GET", "", for_admins(list_all), "all lists at once");
  add("POST", "", for_admins(create), "adds a list, unless it locks the caller out");
  add("GET", "/{id}", for_admins(get), "one list");
  add("PATCH", "/{id}", for_admins(change), "changes a list");
  add("PUT", "/{id}", for_admins(replace), "replaces a list");
  add("DELETE", "/{id}", for_admins(remove), "removes a list");
}

}  // namespace holdfast::sim::databricks
