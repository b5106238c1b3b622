// SQL on a warehouse: for what no other call does.
#pragma once

#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "platform/databricks/sql_names.h"
#include "platform/databricks/write_calls.h"

namespace holdfast::platform::databricks {

// The id of the SQL warehouse of this name or id; nullopt: the workspace has none.  Throws Error{config} where several
// are called so.
std::optional<std::string> find_warehouse(const Client& client, const std::string& name_or_id,
                                          const std::stop_token& stop = {});

// The statement did not run: something that it names is not there.
class NamesNothing : public Refused {
public:
  using Refused::Refused;
};

class Statements {  // thread-safe
public:
  // `warehouse` is its name or its id; empty: there is none.  Calls and clock outlive it.
  Statements(const Calls& calls, const base::Clock& clock, std::string warehouse)
      : calls_(calls), clock_(clock), warehouse_(std::move(warehouse)) {}

  bool there() const noexcept { return !warehouse_.empty(); }
  // Starts the warehouse where it is stopped, and waits for the end.  Throws Error{conflict} where the name is taken,
  // NamesNothing where something that the statement names is not there, Error{config} where the warehouse is not,
  // LostAnswer where it may have taken effect, Refused for every other refusal, and Error{cancelled} where it was told
  // to stop: then the statement goes on.
  void run(const std::string& sql, const SqlPlace& place);

private:
  std::string warehouse_id();
  std::string wait_for(std::string answer) const;

  const Calls& calls_;
  const base::Clock& clock_;
  const std::string warehouse_;
  std::mutex mutex_;
  std::string id_;  // empty: not looked for yet
};

}  // namespace holdfast::platform::databricks
