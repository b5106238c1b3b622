// Fills a server with generated aspects, by the fastest way it has for that: LOAD DATA and COPY.
#pragma once

#include <functional>
#include <memory>

#include "bench/aspects.h"
#include "platform/datahub/sql/store.h"

namespace holdfast::bench {

// Gives the next row, or false at the end.
using RowSource = std::function<bool(Aspect&)>;

// One connection; not thread-safe.  Every call throws base::Error with the server's message.
class Loader {
public:
  virtual ~Loader() = default;
  // The table and the indexes as DataHub's own set-up makes them today; refuses when the table is there.
  virtual void create_table() = 0;
  virtual void insert(const RowSource& rows) = 0;
  // Rows that exist, by key.
  virtual void update(const RowSource& rows) = 0;
  // What the planner knows of a table that was just filled.
  virtual void analyze() = 0;
};

std::unique_ptr<Loader> make_mysql_loader(const platform::datahub::SqlAddress& address);
std::unique_ptr<Loader> make_postgres_loader(const platform::datahub::SqlAddress& address);

// One line of the text form that both servers read: columns between tabs, \N for NULL, backslash escapes.
void append_line(std::string& out, const Aspect& aspect);

}  // namespace holdfast::bench
