#include "platform/datahub/mysql/leftovers.h"

#include <fmt/format.h>

#include <chrono>
#include <map>

#include "platform/datahub/mysql/shape.h"
#include "platform/datahub/sql/names.h"

namespace holdfast::platform::datahub::mysql {

namespace {

constexpr std::size_t k_name_max = 64;  // of MySQL
constexpr std::string_view k_run_mark = "_holdfast_run_";
constexpr std::string_view k_mark_comment = "holdfast: a restore loads ";
constexpr std::string_view k_placeholder_comment = "holdfast: placeholder during a swap";

RunTables names_of(const std::string& table, base::Instant when) {
  const std::string stamp = name_stamp(when);
  return {.mark = marked_prefix(table, k_run_mark, k_name_max) + stamp,
          .shadow = marked_prefix(table, k_shadow_mark, k_name_max) + stamp,
          .previous = marked_prefix(table, k_previous_mark, k_name_max) + stamp};
}

void make_empty_table(Client& client, const std::string& name, const std::string& comment) {
  client.execute(fmt::format("CREATE TABLE {} (id int PRIMARY KEY) COMMENT={}", quote_name(name), quote_text(comment)));
}

std::map<std::string, std::string> table_comments(Client& client) {
  std::map<std::string, std::string> out;
  for (const TextRow& row : client.query(
           "SELECT TABLE_NAME, TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND "
           "TABLE_TYPE = 'BASE TABLE'"))
    out.emplace(row[0].value_or(""), row[1].value_or(""));
  return out;
}

}  // namespace

RunTables free_run_tables(Client& client, const std::string& table, base::Instant now) {
  for (;; now += std::chrono::seconds(1)) {
    RunTables out = names_of(table, now);
    if (!table_exists(client, out.mark) && !table_exists(client, out.shadow) && !table_exists(client, out.previous))
      return out;
  }
}

void make_mark(Client& client, const RunTables& run) {
  make_empty_table(client, run.mark, std::string(k_mark_comment) + run.shadow);
}

void make_placeholder(Client& client, const RunTables& run) {
  make_empty_table(client, run.previous, std::string(k_placeholder_comment));
}

void drop_placeholder(Client& client, const RunTables& run) {
  const auto comments = table_comments(client);
  const auto found = comments.find(run.previous);
  if (found != comments.end() && found->second == k_placeholder_comment)
    client.execute("DROP TABLE " + quote_name(run.previous));
}

std::vector<std::string> leftover_tables(Client& client, const std::string& table) {
  const std::string mark = marked_prefix(table, k_run_mark, k_name_max);
  const std::string shadow = marked_prefix(table, k_shadow_mark, k_name_max);
  const std::string previous = marked_prefix(table, k_previous_mark, k_name_max);
  const auto comments = table_comments(client);
  std::vector<std::string> out;
  for (const auto& [name, comment] : comments) {
    if (name.starts_with(previous) && comment == k_placeholder_comment) out.push_back(name);
    if (!name.starts_with(mark) || !comment.starts_with(k_mark_comment)) continue;
    const std::string loaded = comment.substr(k_mark_comment.size());
    if (loaded.starts_with(shadow) && comments.contains(loaded)) out.push_back(loaded);
    out.push_back(name);
  }
  return out;
}

}  // namespace holdfast::platform::datahub::mysql
