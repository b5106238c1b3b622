#include "platform/databricks/inventory.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/key.h"
#include "base/task_group.h"
#include "model/glob.h"
#include "model/json_path.h"
#include "model/json_text.h"
#include "platform/databricks/cluster_kinds.h"
#include "platform/databricks/conf_keys.h"
#include "platform/databricks/placeholders.h"
#include "platform/databricks/tree_walk.h"
#include "platform/databricks/tree_writer.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;
using model::JsonPath;
using model::JsonText;
using Source = KindEntry::Source;

bool holds(const model::Condition& condition, const JsonText& json) {
  const JsonText::Id id = JsonPath(condition.field).find(json);
  return id != JsonText::k_none && (condition.equals.empty() || json.raw(id) == condition.equals);
}

bool is_skipped(const KindEntry& entry, const JsonText& json) {
  return std::any_of(entry.skipped.begin(), entry.skipped.end(),
                     [&](const model::Condition& condition) { return holds(condition, json); });
}

// Below the home of a user, what was deleted and waits to be forgotten.
bool is_trash(std::string_view path) {
  return path.starts_with("/Users/") && path.ends_with("/Trash") && std::count(path.begin(), path.end(), '/') == 3;
}

// Other people's storage, samples, and what the platform keeps for itself.
bool is_foreign_dbfs(std::string_view path) {
  for (const std::string_view foreign : {"/databricks-datasets", "/databricks-results", "/mnt", "/Volumes"})
    if (path == foreign || (path.starts_with(foreign) && path[foreign.size()] == '/')) return true;
  return path.starts_with("/databricks/mlflow");
}

// Every name that goes on after `text`.
base::KeyRange beginning_with(const std::string& text) {
  base::Bytes prefix;
  base::append_text(prefix, text);
  prefix.resize(prefix.size() - 2);  // without the mark of the end
  return {.from = prefix, .to = base::after_prefix(prefix)};
}

class Taking {
public:
  Taking(const Client& client, unsigned parallel, std::stop_token stop, InventoryOptions options)
      : client_(client), parallel_(parallel), stop_(std::move(stop)), options_(std::move(options)) {
    for (const KindEntry& entry : all_kinds())
      if (entry.source != Source::cluster || options_.cluster != nullptr)
        inventory_.stocks.push_back({.entry = &entry, .items = {}, .unlisted = {}, .failure = {}, .not_available = {}});
  }

  // Each has families of its own to wait for: the tree, DBFS, and everything else.  A cluster takes its time.
  Inventory run() {
    base::TaskGroup group(stop_);
    group.spawn([this](const std::stop_token& stop) { list_kinds(stop); });
    group.spawn(
        [this](const std::stop_token& stop) { guard({stocks_of(Source::tree)}, stop, [&] { walk_workspace(stop); }); });
    group.spawn(
        [this](const std::stop_token& stop) { guard({stocks_of(Source::dbfs)}, stop, [&] { walk_dbfs(stop); }); });
    if (options_.cluster != nullptr) group.spawn([this](const std::stop_token& stop) { ask_cluster(stop); });
    group.wait();
    if (stop_.stop_requested()) throw Error(ErrorKind::cancelled, "reading the workspace was stopped");
    for (Stock& stock : inventory_.stocks) finish(stock);
    return std::move(inventory_);
  }

private:
  std::vector<Stock*> stocks_of(Source source) {
    std::vector<Stock*> out;
    for (Stock& stock : inventory_.stocks)
      if (stock.entry->source == source) out.push_back(&stock);
    return out;
  }
  Stock* stock_of(std::string_view kind) {
    for (Stock& stock : inventory_.stocks)
      if (stock.entry->kind.collection.name == kind) return &stock;
    return nullptr;
  }

  // What goes wrong is told of the kinds that it concerns.
  template <class Work>
  void guard(const std::vector<Stock*>& stocks, const std::stop_token& stop, Work&& work) {
    try {
      work();
    } catch (const Refused& refused) {
      if (is_signed_out(refused)) sign_out(refused);
      for (Stock* stock : stocks) refuse(*stock, refused);
    } catch (const Error& error) {
      if (is_signed_out(error)) {
        sign_out(error);
      } else if (ends_the_run(error) || stop.stop_requested()) {
        throw;
      }
      for (Stock* stock : stocks) stock->failure = error;
    }
  }
  void sign_out(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!inventory_.signed_out) inventory_.signed_out = error;
  }
  static void refuse(Stock& stock, const Refused& refused) {
    // What there is once at most is not here when it is not there.
    const bool once = stock.entry != nullptr && stock.entry->source == Source::once;
    const bool none = once && refused.status() == net::Status::not_found;
    if (refused.status() == net::Status::feature_absent || none) {
      stock.not_available = refused.message();
    } else {
      stock.failure = refused;
    }
  }

  void list_kinds(const std::stop_token& stop);
  void list_plain(const std::stop_token& stop);
  void list_one(Stock& stock, const std::stop_token& stop);
  std::vector<Stock*> next_below();
  void list_below(Stock& stock, const std::stop_token& stop);
  static void judge_below(Stock& stock, const Stock& parent, const std::vector<Stock>& outcomes);
  void walk_workspace(const std::stop_token& stop);
  void walk_dbfs(const std::stop_token& stop);
  void ask_cluster(const std::stop_token& stop);
  void add(Stock& stock, std::string_view element);
  void unlisted_below(const std::vector<Stock*>& stocks, const std::string& path, const Error& error);
  static void finish(Stock& stock);

  const Client& client_;
  const unsigned parallel_;
  std::stop_token stop_;
  const InventoryOptions options_;
  std::mutex mutex_;  // guards the inventory while several threads list
  Inventory inventory_;
  std::vector<const Stock*> done_;  // of those that have lists
};

// Whoever is no administrator is shown of people and groups who they are, and not by which names: rows of no name would
// stand beside, or in place of, those that the last snapshot has.
void require_name(const KindEntry& entry, const JsonText& json) {
  const model::Kind& kind = entry.kind;
  if (kind.name.empty() || kind.collection.key.size() != 1 || !scalar_at(json, kind.name).empty()) return;
  throw Error(ErrorKind::unavailable,
              fmt::format("{} are listed without their names ({})", kind.collection.name, kind.name),
              "An account that is no administrator is not shown them: make it one.");
}

void Taking::add(Stock& stock, std::string_view element) {
  const JsonText json{std::string(element)};
  if (is_skipped(*stock.entry, json)) return;
  require_name(*stock.entry, json);
  Item item{.key = key_of(*stock.entry, element), .element = std::string(element)};
  const std::lock_guard lock(mutex_);
  stock.items.push_back(std::move(item));
}

void Taking::list_one(Stock& stock, const std::stop_token& stop) {
  const KindEntry& entry = *stock.entry;
  if (entry.source == Source::once) {
    const std::string body = client_.fetch(entry.read, stop);
    stock.items.push_back({.key = key_of(entry, "{}"), .element = body});
    return;
  }
  if (entry.source == Source::conf) {
    WorkspaceConf conf = read_workspace_conf(client_, entry.read, stop);
    for (std::string& element : conf.set) {
      base::Bytes key = key_of(entry, element);
      stock.items.push_back({.key = std::move(key), .element = std::move(element)});
    }
    for (const WorkspaceConf::Unread& one : conf.unread) {
      base::Bytes key;
      base::append_text(key, one.key);
      stock.unlisted.push_back({base::range_of_key(key), one.refused.message()});
    }
    return;
  }
  client_.list(
      entry.list, [&](std::string_view element) { add(stock, element); }, stop);
}

// Schemas need their catalogs, tables their schemas: as many rounds as there are levels.
void Taking::list_kinds(const std::stop_token& stop) {
  list_plain(stop);
  for (std::vector<Stock*> round = next_below(); !round.empty(); round = next_below()) {
    for_each_parallel(
        round.size(), parallel_, [&](std::size_t i, const std::stop_token& own) { list_below(*round[i], own); }, stop);
    done_.insert(done_.end(), round.begin(), round.end());
  }
}

void Taking::list_plain(const std::stop_token& stop) {
  std::vector<Stock*> stocks;
  for (Stock& stock : inventory_.stocks) {
    const Source source = stock.entry->source;
    if (source == Source::tree || source == Source::dbfs || source == Source::cluster || !stock.entry->per.empty())
      continue;
    stocks.push_back(&stock);
    done_.push_back(&stock);
  }
  for_each_parallel(
      stocks.size(), parallel_,
      [&](std::size_t i, const std::stop_token& own) { guard({stocks[i]}, own, [&] { list_one(*stocks[i], own); }); },
      stop);
}

// Those that lie below what is listed.
std::vector<Stock*> Taking::next_below() {
  const auto is_done = [&](const Stock* one) { return std::find(done_.begin(), done_.end(), one) != done_.end(); };
  std::vector<Stock*> out;
  for (Stock& stock : inventory_.stocks) {
    const Stock* parent = stock.entry->per.empty() ? nullptr : stock_of(stock.entry->per);
    if (parent != nullptr && !is_done(&stock) && is_done(parent)) out.push_back(&stock);
  }
  return out;
}

void Taking::list_below(Stock& stock, const std::stop_token& stop) {
  const Stock& parent = *stock_of(stock.entry->per);
  stock.failure = parent.failure;
  stock.not_available = parent.not_available;
  stock.unlisted = parent.unlisted;  // what is not known above is not known here
  if (stock.failure || !stock.not_available.empty()) return;
  std::vector<Stock> outcomes(parent.items.size());  // of each parent its own: they are listed on several threads
  for_each_parallel(
      parent.items.size(), parallel_,
      [&](std::size_t i, const std::stop_token& own) {
        guard({&outcomes[i]}, own, [&] {
          const JsonText above(parent.items[i].element);
          Listing listing = stock.entry->list;
          listing.ask = fill(listing.ask, {&above});
          client_.list(
              listing, [&](std::string_view element) { add(stock, element); }, own);
        });
      },
      stop);
  judge_below(stock, parent, outcomes);
}

// One parent that is refused says nothing about the others: a kind is not here only when all of them say so.
void Taking::judge_below(Stock& stock, const Stock& parent, const std::vector<Stock>& outcomes) {
  const auto absent = [](const Stock& outcome) { return !outcome.not_available.empty(); };
  if (!outcomes.empty() && stock.unlisted.empty() && std::all_of(outcomes.begin(), outcomes.end(), absent)) {
    stock.not_available = outcomes.front().not_available;
    return;
  }
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Stock& outcome = outcomes[i];
    if (!outcome.failure && !absent(outcome)) continue;
    const std::string name = scalar_at(JsonText(parent.items[i].element), parent.entry->kind.name);
    stock.unlisted.push_back(
        {beginning_with(name + "."), outcome.failure ? outcome.failure->message() : outcome.not_available});
  }
}

void Taking::unlisted_below(const std::vector<Stock*>& stocks, const std::string& path, const Error& error) {
  const base::KeyRange below = beginning_with(path + "/");
  const std::lock_guard lock(mutex_);
  for (Stock* stock : stocks) stock->unlisted.push_back({below, error.message()});
}

void Taking::walk_workspace(const std::stop_token& stop) {
  const std::vector<Stock*> stocks = stocks_of(Source::tree);
  // These types have lists of their own.
  const auto listed_elsewhere = [](std::string_view type) {
    return type == "DASHBOARD" || type == "MLFLOW_EXPERIMENT";
  };
  const TreeWalk walk{
      .folder = {.ask = {.family = k_workspace, .path = "/api/2.0/workspace/list"}, .items = "objects"},
      .element =
          [&](const std::string& path, std::string_view element) {
            if (is_trash(path)) return false;
            const std::string type = scalar_at(JsonText(std::string(element)), "object_type");
            const auto stock = std::find_if(stocks.begin(), stocks.end(),
                                            [&](const Stock* one) { return one->entry->tree_type == type; });
            if (stock != stocks.end()) {
              add(**stock, element);
            } else if (!listed_elsewhere(type)) {
              const std::lock_guard lock(mutex_);
              ++inventory_.unknown_types[type];
            }
            // What is uncommitted in a git folder is nowhere else.
            return type == "DIRECTORY" || type == "REPO";
          },
      .unlisted = [&](const std::string& path, const Error& error) { unlisted_below(stocks, path, error); }};
  walk_tree(client_, walk, "/", parallel_, stop);
}

void Taking::walk_dbfs(const std::stop_token& stop) {
  const std::vector<Stock*> stocks = stocks_of(Source::dbfs);
  const TreeWalk walk{
      .folder = {.ask = {.family = k_dbfs, .path = "/api/2.0/dbfs/list"}, .items = "files"},
      .element =
          [&](const std::string& path, std::string_view element) {
            if (is_foreign_dbfs(path)) return false;
            if (std::any_of(options_.dbfs_leave_out.begin(), options_.dbfs_leave_out.end(),
                            [&](const std::string& pattern) { return model::path_match(pattern, path); })) {
              const std::lock_guard lock(mutex_);
              ++inventory_.dbfs_left_out;
              return false;
            }
            const JsonText json{std::string(element)};
            const JsonText::Id folder = json.member(JsonText::k_root, "is_dir");
            if (folder != JsonText::k_none && json.raw(folder) == "true") return true;
            if (is_unfinished(path)) {
              const std::lock_guard lock(mutex_);
              inventory_.unfinished.push_back(path);
              return false;
            }
            add(*stocks.front(), element);
            return false;
          },
      .unlisted = [&](const std::string& path, const Error& error) { unlisted_below(stocks, path, error); }};
  walk_tree(client_, walk, "/", parallel_, stop);
}

// One after the other, in one context: it is one cluster.
void Taking::ask_cluster(const std::stop_token& stop) {
  for (Stock* stock : stocks_of(Source::cluster)) {
    guard({stock}, stop, [&] {
      const ClusterListing told = stock->entry->tell(*options_.cluster, stop);
      for (const std::string& body : told.bodies) add(*stock, body);
      for (const ClusterListing::Unread& one : told.unread) {
        const bool several = one.of == ClusterListing::Unread::Of::all_that_begin_so;
        base::Bytes key;
        base::append_text(key, one.name);
        stock->unlisted.push_back({several ? beginning_with(one.name) : base::range_of_key(key), one.reason});
      }
    });
  }
  options_.cluster->close();
}

// Lists repeat elements when something moves between two pages; two resources of one name are another matter.
void Taking::finish(Stock& stock) {
  auto& items = stock.items;
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.key < b.key; });
  const std::string& id = stock.entry->kind.id;
  const auto same = [&](const Item& a, const Item& b) {
    if (a.key != b.key) return false;
    const bool one = id.empty() || scalar_at(JsonText(a.element), id) == scalar_at(JsonText(b.element), id);
    if (!one)
      stock.unlisted.push_back({{.from = a.key, .to = a.key + '\0'},
                                fmt::format("several {} have this name, which the platform calls unique",
                                            stock.entry->kind.collection.name)});
    return true;
  };
  items.erase(std::unique(items.begin(), items.end(), same), items.end());
  std::stable_sort(stock.unlisted.begin(), stock.unlisted.end(),
                   [](const Unlisted& a, const Unlisted& b) { return a.stretch.from < b.stretch.from; });
}

}  // namespace

base::Bytes key_of(const KindEntry& entry, std::string_view text) {
  const model::Kind& kind = entry.kind;
  const JsonText json{std::string(text)};
  base::Bytes key;
  const std::size_t parts = kind.collection.key.size();
  if (entry.source == Source::conf) {
    base::append_text(key, json.name(json.first(JsonText::k_root)));
    return key;
  }
  // There is one resource of this kind, and it has no name.
  if (kind.name.empty()) {
    base::append_text(key, "workspace");
    return key;
  }
  base::append_text(key, scalar_at(json, kind.name));
  if (parts == 2) base::append_text(key, scalar_at(json, kind.id));
  return key;
}

void for_each_parallel(std::size_t count, unsigned parallel,
                       const std::function<void(std::size_t, std::stop_token)>& task, std::stop_token stop) {
  std::atomic<std::size_t> next{0};
  base::TaskGroup group(stop);
  const std::size_t threads = std::min<std::size_t>(count, parallel);
  for (std::size_t t = 0; t < threads; ++t) {
    group.spawn([&](std::stop_token own) {
      for (std::size_t i = next++; i < count && !own.stop_requested(); i = next++) task(i, own);
    });
  }
  group.wait();
  if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "reading the workspace was stopped");
}

Inventory take_inventory(const Client& client, unsigned parallel, std::stop_token stop, InventoryOptions options) {
  return Taking(client, parallel, std::move(stop), std::move(options)).run();
}

}  // namespace holdfast::platform::databricks
