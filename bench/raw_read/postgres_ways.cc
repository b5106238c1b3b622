#include <fmt/format.h>
#include <libpq-fe.h>

#include <memory>

#include "base/error.h"
#include "bench/raw_read/reader.h"

namespace holdfast::bench {
namespace {

using platform::datahub::SqlAddress;
using Handle = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

std::string table_of(const SqlAddress& address) {
  return address.table.empty() ? "metadata_aspect_v2" : address.table;
}

Handle connect(const SqlAddress& address) {
  const std::string port = std::to_string(address.port);
  const char* names[] = {"host", "port", "user", "dbname", nullptr};
  const char* values[] = {address.host.c_str(), port.c_str(), address.user.c_str(), address.database.c_str(), nullptr};
  Handle handle(PQconnectdbParams(names, values, 0), PQfinish);
  if (PQstatus(handle.get()) != CONNECTION_OK)
    throw base::Error(base::ErrorKind::unavailable,
                      fmt::format("{}: {}", address.display(), PQerrorMessage(handle.get())));
  return handle;
}

Result run(PGconn* handle, const std::string& sql, ExecStatusType wanted) {
  Result result(PQexec(handle, sql.c_str()), PQclear);
  if (PQresultStatus(result.get()) != wanted)
    throw base::Error(base::ErrorKind::io, fmt::format("{}: {}", sql.substr(0, 60), PQerrorMessage(handle)));
  return result;
}

std::string scalar(PGconn* handle, const std::string& sql) {
  const Result result = run(handle, sql, PGRES_TUPLES_OK);
  return PQgetvalue(result.get(), 0, 0);
}

std::uint64_t copy_out(const SqlAddress& address, const std::string& query) {
  const Handle handle = connect(address);
  run(handle.get(), fmt::format("COPY ({}) TO STDOUT (FORMAT binary)", query), PGRES_COPY_OUT);
  std::uint64_t bytes = 0;
  char* row = nullptr;
  for (int size; (size = PQgetCopyData(handle.get(), &row, 0)) > 0;) {
    bytes += static_cast<std::uint64_t>(size);
    PQfreemem(row);
  }
  const Result end(PQgetResult(handle.get()), PQclear);
  if (PQresultStatus(end.get()) != PGRES_COMMAND_OK)
    throw base::Error(base::ErrorKind::io, PQerrorMessage(handle.get()));
  return bytes;
}

std::vector<std::string> page_ranges(PGconn* handle, const std::string& table, unsigned parts) {
  const std::uint64_t pages = std::stoull(scalar(handle, fmt::format("SELECT pg_relation_size('{}') / 8192", table)));
  std::vector<std::string> ranges;
  for (unsigned i = 0; i < parts; ++i) {
    std::string where = fmt::format("ctid >= '({},0)'", pages * i / parts);
    // The last part has no end, so that pages added meanwhile are read too.
    if (i + 1 < parts) where += fmt::format(" AND ctid < '({},0)'", pages * (i + 1) / parts);
    ranges.push_back(where);
  }
  return ranges;
}

std::vector<std::string> key_ranges(PGconn* handle, const std::string& table, unsigned parts) {
  const std::uint64_t rows = std::stoull(scalar(handle, "SELECT count(*) FROM " + table));
  std::vector<std::string> borders;
  for (unsigned i = 1; i < parts; ++i)
    borders.push_back(scalar(handle, fmt::format("SELECT quote_literal(urn) FROM {} ORDER BY urn OFFSET {} LIMIT 1",
                                                 table, rows * i / parts)));
  std::vector<std::string> ranges;
  for (unsigned i = 0; i < parts; ++i) {
    std::string where = "true";
    if (i > 0) where += " AND urn >= " + borders[i - 1];
    if (i + 1 < parts) where += " AND urn < " + borders[i];
    ranges.push_back(where);
  }
  return ranges;
}

}  // namespace

std::vector<Way> postgres_ways(const SqlAddress& address, unsigned connections) {
  const Handle handle = connect(address);
  const std::string table = table_of(address);
  const auto way = [&](std::string_view name, const std::vector<std::string>& ranges, std::string_view tail) {
    return Way{fmt::format("{}, {} connections", name, connections), [=, tail = std::string(tail)] {
                 return sum_of_threads(connections, [&](unsigned i) {
                   return copy_out(address, fmt::format("SELECT * FROM {} WHERE {}{}", table, ranges[i], tail));
                 });
               }};
  };
  const std::vector<std::string> by_key = key_ranges(handle.get(), table, connections);
  return {way("COPY by ctid range", page_ranges(handle.get(), table, connections), ""),
          way("COPY by key range", by_key, ""),
          way("COPY by key range in key order", by_key, " ORDER BY urn, aspect, version")};
}

}  // namespace holdfast::bench
