// Secret scopes, secrets and their access control lists.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

struct SecretScope {
  struct Secret {
    std::string value;
    std::int64_t updated_ms = 0;
  };
  struct KeyVault {
    std::string resource_id;
    std::string dns_name;
    std::string tenant_id;
  };
  bool key_vault_backed = false;
  KeyVault key_vault;
  std::map<std::string, Secret> secrets;
  std::map<std::string, std::string> acls;  // principal → READ, WRITE, MANAGE
};

// Whether GET secrets/get answers: the reference text says that it may not outside a notebook.
enum class SecretReads { allowed, refused };

struct Secrets {
  std::map<std::string, SecretScope> scopes;
  SecretReads reads = SecretReads::allowed;
};

void add_secret_routes(Router& router);

}  // namespace holdfast::sim::databricks
