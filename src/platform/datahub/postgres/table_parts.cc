#include "platform/datahub/postgres/table_parts.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"

namespace holdfast::platform::datahub::postgres {

// Found by argument-dependent lookup, so they stand in the namespace of the types.  Fields that a later version adds
// are absent in older snapshots: the defaults of the structs then hold.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ColumnPart, name, type, type_name, not_null, default_value, identity,
                                                generated, collation, collation_name, order_is_bytes, deterministic,
                                                chars_max, storage, compression, statistics, options, comment, acl)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(IndexPart, name, unique, primary, constraint, constraint_tail, tail,
                                                clustered, replica_identity, comment, constraint_comment)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ConstraintPart, name, kind, definition, comment)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(TriggerPart, name, statement, enabled, comment)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(PublicationPart, name, columns, filter)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Grant, column, grantee, privilege, grantable)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ViewPart, name, kind, definition, options)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(TableParts, schema, table, owner, persistence, tablespace, options,
                                                toast_options, replica_identity, comment, acl, columns, indexes,
                                                constraints, triggers, publications, grants, views, obstacles,
                                                row_security, force_row_security)

const ColumnPart* TableParts::column(std::string_view name) const noexcept {
  for (const ColumnPart& part : columns)
    if (part.name == name) return &part;
  return nullptr;
}

const IndexPart* TableParts::primary_key() const noexcept {
  for (const IndexPart& part : indexes)
    if (part.primary) return &part;
  return nullptr;
}

std::string parts_to_json(const TableParts& parts) {
  return nlohmann::json(parts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

TableParts parts_from_json(std::string_view text) {
  try {
    return nlohmann::json::parse(text).get<TableParts>();
  } catch (const nlohmann::json::exception& error) {
    throw base::Error(base::ErrorKind::corruption,
                      fmt::format("the PostgreSQL table in the snapshot cannot be read: {}", error.what()));
  }
}

}  // namespace holdfast::platform::datahub::postgres
