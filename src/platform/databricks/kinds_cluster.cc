// What no endpoint lists and a cluster tells: read only where the connector names one.
#include "platform/databricks/kinds.h"
#include "platform/databricks/mounts.h"

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

}  // namespace

std::vector<KindEntry> cluster_kinds() {
  std::vector<KindEntry> out;
  for (auto* row : {mounts}) out.push_back(row());
  return out;
}

}  // namespace holdfast::platform::databricks
