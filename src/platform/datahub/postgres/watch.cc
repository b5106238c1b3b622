#include "platform/datahub/postgres/watch.h"

#include <fmt/format.h>

namespace holdfast::platform::datahub::postgres {

namespace {

constexpr int k_has_tid_hash = 140000;  // hashtidextended() came with version 14

// Autovacuum holds a lock that it gives up when asked; it writes no rows.
constexpr const char* k_sessions_sql = R"(
SELECT a.pid, coalesce(a.usename, ''), a.application_name, coalesce(host(a.client_addr), 'a local socket'),
       coalesce('holds ' || string_agg(DISTINCT l.mode, ', '), 'last used it ' || date_trunc('second', now() - a.state_change) || ' ago')
FROM pg_catalog.pg_stat_activity a
LEFT JOIN pg_catalog.pg_locks l ON l.pid = a.pid AND l.locktype = 'relation' AND l.relation = pg_catalog.to_regclass($1)
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid() AND a.backend_type = 'client backend'
  AND (l.pid IS NOT NULL OR a.application_name <> 'holdfast' AND a.query ILIKE '%' || $2 || '%'
       AND (a.state <> 'idle' OR a.state_change > now() - interval '5 minutes'))
GROUP BY a.pid, a.usename, a.application_name, a.client_addr, a.state_change
ORDER BY a.pid)";

}  // namespace

Fingerprint take_fingerprint(Client& client, const std::string& qualified_table) {
  const Rows file =
      client.query("SELECT $1::regclass::oid, pg_catalog.pg_relation_filenode($1::regclass)", {qualified_table});
  const char* hash = client.version() >= k_has_tid_hash ? "hashtidextended(ctid, xmin::text::bigint)"
                                                        : "hashtextextended(ctid::text, xmin::text::bigint)";
  const Rows rows = client.query(fmt::format("SELECT count(*), coalesce(sum({}), 0) FROM {}", hash, qualified_table));
  return {file.text(0, 0), file.text(0, 1), rows.text(0, 0), rows.text(0, 1)};
}

std::vector<std::string> sessions_on(Client& client, const std::string& schema, const std::string& table) {
  const Rows rows = client.query(k_sessions_sql, {qualified(schema, table), table});
  std::vector<std::string> out;
  for (std::size_t i = 0; i < rows.size(); ++i)
    out.push_back(fmt::format("pid {}: user '{}', application '{}', from {}, {}", rows.text(i, 0), rows.text(i, 1),
                              rows.text(i, 2), rows.text(i, 3), rows.text(i, 4)));
  return out;
}

}  // namespace holdfast::platform::datahub::postgres
