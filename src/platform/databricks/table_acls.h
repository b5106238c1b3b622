// Who may do what in the hive metastore: owners, grants and denials of its objects.  The objects themselves are data's.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/databricks/cluster_kinds.h"
#include "platform/databricks/spark_rows.h"

namespace holdfast::platform::databricks {

inline constexpr std::string_view k_table_acls = "table-acls";

// "TABLE sales.orders", "ANY FILE"; a part that is no plain word stands in backticks.
struct HiveObject {
  std::string type;                // CATALOG, DATABASE, TABLE, VIEW, FUNCTION, ANY FILE, ANONYMOUS FUNCTION
  std::vector<std::string> parts;  // database and own name, as many as the type has

  std::string name() const;
  std::string sql() const;  // every part in backticks
};
std::optional<HiveObject> parse_hive_object(std::string_view name);

struct TableAcl {
  enum class Effect { grant, deny };
  HiveObject object;
  std::string owner;                                                            // empty: none is told
  std::map<std::pair<std::string, std::string>, std::set<Effect>> permissions;  // by principal and action
};
// The body of a resource, and back.  Throws Error{unsupported} naming an object or an action that is none.
std::string table_acl_body(const TableAcl& acl);
TableAcl parse_table_acl(const std::string& body);
// Whether what makes the part the whole takes nothing away: neither an owner nor a permission.
bool has_all_of(const TableAcl& whole, const TableAcl& part);
// What SHOW GRANTS tells; what an object has by what it lies in is no part of it.  Throws Error{unsupported}
// where a row of it could be in no statement.
TableAcl table_acl_of(HiveObject object, const SparkAnswer& answer);

// What makes the one the other: statements, each to be run when all of those before it took effect.  Run twice it is
// run once.  Wherever it ends, nobody may do more than before or than wanted.
struct TableAclChanges {
  std::vector<std::string> statements;
  // What would take a denial along that is wanted, for somebody to run: one statement takes away grant and denial.
  std::vector<std::string> left;
};
TableAclChanges table_acl_changes(const TableAcl& there, const TableAcl& wanted);
// All of it as a script, for somebody to run.
std::string table_acl_script(const std::string& body);

// Objects that have an owner or permissions of their own.  Throws what Cluster::run() does.
ClusterListing read_table_acls(Cluster& cluster, const std::stop_token& stop);

// Reads and writes them one by one.  Thread-safe: one call after the other, as it is one cluster.
class TableAcls {
public:
  // When it is told to stop, each of them throws Error{cancelled}.
  TableAcls(const Client& client, const base::Clock& clock, const CommandOptions& options, std::stop_token stop)
      : cluster_(client, clock, options), stop_(std::move(stop)) {}
  // The body; nullopt: there is no such object, or nothing is set on it.
  std::optional<std::string> read(const std::string& name);
  // Throws ByHand where the target's metastore does not have the object, and where something is left.
  void write(const std::string& body);
  // Takes away what it has, but for its owner.
  void remove(const std::string& name);

private:
  std::optional<TableAcl> find(const HiveObject& object);
  bool is_there(const HiveObject& object);
  SparkAnswer ask(const std::string& statement);
  void change(const TableAcl& there, const TableAcl& wanted);

  std::mutex mutex_;
  Cluster cluster_;
  std::stop_token stop_;
};

}  // namespace holdfast::platform::databricks
