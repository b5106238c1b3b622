// Places that texts refer to and that lie outside of a platform: storage, and hosts of anything else.  What is told of
// a place is its name only: users, passwords, signatures, ports and queries beside it are never part of that.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::model {

struct Endpoint {
  enum class Type { storage, service } type = Type::service;
  std::string what;  // "storage account", "key vault": as people are told
  std::string name;  // "lakeeast", "kv-data.vault.azure.net"
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// Storage of every scheme, databases of JDBC, and hosts whose names tell what they are.  Each once.
std::vector<Endpoint> endpoints_in(std::string_view text);
// The same, and the hosts of all other URLs in the text, which are `what`.
std::vector<Endpoint> urls_in(std::string_view text, std::string_view what);
// The host, or hosts, that the text as a whole names, with or without scheme, port and path: "a:9092,b:9092".
std::vector<Endpoint> hosts_in(std::string_view text, std::string_view what);

}  // namespace holdfast::model
