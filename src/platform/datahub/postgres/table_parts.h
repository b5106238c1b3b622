// All that PostgreSQL's catalogue tells of one table, part by part, so that an equal table can be made and a swap loses
// nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::platform::datahub::postgres {

// Texts are as the server prints them, names without quotes; empty means: not set.
struct ColumnPart {
  std::string name;
  std::string type;       // "character varying(500)"
  std::string type_name;  // "varchar"; with its schema when that is not pg_catalog
  bool not_null = false;
  std::string default_value;    // expression
  std::string identity;         // "a" always, "d" by default
  std::string generated;        // "s" stored; such a column cannot be loaded
  std::string collation;        // quoted and qualified, when it is not the type's own
  std::string collation_name;   // in force: "default", "C", "en-x-icu"
  bool order_is_bytes = false;  // of the collation in force
  bool deterministic = true;    // a collation that is not holds different texts for equal
  int chars_max = 0;            // of varchar(n); 0: no limit
  std::string storage;          // EXTENDED, EXTERNAL, MAIN, PLAIN when it is not the type's own
  std::string compression;      // "pglz", "lz4"
  int statistics = -1;
  std::vector<std::string> options;  // "n_distinct=5"
  std::string comment;
  std::string acl;
};

struct IndexPart {
  std::string name;
  bool unique = false;
  bool primary = false;
  bool constraint = false;      // made by a PRIMARY KEY or UNIQUE constraint of the same name
  std::string constraint_tail;  // "DEFERRABLE INITIALLY DEFERRED"
  std::string tail;             // "USING btree (urn, aspect) WHERE (version = 0)"
  bool clustered = false;
  bool replica_identity = false;
  std::string comment;
  std::string constraint_comment;
};

struct ConstraintPart {  // check, foreign key, exclusion
  std::string name;
  std::string kind;  // "c", "f", "x"
  std::string definition;
  std::string comment;
};

struct TriggerPart {
  std::string name;
  std::string statement;  // CREATE TRIGGER … ON schema.table …
  std::string enabled;    // "O" origin, "D" disabled, "R" replica, "A" always
  std::string comment;
};

struct PublicationPart {  // a membership that names the table; FOR ALL TABLES needs nothing
  std::string name;
  std::string columns;  // "urn, aspect"; empty: all
  std::string filter;   // expression
};

struct Grant {
  std::string column;     // empty: the table
  std::string grantee;    // empty: PUBLIC
  std::string privilege;  // "SELECT"
  bool grantable = false;
};

struct ViewPart {
  std::string name;        // quoted and qualified
  std::string kind;        // "v", "m"
  std::string definition;  // SELECT …
  std::string options;     // "security_barrier=true"
};

struct TableParts {
  std::string schema;
  std::string table;
  std::string owner;
  std::string persistence;  // "p", "u"
  std::string tablespace;
  std::vector<std::string> options;        // "fillfactor=90"
  std::vector<std::string> toast_options;  // "autovacuum_enabled=false"
  std::string replica_identity;            // "d", "n", "f", "i"
  std::string comment;
  std::string acl;  // empty: never granted anything, the owner's defaults hold
  std::vector<ColumnPart> columns;
  std::vector<IndexPart> indexes;
  std::vector<ConstraintPart> constraints;
  std::vector<TriggerPart> triggers;
  std::vector<PublicationPart> publications;
  std::vector<Grant> grants;
  std::vector<ViewPart> views;         // that read the table
  std::vector<std::string> obstacles;  // what a swap could not carry over, each a phrase
  bool row_security = false;
  bool force_row_security = false;  // also for the owner

  const ColumnPart* column(std::string_view name) const noexcept;
  const IndexPart* primary_key() const noexcept;
};

std::string parts_to_json(const TableParts& parts);
TableParts parts_from_json(std::string_view text);  // throws Error{corruption}

}  // namespace holdfast::platform::datahub::postgres
