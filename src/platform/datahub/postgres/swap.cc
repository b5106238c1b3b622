#include "platform/datahub/postgres/swap.h"

#include <fmt/format.h>

#include "base/error.h"
#include "platform/datahub/postgres/shape.h"
#include "platform/datahub/postgres/statements.h"

namespace holdfast::platform::datahub::postgres {

namespace {

using base::Error;
using base::ErrorKind;

// A waiting lock queues every session that comes after it, so it waits two seconds at most, then lets them pass.
constexpr int k_lock_tries = 3;
constexpr auto k_between_tries = std::chrono::seconds(1);

// An open transaction would hold the lock for as long as the session lives.
class Transaction {
public:
  explicit Transaction(Client& client) : client_(client) {}
  ~Transaction() {
    if (committed_ || client_.broken()) return;
    try {
      client_.set_stop({});
      client_.execute("ROLLBACK");
    } catch (const Error&) {
      // The server rolls back by itself when the session ends.
    }
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    client_.execute("COMMIT");
    committed_ = true;
  }

private:
  Client& client_;
  bool committed_ = false;
};

void lock_live(Client& client, const SwapPlan& plan, const base::Clock& clock, const std::stop_token& stop) {
  for (int attempt = 1;; ++attempt) {
    try {
      client.execute(fmt::format(
          "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '2s'; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE",
          qualified(plan.wanted.schema, plan.wanted.table)));
      return;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::busy || attempt == k_lock_tries) throw;
    }
    client.execute("ROLLBACK");
    if (!clock.sleep(k_between_tries, stop)) throw Error(ErrorKind::cancelled, "stopped before the swap");
  }
}

[[noreturn]] void refuse(const SwapPlan& plan, std::string_view what) {
  throw Error(ErrorKind::refused,
              fmt::format("table {}.{} {} since the restore began", plan.wanted.schema, plan.wanted.table, what),
              "The live table was not touched; stop DataHub's GMS and every other writer, then restore again.");
}

// Of the live table only: made from a snapshot, without the policies that let somebody in, the table would be shut.
void set_row_security(Client& client, const SwapPlan& plan) {
  const std::string alter = fmt::format("ALTER TABLE {} ", qualified(plan.wanted.schema, plan.wanted.table));
  if (plan.live->row_security) client.execute(alter + "ENABLE ROW LEVEL SECURITY");
  if (plan.live->force_row_security) client.execute(alter + "FORCE ROW LEVEL SECURITY");
}

// The definition as far as a swap carries it; statistics of the planner or sizes are not in it.
bool same_definition(const TableParts& a, const TableParts& b) {
  return parts_to_json(a) == parts_to_json(b);
}

void check_unchanged(Client& client, const SwapPlan& plan) {
  const std::string name = qualified(plan.wanted.schema, plan.wanted.table);
  const bool exists = client.query("SELECT pg_catalog.to_regclass($1) IS NOT NULL", {name}).flag(0, 0);
  if (!plan.live && exists) refuse(plan, "was made");
  if (!plan.live) return;
  if (!exists) refuse(plan, "was dropped");
  const Fingerprint now = take_fingerprint(client, name);
  if (!plan.before || now.table_oid != plan.before->table_oid) refuse(plan, "was replaced by another");
  if (now != *plan.before) refuse(plan, "was written to");
  if (!same_definition(*plan.live, read_parts(client, plan.wanted.schema, plan.wanted.table)))
    refuse(plan, "was altered");
}

void set_live_aside(Client& client, const SwapPlan& plan, const TableParts& live) {
  const std::string& schema = plan.wanted.schema;
  for (const PublicationPart& publication : live.publications)
    client.execute(fmt::format("ALTER PUBLICATION {} DROP TABLE ONLY {}", quote_name(publication.name),
                               qualified(schema, live.table)));
  client.execute(fmt::format("ALTER TABLE {} RENAME TO {}", qualified(schema, live.table), quote_name(plan.previous)));
  // Names of indexes are unique in a schema; renaming one renames the constraint that it belongs to.
  for (std::size_t i = 0; i < live.indexes.size(); ++i)
    client.execute(fmt::format("ALTER INDEX {} RENAME TO {}", qualified(schema, live.indexes[i].name),
                               quote_name(fmt::format("{}_i{}", plan.previous, i + 1))));
}

void bring_shadow_in(Client& client, const SwapPlan& plan) {
  const std::string& schema = plan.wanted.schema;
  client.execute(
      fmt::format("ALTER TABLE {} RENAME TO {}", qualified(schema, plan.shadow), quote_name(plan.wanted.table)));
  if (const auto statement = vacuum_statement(plan.wanted, Vacuum::by_default)) client.execute(*statement);
  for (std::size_t i = 0; i < plan.wanted.indexes.size(); ++i)
    client.execute(fmt::format("ALTER INDEX {} RENAME TO {}", qualified(schema, plan.shadow_indexes[i]),
                               quote_name(plan.wanted.indexes[i].name)));
}

// Default privileges of the schema may have put grants on the new table that the live one never had.
void set_grants(Client& client, const SwapPlan& plan) {
  const std::string name = qualified(plan.wanted.schema, plan.wanted.table);
  const Rows given = client.query(
      "SELECT DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) END,"
      " x.grantee = c.relowner FROM pg_catalog.pg_class c"
      " CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) x"
      " WHERE c.oid = $1::regclass",
      {name});
  for (std::size_t i = 0; i < given.size(); ++i)
    if (!plan.wanted.acl.empty() || !given.flag(i, 1))
      client.execute(fmt::format("REVOKE ALL ON TABLE {} FROM {}", name, given.text(i, 0)));
  for (const std::string& statement : grant_statements(plan.wanted)) client.execute(statement);
}

void dress(Client& client, const SwapPlan& plan) {
  const std::string name = qualified(plan.wanted.schema, plan.wanted.table);
  client.execute(fmt::format("COMMENT ON TABLE {} IS NULL", name));
  for (const std::string& statement : trimming_statements(plan.wanted)) client.execute(statement);
  for (const std::string& statement : trigger_statements(plan.wanted)) client.execute(statement);
  if (!plan.wanted.owner.empty())
    client.execute(fmt::format("ALTER TABLE {} OWNER TO {}", name, quote_name(plan.wanted.owner)));
  set_grants(client, plan);
  for (const PublicationPart& publication : plan.wanted.publications)
    client.execute(publication_statement(plan.wanted, publication));
  // A view holds on to the table that it was made for; made again it finds the new one by its name.
  for (const ViewPart& view : plan.wanted.views)
    client.execute(fmt::format("CREATE OR REPLACE VIEW {}{} AS {}", view.name,
                               view.options.empty() ? "" : fmt::format(" WITH ({})", view.options), view.definition));
}

void finish_previous(Client& client, const SwapPlan& plan) {
  const std::string previous = qualified(plan.wanted.schema, plan.previous);
  if (plan.drop_previous) {
    client.execute("DROP TABLE " + previous);
    return;
  }
  client.execute(
      fmt::format("COMMENT ON TABLE {} IS {}", previous,
                  quote_text("kept by holdfast: the table before snapshot " + plan.snapshot + " was restored")));
}

}  // namespace

void swap_tables(Client& client, const SwapPlan& plan, const base::Clock& clock, std::stop_token stop) {
  Transaction transaction(client);
  if (plan.live)
    lock_live(client, plan, clock, stop);
  else
    client.execute("BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '2s'");
  check_unchanged(client, plan);
  if (plan.live) set_live_aside(client, plan, *plan.live);
  bring_shadow_in(client, plan);
  dress(client, plan);
  if (plan.live) set_row_security(client, plan);
  if (plan.live) finish_previous(client, plan);
  transaction.commit();
}

}  // namespace holdfast::platform::datahub::postgres
