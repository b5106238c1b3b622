// The aspect table as it is: which table, its columns, indexes, collation, and whether its rows can be carried.
#pragma once

#include <string>
#include <vector>

#include "platform/datahub/mysql/client.h"
#include "platform/datahub/sql/shape.h"

namespace holdfast::platform::datahub::mysql {

// How a column is read and written again without loss.
struct ColumnPlan {
  std::string name;
  std::string data_type;             // lower case, without length: "longtext"
  bool binary = false;               // bytes without a character set: written as a binary literal
  bool instant = false;              // date and time: brought into canonical form
  bool exact_float = false;          // FLOAT prints six digits only: read as a DOUBLE
  bool check_utf8 = false;           // text that the server stores as UTF-8 and may never have checked
  unsigned fraction = 0;             // digits of a second that the type holds
  std::uint64_t characters_max = 0;  // 0 = no limit that matters
};

struct MysqlTable {
  TableShape shape;
  std::vector<ColumnPlan> key;      // urn, aspect, version
  std::vector<ColumnPlan> columns;  // as shape.collection.columns
  std::string storage_engine;       // "InnoDB"
  CollationFacts collation;         // the weaker of urn's and aspect's
  std::vector<std::string> foreign_keys;
};

// All base tables of the connected database.
std::vector<std::string> table_names(Client& client);
// The name from the URL, else metadata_aspect_v2, else metadata_aspect.  Throws Error{not_found}.
std::string find_aspect_table(Client& client, const SqlAddress& address);
// The same for a restore, which may find none.  It depends on nothing but what is there: whoever asks whether the
// target holds rows, whether it can hold others, and which table to replace must be told of one and the same table.
std::optional<std::string> target_table(Client& client, const SqlAddress& address);
// Throws Error{unsupported} listing what was found.
MysqlTable read_table(Client& client, const SqlAddress& address, const std::string& table);
// The same table with the columns of `collection`, in its order.  Throws Error{refused} naming a column that it lacks.
MysqlTable project(MysqlTable table, const model::Collection& collection);
// True when a base table of this name exists.
bool table_exists(Client& client, const std::string& table);

// SHOW CREATE TABLE, taken apart: pure functions, exact to the byte.
struct CreateTable {
  std::string without_indexes;             // named `name`, secondary indexes taken out
  std::vector<std::string> index_clauses;  // "KEY `timeIndex` (`createdon`)", in their order
};
CreateTable split_create_table(std::string_view ddl, std::string_view name);

// DataHub's current conventions, for a collection that comes from another kind of server.  The unknown columns of it
// become LONGTEXT.
std::string conventional_ddl(const model::Collection& collection, std::string_view name);

// A collation that this server does not have is replaced by the binary one: what is unique under the finer order of a
// case-insensitive collation stays unique under utf8mb4_bin.
std::string adapt_ddl(std::string ddl, const ServerVersion& source, const ServerVersion& target);

}  // namespace holdfast::platform::datahub::mysql
