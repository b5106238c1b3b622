// SQL that makes views and external tables, as a warehouse runs it.
#pragma once

#include <stdexcept>
#include <string>

#include "sim/databricks/router.h"
#include "sim/databricks/world.h"

namespace holdfast::sim::databricks {

// What a warehouse says of a statement that it could not run: "[PARSE_SYNTAX_ERROR] …".
class SqlError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

struct SqlContext {
  std::string catalog;  // of names that are not whole
  std::string schema;
  std::string user;  // who owns what is made
};
// Throws SqlError, also for every statement that is none of those at the head of definitions.cc.
void run_definition(World& world, const std::string& text, const SqlContext& context);

void add_sql_statement_routes(Router& router);
void found_sql_statements(World& world);

}  // namespace holdfast::sim::databricks
