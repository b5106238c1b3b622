// What a repository holds, from names, sizes and index runs: no pack is read.
#include <set>

#include "repository/repository_impl.h"

namespace holdfast::repository {

RepositoryStats Repository::stats() {
  RepositoryStats out;
  std::set<std::string> runs;
  impl_->backend.list("", [&](const storage::ObjectInfo& info) {
    out.stored_bytes += info.size;
    if (parse_pack_name(info.name)) ++out.packs;
    if (after(k_snapshots_prefix, info.name) && is_object_name(info.name)) ++out.snapshots;
    if (RunName::parse(info.name)) runs.insert(info.name);
  });
  std::vector<std::shared_ptr<IndexRun>> open;
  for (const std::string& name : std::set<std::string>(runs)) {
    auto run = impl_->reader.catalogue().open(name);
    if (!run) continue;
    for (const RunName& old : run->root().superseded) runs.erase(old.name());
    open.push_back(std::move(run));
  }
  for (const auto& run : open) {
    if (!runs.contains(run->name().name())) continue;
    out.blocks += run->entries();
    run->for_each([&](const Place& place) { out.plain_bytes += place.block.plain; });
  }
  return out;
}

}  // namespace holdfast::repository
