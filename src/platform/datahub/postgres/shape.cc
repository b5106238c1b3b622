#include "platform/datahub/postgres/shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "platform/datahub/postgres/statements.h"

namespace holdfast::platform::datahub::postgres {

namespace {

using base::Error;
using base::ErrorKind;

constexpr const char* k_key_columns[] = {"urn", "aspect", "version"};

// Catalogue columns that not every server version has are read through to_jsonb(): an absent one is NULL there, no
// error.
constexpr const char* k_columns_sql = R"(
SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
       CASE WHEN tn.nspname = 'pg_catalog' THEN t.typname ELSE tn.nspname || '.' || t.typname END,
       a.attnotnull, pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
       CASE WHEN a.attcollation NOT IN (0, t.typcollation)
            THEN pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(c.collname) END,
       c.collname,
       coalesce(CASE WHEN c.collname = 'default'
            THEN coalesce(j.db->>'datlocprovider', 'c') = 'c' AND j.db->>'datcollate' IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8', 'C.UTF8')
                 OR j.db->>'datlocprovider' = 'b' AND j.db->>'datlocale' IN ('C', 'C.UTF-8')
            ELSE c.collname IN ('C', 'POSIX', 'ucs_basic')
                 OR c.collprovider = 'c' AND c.collcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8', 'C.UTF8') END, false),
       coalesce(c.collisdeterministic, true),
       CASE WHEN t.typname = 'varchar' AND a.atttypmod > 4 THEN a.atttypmod - 4 ELSE 0 END,
       CASE WHEN a.attstorage <> t.typstorage THEN
            CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
       CASE pg_catalog.to_jsonb(a)->>'attcompression' WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
       coalesce(a.attstattarget, -1), 
       -- what ALTER TABLE can set, and nothing that a server keeps there for itself
       (SELECT pg_catalog.string_agg(o, E'\n') FROM pg_catalog.unnest(a.attoptions) o WHERE o LIKE 'n\_distinct%'),
       pg_catalog.col_description(a.attrelid, a.attnum), a.attacl::text
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation
LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = c.collnamespace
CROSS JOIN (SELECT pg_catalog.to_jsonb(b) AS db FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database()) j
WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum)";

constexpr const char* k_indexes_sql = R"(
SELECT c.relname, i.indisunique, i.indisprimary, k.oid IS NOT NULL,
       CASE WHEN k.condeferrable THEN 'DEFERRABLE' || CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END END,
       pg_catalog.pg_get_indexdef(i.indexrelid), i.indisclustered, i.indisreplident,
       pg_catalog.obj_description(i.indexrelid, 'pg_class'), pg_catalog.obj_description(k.oid, 'pg_constraint')
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u')
WHERE i.indrelid = $1::oid AND i.indisvalid
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint x WHERE x.conindid = i.indexrelid AND x.contype = 'x')
ORDER BY i.indisprimary DESC, c.relname)";

constexpr const char* k_constraints_sql = R"(
SELECT conname, contype, pg_catalog.pg_get_constraintdef(oid), pg_catalog.obj_description(oid, 'pg_constraint')
FROM pg_catalog.pg_constraint WHERE conrelid = $1::oid AND contype IN ('c', 'f', 'x') ORDER BY conname)";

constexpr const char* k_triggers_sql = R"(
SELECT tgname, pg_catalog.pg_get_triggerdef(oid), tgenabled, pg_catalog.obj_description(oid, 'pg_trigger')
FROM pg_catalog.pg_trigger WHERE tgrelid = $1::oid AND NOT tgisinternal ORDER BY tgname)";

constexpr const char* k_publications_sql = R"(
SELECT p.pubname,
       (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)),
       pg_catalog.pg_get_expr(r.prqual, r.prrelid)
FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
WHERE r.prrelid = $1::oid ORDER BY p.pubname)";

// Column lists and row filters came with version 15.
constexpr int k_has_publication_lists = 150000;
constexpr const char* k_plain_publications_sql = R"(
SELECT p.pubname, NULL, NULL FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
WHERE r.prrelid = $1::oid ORDER BY p.pubname)";

constexpr const char* k_grants_sql = R"(
SELECT '', coalesce(g.rolname, ''), x.privilege_type, x.is_grantable
FROM pg_catalog.pg_class c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) x LEFT JOIN pg_catalog.pg_roles g ON g.oid = x.grantee
WHERE c.oid = $1::oid
UNION ALL
SELECT a.attname, coalesce(g.rolname, ''), x.privilege_type, x.is_grantable
FROM pg_catalog.pg_attribute a CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) x LEFT JOIN pg_catalog.pg_roles g ON g.oid = x.grantee
WHERE a.attrelid = $1::oid AND NOT a.attisdropped)";

constexpr const char* k_views_sql = R"(
SELECT DISTINCT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(v.relname), v.relkind,
       pg_catalog.pg_get_viewdef(v.oid), pg_catalog.array_to_string(v.reloptions, ', ')
FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
JOIN pg_catalog.pg_class v ON v.oid = r.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
  AND d.refobjid = $1::oid AND v.oid <> $1::oid AND r.rulename = '_RETURN')";

// What would be lost without a word if the table were swapped.
constexpr const char* k_obstacles_sql = R"(
SELECT 'foreign key ' || conname || ' of ' || conrelid::regclass FROM pg_catalog.pg_constraint
WHERE confrelid = $1::oid AND conrelid <> $1::oid AND contype = 'f'
UNION ALL SELECT 'row security policy ' || polname FROM pg_catalog.pg_policy WHERE polrelid = $1::oid
UNION ALL SELECT 'rule ' || rulename FROM pg_catalog.pg_rewrite WHERE ev_class = $1::oid
UNION ALL SELECT 'identity column ' || attname FROM pg_catalog.pg_attribute WHERE attrelid = $1::oid AND attidentity <> ''
UNION ALL SELECT 'sequence ' || objid::regclass || ' of a column' FROM pg_catalog.pg_depend
  WHERE refobjid = $1::oid AND refclassid = 'pg_catalog.pg_class'::regclass AND classid = refclassid AND deptype = 'a'
    AND objid IN (SELECT oid FROM pg_catalog.pg_class WHERE relkind = 'S')
UNION ALL SELECT 'exclusion constraint ' || conname FROM pg_catalog.pg_constraint WHERE conrelid = $1::oid AND contype = 'x'
UNION ALL SELECT 'materialized view ' || v.oid::regclass FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid JOIN pg_catalog.pg_class v ON v.oid = r.ev_class
  WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refobjid = $1::oid AND v.relkind = 'm'
UNION ALL SELECT 'extended statistics ' || stxname FROM pg_catalog.pg_statistic_ext WHERE stxrelid = $1::oid
UNION ALL SELECT 'a function or type that depends on the table''s row type' FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_class c ON c.reltype = d.refobjid
  WHERE c.oid = $1::oid AND d.refclassid = 'pg_catalog.pg_type'::regclass AND d.deptype = 'n'
UNION ALL SELECT 'security label of ' || provider FROM pg_catalog.pg_seclabel
  WHERE classoid = 'pg_catalog.pg_class'::regclass AND objoid = $1::oid
UNION ALL SELECT 'subscription ' || s.subname FROM pg_catalog.pg_subscription_rel r
  JOIN pg_catalog.pg_subscription s ON s.oid = r.srsubid WHERE r.srrelid = $1::oid
UNION ALL SELECT 'membership in extension ' || e.extname FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = $1::oid AND d.deptype = 'e'
    AND d.refclassid = 'pg_catalog.pg_extension'::regclass
-- Whatever else holds on to the table itself would stay with the old one: functions with a parsed body, rules and
-- policies of other tables, defaults and triggers that name it.  Left out: what is the table's own or was named above,
-- and views, which are made again.
UNION ALL SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, 0) FROM pg_catalog.pg_depend d
  WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = $1::oid AND d.deptype IN ('n', 'a')
    AND NOT (d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = $1::oid)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE d.classid = 'pg_catalog.pg_class'::regclass
      AND oid = d.objid AND relkind IN ('i', 'S'))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_rewrite WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass
      AND oid = d.objid AND (ev_class = $1::oid OR rulename = '_RETURN'))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE d.classid = 'pg_catalog.pg_constraint'::regclass
      AND oid = d.objid AND (conrelid = $1::oid OR confrelid = $1::oid))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE d.classid = 'pg_catalog.pg_trigger'::regclass
      AND oid = d.objid AND (tgrelid = $1::oid OR tgisinternal))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_attrdef WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass
      AND oid = d.objid AND adrelid = $1::oid)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy WHERE d.classid = 'pg_catalog.pg_policy'::regclass
      AND oid = d.objid AND polrelid = $1::oid)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_statistic_ext WHERE d.classid = 'pg_catalog.pg_statistic_ext'::regclass
      AND oid = d.objid AND stxrelid = $1::oid)
    AND d.classid <> 'pg_catalog.pg_publication_rel'::regclass)";

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    out.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return out;
}

ColumnPart column_of(const Rows& rows, std::size_t row) {
  ColumnPart out;
  out.name = rows.text(row, 0);
  out.type = rows.text(row, 1);
  out.type_name = rows.text(row, 2);
  out.not_null = rows.flag(row, 3);
  out.default_value = rows.text(row, 4);
  out.identity = rows.text(row, 5);
  out.generated = rows.text(row, 6);
  out.collation = rows.text(row, 7);
  out.collation_name = rows.text(row, 8);
  out.order_is_bytes = rows.flag(row, 9);
  out.deterministic = rows.flag(row, 10);
  out.chars_max = static_cast<int>(rows.number(row, 11));
  out.storage = rows.text(row, 12);
  out.compression = rows.text(row, 13);
  out.statistics = static_cast<int>(rows.number(row, 14));
  out.options = lines(rows.text(row, 15));
  out.comment = rows.text(row, 16);
  out.acl = rows.text(row, 17);
  return out;
}

IndexPart index_of(const Rows& rows, std::size_t row) {
  IndexPart out;
  out.name = rows.text(row, 0);
  out.unique = rows.flag(row, 1);
  out.primary = rows.flag(row, 2);
  out.constraint = rows.flag(row, 3);
  out.constraint_tail = rows.text(row, 4);
  out.tail = index_tail(rows.text(row, 5));
  out.clustered = rows.flag(row, 6);
  out.replica_identity = rows.flag(row, 7);
  out.comment = rows.text(row, 8);
  out.constraint_comment = rows.text(row, 9);
  return out;
}

void refuse_kind(const std::string& name, const Rows& found) {
  const std::string kind = found.text(0, 1);
  std::string what;
  if (kind == "p")
    what = "a partitioned table";
  else if (kind == "v")
    what = "a view";
  else if (kind == "m")
    what = "a materialized view";
  else if (kind == "f")
    what = "a foreign table";
  else if (kind != "r")
    what = fmt::format("a relation of kind '{}'", kind);
  else if (found.flag(0, 13))
    what = "a partition, or inherits from another table";
  else if (found.flag(0, 12))
    what = "the parent of inheriting tables";
  if (what.empty()) return;
  throw Error(ErrorKind::unsupported, fmt::format("{} is {}", name, what),
              "Holdfast knows DataHub's plain tables; name another with the option table= of sql.url.");
}

void read_lists(Client& client, const std::string& oid, TableParts& parts) {
  const Rows columns = client.query(k_columns_sql, {oid});
  for (std::size_t i = 0; i < columns.size(); ++i) parts.columns.push_back(column_of(columns, i));
  const Rows indexes = client.query(k_indexes_sql, {oid});
  for (std::size_t i = 0; i < indexes.size(); ++i) parts.indexes.push_back(index_of(indexes, i));
  const Rows constraints = client.query(k_constraints_sql, {oid});
  for (std::size_t i = 0; i < constraints.size(); ++i)
    parts.constraints.push_back(
        {constraints.text(i, 0), constraints.text(i, 1), constraints.text(i, 2), constraints.text(i, 3)});
  const Rows triggers = client.query(k_triggers_sql, {oid});
  for (std::size_t i = 0; i < triggers.size(); ++i)
    parts.triggers.push_back({triggers.text(i, 0), triggers.text(i, 1), triggers.text(i, 2), triggers.text(i, 3)});
  const Rows publications =
      client.query(client.version() >= k_has_publication_lists ? k_publications_sql : k_plain_publications_sql, {oid});
  for (std::size_t i = 0; i < publications.size(); ++i)
    parts.publications.push_back({publications.text(i, 0), publications.text(i, 1), publications.text(i, 2)});
  const Rows grants = client.query(k_grants_sql, {oid});
  for (std::size_t i = 0; i < grants.size(); ++i)
    parts.grants.push_back({grants.text(i, 0), grants.text(i, 1), grants.text(i, 2), grants.flag(i, 3)});
  const Rows views = client.query(k_views_sql, {oid});
  for (std::size_t i = 0; i < views.size(); ++i)
    parts.views.push_back({views.text(i, 0), views.text(i, 1), views.text(i, 2), views.text(i, 3)});
  const Rows obstacles = client.query(k_obstacles_sql, {oid});
  for (std::size_t i = 0; i < obstacles.size(); ++i) parts.obstacles.push_back(obstacles.text(i, 0));
}

std::string columns_found(const TableParts& parts) {
  std::string out;
  for (const ColumnPart& column : parts.columns)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", column.name, column.type);
  return out;
}

[[noreturn]] void unknown_shape(const TableParts& parts, const std::string& problem) {
  const IndexPart* key = parts.primary_key();
  throw Error(ErrorKind::unsupported,
              fmt::format("table {}.{} is no aspect table that Holdfast knows: {}; found: {}; primary key: {}",
                          parts.schema, parts.table, problem, columns_found(parts), key ? key->tail : "none"),
              "Name DataHub's aspect table with the options schema= and table= of sql.url.");
}

void check_key(const TableParts& parts) {
  for (const char* name : k_key_columns) {
    const ColumnPart* column = parts.column(name);
    if (column == nullptr) unknown_shape(parts, fmt::format("column {} is missing", name));
    const bool text = column->type_name == "varchar" || column->type_name == "text";
    const bool integer = column->type_name == "int8" || column->type_name == "int4";
    if (std::string_view(name) == "version" ? !integer : !text)
      unknown_shape(parts, fmt::format("column {} is of type {}", name, column->type));
  }
  const IndexPart* key = parts.primary_key();
  if (key == nullptr || !key->tail.starts_with("USING btree (urn, aspect, version)"))
    unknown_shape(parts, "the primary key is not (urn, aspect, version)");
}

model::ColumnContent content_of(const ColumnPart& column) {
  const std::string& type = column.type_name;
  if (type == "timestamp" || type == "timestamptz") return model::ColumnContent::instant;
  if (type == "bytea") return model::ColumnContent::bytes;
  if (type == "json" || type == "jsonb") return model::ColumnContent::json;
  for (const std::string_view number : {"int2", "int4", "int8", "numeric", "float4", "float8"})
    if (type == number) return model::ColumnContent::number;
  // DataHub keeps JSON as text.
  if (column.name == "metadata" || column.name == "systemmetadata") return model::ColumnContent::json;
  return model::ColumnContent::text;
}

bool is_key(const std::string& name) {
  return std::any_of(std::begin(k_key_columns), std::end(k_key_columns), [&](const char* key) { return name == key; });
}

}  // namespace

std::optional<std::string> find_table(Client& client, const SqlAddress& address) {
  std::vector<std::string> names = {address.table};
  if (address.table.empty()) names = {"metadata_aspect_v2", "metadata_aspect"};
  for (const std::string& name : names) {
    const Rows rows = client.query("SELECT pg_catalog.to_regclass($1) IS NOT NULL", {qualified(address.schema, name)});
    if (rows.flag(0, 0)) return name;
  }
  return std::nullopt;
}

TableParts read_parts(Client& client, const std::string& schema, const std::string& table) {
  const std::string name = qualified(schema, table);
  const Rows found = client.query(
      "SELECT c.oid, c.relkind, pg_catalog.pg_get_userbyid(c.relowner), c.relpersistence, s.spcname,"
      " pg_catalog.array_to_string(c.reloptions, E'\\n'), pg_catalog.array_to_string(t.reloptions, E'\\n'), "
      "c.relreplident,"
      " pg_catalog.obj_description(c.oid, 'pg_class'), c.relacl::text, c.relrowsecurity, "
      "c.relforcerowsecurity,"
      " EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhparent = c.oid),"
      " EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhrelid = c.oid)"
      " FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid"
      " LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace WHERE c.oid = pg_catalog.to_regclass($1)",
      {name});
  if (found.empty())
    throw Error(ErrorKind::not_found, fmt::format("table {}.{} does not exist", schema, table),
                "Check database, schema and table in sql.url.");
  refuse_kind(fmt::format("{}.{}", schema, table), found);
  TableParts parts;
  parts.schema = schema;
  parts.table = table;
  parts.owner = found.text(0, 2);
  parts.persistence = found.text(0, 3);
  parts.tablespace = found.text(0, 4);
  parts.options = lines(found.text(0, 5));
  parts.toast_options = lines(found.text(0, 6));
  parts.replica_identity = found.text(0, 7);
  parts.comment = found.text(0, 8);
  parts.acl = found.text(0, 9);
  parts.row_security = found.flag(0, 10);
  parts.force_row_security = found.flag(0, 11);
  read_lists(client, found.text(0, 0), parts);
  return parts;
}

model::Collection make_collection(const TableParts& parts) {
  model::Collection out;
  out.name = "aspect";
  out.key = {{"urn", model::KeyPartType::text},
             {"aspect", model::KeyPartType::text},
             {"version", model::KeyPartType::integer}};
  for (const ColumnPart& column : parts.columns) {
    if (is_key(column.name) || !column.generated.empty()) continue;
    out.columns.push_back({column.name, column.type, content_of(column), !column.not_null});
  }
  return out;
}

TableShape make_shape(Client& client, const SqlAddress& address, const TableParts& parts) {
  check_key(parts);
  TableShape shape;
  shape.engine = "postgresql";
  shape.server_version = client.setting("server_version");
  shape.database = address.database;
  shape.schema = parts.schema;
  shape.table = parts.table;
  for (const std::string& statement : create_statements(parts)) shape.ddl += statement + ";\n";
  const ColumnPart& urn = *parts.column("urn");
  const ColumnPart& aspect = *parts.column("aspect");
  shape.key_collation = urn.collation_name == aspect.collation_name
                            ? urn.collation_name
                            : fmt::format("{}, {}", urn.collation_name, aspect.collation_name);
  if (shape.key_collation == "default") {
    const Rows database =
        client.query("SELECT datcollate FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()");
    shape.key_collation = database.text(0, 0);
  }
  shape.key_order_is_bytes = urn.order_is_bytes && aspect.order_is_bytes;
  if (const ColumnPart* createdon = parts.column("createdon")) shape.createdon_type = createdon->type;
  for (const IndexPart& index : parts.indexes)
    shape.indexes.push_back({index.name, index_statement(parts, index), index.primary, index.unique});
  shape.collection = make_collection(parts);
  const Rows size = client.query(
      "SELECT pg_catalog.pg_table_size(c.oid), CASE WHEN c.reltuples < 0 OR c.relpages = 0 THEN -1 ELSE"
      " (c.reltuples * (pg_catalog.pg_relation_size(c.oid) / current_setting('block_size')::bigint) / "
      "c.relpages)::bigint END"
      " FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass($1)",
      {qualified(parts.schema, parts.table)});
  shape.estimated_bytes = static_cast<std::uint64_t>(size.number(0, 0));
  // A table that was never analysed has no estimate: DataHub's rows take some 700 bytes.
  const std::int64_t rows = size.number(0, 1);
  shape.estimated_rows = rows >= 0 ? static_cast<std::uint64_t>(rows) : shape.estimated_bytes / 700;
  return shape;
}

std::vector<std::string> list_tables(Client& client, const std::string& schema) {
  const Rows rows = client.query(
      "SELECT CASE WHEN n.nspname = $1 THEN c.relname ELSE n.nspname || '.' || c.relname END"
      " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
      " WHERE c.relkind IN ('r', 'p', 'm', 'f') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', "
      "'information_schema')"
      " AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1",
      {schema});
  std::vector<std::string> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(rows.text(i, 0));
  return out;
}

}  // namespace holdfast::platform::datahub::postgres
