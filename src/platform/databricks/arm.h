// What Azure's management (ARM) tells of a workspace and of the storage accounts that it needs.  Read only.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "net/http.h"
#include "platform/databricks/profile.h"
#include "platform/outside.h"

namespace holdfast::platform::databricks {

struct ArmOptions {
  std::string connector;                   // for messages
  std::string url;                         // https://management.azure.com
  std::vector<std::string> subscriptions;  // none: it is not asked
  std::string resource_id;                 // of the workspace; empty: it is looked for in the subscriptions
  base::Secret token;                      // empty: asked for as the account signs in
};

// Throws Error{config} for an address that is not encrypted, or a subscription that is none.
ArmOptions read_arm_options(const std::string& connector, const Settings& settings, const Account& account);
std::vector<Platform::Setting> arm_settings();

struct ArmParts {
  ArmOptions options;
  Account account;
  std::unique_ptr<net::HttpClient> http;
  const base::Clock& clock;  // these outlive it
  base::Random& random;
};

class Arm {
public:
  explicit Arm(ArmParts parts);
  ~Arm();
  Arm(const Arm&) = delete;
  Arm& operator=(const Arm&) = delete;

  // Never throws for what is wrong with the other side: that is a line.  `host` tells which workspace is meant.
  CloudFacts ask(const std::string& host, const std::vector<std::string>& accounts, std::stop_token stop);
  // The workspace as Azure has it, JSON; empty where it could not be read, and why as a line.
  std::string workspace(const std::string& host, std::vector<Diagnosis>& lines, std::stop_token stop);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::platform::databricks
