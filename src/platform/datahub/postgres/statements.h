// SQL text made from the parts of a table.  Pure: no server is asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/datahub/postgres/table_parts.h"

namespace holdfast::platform::datahub::postgres {

std::string quote_text(std::string_view text);                  // 'text', also where it holds a backslash
std::string text_array(const std::vector<std::string>& items);  // {"a","b"}, as a parameter

// From " USING " on of what pg_get_indexdef() printed.
std::string index_tail(const std::string& definition);
std::string index_statement(const TableParts& parts, const IndexPart& index);

// CREATE TABLE with columns, options and check constraints, without indexes.
std::string create_table(const TableParts& parts);
// Storage, statistics and comments of columns, the table's own comment left out.
std::vector<std::string> column_statements(const TableParts& parts);
// Whether the server may vacuum and analyse the table by itself.  Left alone while it is loaded: its vacuum would hold
// up our own locks, for a second or more each.  Settings of its own stay; nullopt where it has both.
enum class Vacuum { never, by_default };
std::optional<std::string> vacuum_statement(const TableParts& parts, Vacuum vacuum);
// Comments on table, indexes and constraints; the replica identity; the index that CLUSTER uses.
std::vector<std::string> trimming_statements(const TableParts& parts);
std::vector<std::string> grant_statements(const TableParts& parts);
std::vector<std::string> trigger_statements(const TableParts& parts);
std::string publication_statement(const TableParts& parts, const PublicationPart& publication);

// All of it: what makes an equal, empty table on a server that has the roles, functions and publications.
std::vector<std::string> create_statements(const TableParts& parts);

}  // namespace holdfast::platform::datahub::postgres
