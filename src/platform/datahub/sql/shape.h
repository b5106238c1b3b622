// What both servers tell of the aspect table, in one form.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/collection.h"

namespace holdfast::platform::datahub {

struct TableIndex {
  std::string name;
  std::string definition;  // statement that creates it, as the server prints it
  bool primary = false;
  bool unique = false;
};

// Everything that the snapshot keeps of the table so that an equal one can be made, and that a swap must preserve.
struct TableShape {
  std::string engine;  // "mysql", "mariadb", "postgresql"
  std::string server_version;
  std::string database;
  std::string schema;  // PostgreSQL
  std::string table;
  std::string ddl;                  // SHOW CREATE TABLE, or the statements that make the PostgreSQL table
  std::string key_collation;        // of urn and aspect
  bool key_order_is_bytes = false;  // the server's index order is claimed to be byte order; every reader checks
  std::string createdon_type;       // "timestamp(6)", "datetime(6)", "timestamp without time zone"
  std::vector<TableIndex> indexes;
  model::Collection collection;  // "aspect": key urn, aspect, version; columns in table order without the key
  std::uint64_t estimated_rows = 0;
  std::uint64_t estimated_bytes = 0;
};

// The key parts that every known shape has; throws Error{unsupported} listing what was found when one is missing or of
// a type that cannot be handled.
std::string shape_to_json(const TableShape& shape);
TableShape shape_from_json(std::string_view text);

// Which server rows come from, by the types that their instants have there; neither holds without an instant.
bool has_types_of_mysql(const model::Collection& collection);
bool has_types_of_postgres(const model::Collection& collection);

// The known stores beside the aspect table (reference: DataHub's documentation of its SQL schema): given the names of
// the tables that exist, those that are left out and why.
struct KnownTable {
  std::string name;
  std::string reason;
};
std::vector<KnownTable> left_out_tables(const std::vector<std::string>& existing, std::string_view aspect_table);

}  // namespace holdfast::platform::datahub
