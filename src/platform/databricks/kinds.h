// The kinds of resource of a workspace: what each is (model::Kind), and how it is listed and read.  Adding a kind is
// adding a row to a table in kinds_*.cc, and its test.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "model/kind.h"
#include "platform/databricks/client.h"

namespace holdfast::platform::databricks {

// Paths and values of queries hold placeholders, {field}: members of the element of the list, or else of the body that
// was read; "{spec.id}" goes down.  In paths they are encoded.

// How a column beside the body is read.
struct ColumnRead {
  std::string column;
  Ask ask{};
  enum class Form {
    answer,  // the answer as it came
    list,    // {"ITEMS": [the elements of all pages of a list]}
    // {"COLUMN": [true]} where the body has ITEMS, else []: nothing is asked for it.  An item, as what is new has none
    // and nobody has taken it away.
    flag,
    each,  // {"COLUMN": [the answers about each item of the array ITEMS of the column `of`]}: what is gone is left out
  } form = Form::answer;
  Listing::Paging paging = Listing::Paging::whole;
  std::string items{};
  // Which refusals are an answer.  To everything else the column is there, and could not be read.
  enum class Absent {
    never,
    may,       // this resource may have none: "there is no such thing"
    may_tier,  // this workspace may have none at all: "not available here"
  } absent = Absent::never;
  // Whether it is taken from the last backup along with a body that was not modified since, or is read all the same.
  enum class Unmodified { reused, read } unmodified = Unmodified::reused;
  std::string of{};            // of Form::each: a column that is read before this one
  model::Condition without{};  // resources that have none of it, as their bodies say
  // Whether it is read at all: secrets are for who asked for them.
  enum class Read { always, with_secret_values } read = Read::always;
};

class Cluster;
struct ClusterListing;

struct KindEntry {
  model::Kind kind;
  std::string area{};  // "compute": as the documentation groups them

  enum class Source {
    list,     // `list`
    tree,     // objects of type `tree_type` in the workspace's tree
    dbfs,     // files below the DBFS root
    conf,     // one resource for each known key of workspace-conf
    once,     // the answer to `read` is the only one
    cluster,  // what `tell` gives, where a cluster may be asked
  } source = Source::list;
  Listing list{};
  ClusterListing (*tell)(Cluster& cluster, const std::stop_token& stop) = nullptr;
  std::string per{};        // a kind: the list is asked for each of its resources, whose fields its placeholders name
  std::string tree_type{};  // "NOTEBOOK"
  // Elements of the list that are no resources of their own: clusters of jobs, say.
  std::vector<model::Condition> skipped{};

  Ask read{};                         // of one; without a path the element of the list is the body
  std::string member{};               // of the answer that is the body
  std::vector<std::string> joined{};  // arrays of the answer that come in pages
  std::vector<ColumnRead> columns{};
  enum class Content { none, notebook, file, dbfs } content = Content::none;

  std::string modified{};  // field that changes whenever the resource does, in the element and in the body
  // What of it no API gives, as a full sentence; for the documentation and doctor.  Such a kind is never created again.
  std::string not_included{};
};

// In the order of capture.  Built once; safe to use from any thread.
const std::vector<KindEntry>& all_kinds();
// nullptr when there is none of this name.
const KindEntry* find_kind(std::string_view name);

// The tables of kinds_*.cc.
std::vector<KindEntry> identity_kinds();
std::vector<KindEntry> workspace_kinds();
std::vector<KindEntry> compute_kinds();
std::vector<KindEntry> jobs_kinds();
std::vector<KindEntry> sql_kinds();
std::vector<KindEntry> settings_kinds();
std::vector<KindEntry> mlflow_kinds();
std::vector<KindEntry> unity_kinds();
std::vector<KindEntry> cluster_kinds();

// --- what the tables share

model::Collection collection(std::string name, const std::vector<std::string>& key,
                             const std::vector<std::string>& columns = {});
// The reply of /permissions/TYPE/ID as a column: inherited grants and those of administrators are no part of it.
ColumnRead read_permissions(std::string_view type, std::string_view id_field);
model::KindColumn permissions_column();
// The principals that a permissions column names.
std::vector<model::Link> permission_links();
// Every member of a cluster's definition below `prefix` ("" or "settings.job_clusters[*].new_cluster.") that names
// something else.
std::vector<model::Link> cluster_links(const std::string& prefix);
std::vector<model::Link> joined(std::vector<std::vector<model::Link>> lists);

}  // namespace holdfast::platform::databricks
