// What exists in a workspace at the beginning of a capture: every kind listed once, in parallel, keys sorted in memory.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/row.h"
#include "platform/databricks/client.h"
#include "platform/databricks/kinds.h"

namespace holdfast::platform::databricks {

struct Item {
  base::Bytes key;
  std::string element;  // of the list, as the platform sent it
};

struct Unlisted {  // keys of which it is not known whether they exist
  base::KeyRange stretch;
  std::string reason;
};

// All resources of one kind.
struct Stock {
  const KindEntry* entry = nullptr;
  std::vector<Item> items;             // by key, each key once
  std::vector<Unlisted> unlisted;      // by start; they may overlap
  std::optional<base::Error> failure;  // nothing is known
  std::string not_available;           // this workspace has no such kind, in the platform's words; empty: it has
};

struct Inventory {
  std::vector<Stock> stocks;                         // in the order of all_kinds()
  std::map<std::string, std::size_t> unknown_types;  // objects of the tree of no known type
  std::vector<std::string> unfinished;               // DBFS files that a restore has left half-way
  std::size_t dbfs_left_out = 0;                     // files and folders on DBFS that somebody does not want
  // The credentials were taken no more at some time: what was listed until then is good.
  std::optional<base::Error> signed_out;
};

struct InventoryOptions {
  Cluster* cluster = nullptr;  // kinds that only a cluster tells are there where there is one; it is closed afterwards
  std::vector<std::string> dbfs_leave_out{};  // what is on DBFS at such paths is counted, and not looked into
};

// Asks with up to `parallel` calls at once.  What cannot be listed is told in the Stock, also where that is because the
// credentials are taken no more; throws only what else ends_the_run().
Inventory take_inventory(const Client& client, unsigned parallel, std::stop_token stop, InventoryOptions options = {});

// The key of a resource by an element of a list, or by its body.
base::Bytes key_of(const KindEntry& entry, std::string_view json);

// Runs task(0) … task(count - 1) on up to `parallel` threads; rethrows the first error.
void for_each_parallel(std::size_t count, unsigned parallel,
                       const std::function<void(std::size_t, std::stop_token)>& task, std::stop_token stop);

}  // namespace holdfast::platform::databricks
