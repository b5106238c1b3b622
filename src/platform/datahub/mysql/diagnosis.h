// What `holdfast doctor` says of a MySQL or MariaDB store.
#pragma once

#include <vector>

#include "base/clock.h"
#include "platform/datahub/mysql/client.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub::mysql {

// Never throws for what is wrong with the server: that is a line.
std::vector<Diagnosis> diagnose(Endpoint& endpoint);
// Tables of the database that do not come along.  Throws when the server cannot be asked.
std::vector<LeftOut> left_out(Endpoint& endpoint);

// The parts that need no server: what the grants allow.
std::vector<Diagnosis> diagnose_grants(const Grants& grants, const std::string& database, const std::string& table);
enum class BinaryLog { on, off };
Diagnosis diagnose_binary_log(const Grants& grants, const ServerVersion& version, BinaryLog log);

}  // namespace holdfast::platform::datahub::mysql
