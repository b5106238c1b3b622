// Reads what the catalogue tells of the aspect table, and says whether Holdfast can work with it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/datahub/postgres/client.h"
#include "platform/datahub/postgres/table_parts.h"
#include "platform/datahub/sql/shape.h"

namespace holdfast::platform::datahub::postgres {

// The table that the address means: its own, else metadata_aspect_v2, else metadata_aspect.  nullopt: none of them
// exists.
std::optional<std::string> find_table(Client& client, const SqlAddress& address);

// Everything of an existing table.  Throws Error{unsupported} for what is no plain table (partitioned, inherited, a
// view).
TableParts read_parts(Client& client, const std::string& schema, const std::string& table);

// The parts in the form that both engines share.  Throws Error{unsupported} listing what was found when a key column is
// missing or of a type that cannot be handled.
TableShape make_shape(Client& client, const SqlAddress& address, const TableParts& parts);

// The columns that are captured: all but the key and those that the server computes.
model::Collection make_collection(const TableParts& parts);

// Every table of the database outside of the catalogue; those of other schemas with their schema
// ("queue.metadata_queue_topic").
std::vector<std::string> list_tables(Client& client, const std::string& schema);

}  // namespace holdfast::platform::datahub::postgres
