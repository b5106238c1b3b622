// What no endpoint lists and a cluster tells: read only where the connector names one.
#include "platform/databricks/kinds.h"
#include "platform/databricks/mounts.h"
#include "platform/databricks/table_acls.h"

namespace holdfast::platform::databricks {

using model::LinkForm;

namespace {

KindEntry mounts() {
  return {.kind = {.collection = collection("mounts", {"path"}),
                   .one = "mount",
                   .name = "mount_point",
                   .links = {{.field = "source", .form = LinkForm::storage, .to = {}}},
                   .manual = {{.what = model::Manual::What::instead,
                               .text = "Put the credentials of the storage behind {name} into a secret scope of the "
                                       "target, write the scope's name into this notebook, and run it there.",
                               .content = mount_notebook}},
                   .rank = 42},
          .area = "compute",
          .source = KindEntry::Source::cluster,
          .tell = read_mounts,
          .not_included =
              "Mounts are read where `command_cluster` names a cluster that tells them; their credentials "
              "cannot be read, and a restore gives a notebook for each."};
}

// Of the objects nothing but this: databases and tables are data's.
KindEntry table_acls() {
  std::vector<model::Link> links;
  for (const char* field : {"owner", "permissions[*].principal"})
    for (const char* to : {"users", "groups", "service-principals"})
      links.push_back({.field = field, .form = LinkForm::name, .to = to});
  return {.kind = {.collection = collection(std::string(k_table_acls), {"name"}),
                   .one = "access list of the hive metastore",
                   .name = "name",
                   .unordered = {{"permissions", {"principal", "action", "effect"}}},
                   .links = std::move(links),
                   .recreate = model::Kind::Recreate::never,
                   .removed = model::Kind::Removed::when_chosen,
                   // Where the target has a cluster that may be asked, it is written: see the connector.
                   .manual = {{.what = model::Manual::What::instead,
                               .text = "Run this script on a cluster of the target that has table access control: it "
                                       "gives {name} its owner and permissions.",
                               .content = table_acl_script}},
                   .rank = 88,
                   .create = {.calls = 6},  // it is looked at before
                   .update = {.calls = 4}},
          .area = "sql",
          .source = KindEntry::Source::cluster,
          .tell = read_table_acls,
          .not_included =
              "Owners and permissions in the hive metastore are read where `command_cluster` names a cluster "
              "that tells them; its databases, tables, views and functions themselves are not read."};
}

}  // namespace

std::vector<KindEntry> cluster_kinds() {
  std::vector<KindEntry> out;
  for (auto* row : {mounts, table_acls}) out.push_back(row());
  return out;
}

}  // namespace holdfast::platform::databricks
