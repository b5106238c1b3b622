// What an acknowledged call of the local backend is worth when the power goes (repository.md 4.1, 4.5), and that each
// of its fsyncs is needed for that.
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "base/error.h"
#include "storage/local/local_backend.h"
#include "support/power_cut.h"

namespace holdfast::storage {
namespace {

using test::PowerCutDisk;
using test::PowerLost;
using test::Sync;

// What a client was told.  An object that was asked for and not acknowledged may be there or not, but then whole.
struct Told {
  std::map<std::string, std::string> there;
  std::map<std::string, std::string> maybe;
};

class Client {
public:
  Client(FileSystem& files, const std::string& folder) : backend_(open_local_backend(folder, files)) {}

  void put(const std::string& name, const std::string& bytes) {
    told.maybe[name] = bytes;
    EXPECT_TRUE(backend_->put(name, bytes));
    told.maybe.erase(name);
    told.there[name] = bytes;
  }

  // Of an object that another process made with these bytes.
  void meet(const std::string& name, const std::string& bytes) {
    told.maybe[name] = bytes;
    EXPECT_FALSE(backend_->put(name, "another"));
    told.maybe.erase(name);
    told.there[name] = bytes;
  }

  void remove(const std::string& name) {
    told.maybe[name] = told.there.at(name);
    told.there.erase(name);
    EXPECT_TRUE(backend_->remove(name));
    told.maybe.erase(name);
  }

  Told told;

private:
  std::unique_ptr<Backend> backend_;
};

// The first promise that a disk breaks, in words; nullopt when it keeps all.
std::optional<std::string> broken(PowerCutDisk& disk, const std::string& folder, const Told& told) {
  const auto backend = open_local_backend(folder, disk.file_system());
  for (const auto& [name, bytes] : told.there) {
    if (!backend->stat(name)) return name + " is lost";
    if (backend->get_all(name) != bytes) return name + " is torn";
  }
  std::optional<std::string> problem;
  backend->list("", [&](const ObjectInfo& object) {
    const auto maybe = told.maybe.find(object.name);
    if (told.there.contains(object.name)) return;
    if (maybe == told.maybe.end()) problem = object.name + " came back";
    if (maybe != told.maybe.end() && backend->get_all(object.name) != maybe->second) problem = object.name + " is torn";
  });
  return problem;
}

struct Scenario {
  const char* name;
  std::string folder;
  std::function<void(FileSystem& files)> before;  // what another process did and did not sync
  std::function<void(Client& client)> run;
};

void make_unsynced_folder(FileSystem& files) {
  EXPECT_EQ(files.make_folder(PowerCutDisk::folder()), 0);
}

void make_unsynced_object(FileSystem& files) {
  make_unsynced_folder(files);
  FileHandle handle = -1;
  EXPECT_EQ(files.create(PowerCutDisk::folder() + "/~other", handle), 0);
  EXPECT_EQ(files.write(handle, "theirs"), 0);
  EXPECT_EQ(files.sync_file(handle), 0);
  EXPECT_EQ(files.close(handle), 0);
  EXPECT_EQ(files.link(PowerCutDisk::folder() + "/~other", PowerCutDisk::folder() + "/taken"), 0);
}

const Scenario k_scenarios[] = {
    {"puts",
     PowerCutDisk::folder(),
     {},
     [](Client& client) {
       client.put("packs/aa/one", std::string(5000, 'p'));
       client.put("snapshots/one", "of one");
     }},
    {"removes",
     PowerCutDisk::folder(),
     {},
     [](Client& client) {
       client.put("marks/one", "1");
       client.put("marks/two", "2");
       client.remove("marks/one");
     }},
    {"deep_root", "/disk/var/lib/repository", {}, [](Client& client) { client.put("config", "c"); }},
    {"root_of_another_process", PowerCutDisk::folder(), make_unsynced_folder,
     [](Client& client) { client.put("config", "c"); }},
    {"object_of_another_process", PowerCutDisk::folder(), make_unsynced_object,
     [](Client& client) { client.meet("taken", "theirs"); }},
};

// Runs the scenario on `disk`, cut off after `calls` of its own calls, and looks at every disk that may be found then.
std::optional<std::string> run(const Scenario& scenario, PowerCutDisk& disk, std::uint64_t calls) {
  disk.cut_after(calls);
  Client client(disk.file_system(), scenario.folder);
  try {
    scenario.run(client);
  } catch (const PowerLost&) {
    EXPECT_TRUE(disk.is_cut());
  }
  std::optional<std::string> problem;
  disk.for_each_survivor(300, [&](PowerCutDisk& after) {
    if (!problem) problem = broken(after, scenario.folder, client.told);
  });
  return problem;
}

// Prepares a fresh disk by `prepare`, for a cut at every call, until the scenario runs through.
std::optional<std::string> first_problem(const Scenario& scenario,
                                         const std::function<void(PowerCutDisk& disk)>& prepare) {
  for (std::uint64_t calls = 0;; ++calls) {
    PowerCutDisk disk(calls);
    if (scenario.before) scenario.before(disk.file_system());
    prepare(disk);
    if (auto problem = run(scenario, disk, calls)) return "cut after " + std::to_string(calls) + ": " + *problem;
    if (!disk.is_cut()) return std::nullopt;
  }
}

class LocalBackendInAPowerCut : public testing::TestWithParam<Scenario> {};

TEST_P(LocalBackendInAPowerCut, keeps_what_it_acknowledged_and_tears_nothing) {
  EXPECT_EQ(first_problem(GetParam(), [](PowerCutDisk&) {}), std::nullopt);
}

TEST_P(LocalBackendInAPowerCut, needs_every_single_fsync) {
  const Scenario& scenario = GetParam();
  PowerCutDisk counted;
  if (scenario.before) scenario.before(counted.file_system());
  const std::uint64_t first = counted.syncs();
  EXPECT_EQ(run(scenario, counted, UINT64_MAX), std::nullopt);
  ASSERT_GT(counted.syncs(), first);
  for (std::uint64_t sync = first; sync < counted.syncs(); ++sync)
    EXPECT_NE(first_problem(scenario, [&](PowerCutDisk& disk) { disk.skip_sync(sync); }), std::nullopt)
        << "sync " << sync - first;
}

TEST_P(LocalBackendInAPowerCut, is_whole_when_only_the_process_dies) {
  const Scenario& scenario = GetParam();
  for (std::uint64_t calls = 0;; ++calls) {
    PowerCutDisk disk(calls);
    if (scenario.before) scenario.before(disk.file_system());
    disk.cut_after(calls);
    Client client(disk.file_system(), scenario.folder);
    try {
      scenario.run(client);
    } catch (const PowerLost&) {
      EXPECT_TRUE(disk.is_cut());
    }
    PowerCutDisk after = disk.after_kill();
    EXPECT_EQ(broken(after, scenario.folder, client.told), std::nullopt) << calls;
    // The next process goes on where this one was.
    EXPECT_TRUE(open_local_backend(scenario.folder, after.file_system())->put("next/one", "x"));
    if (!disk.is_cut()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, LocalBackendInAPowerCut, testing::ValuesIn(k_scenarios),
                         [](const testing::TestParamInfo<Scenario>& made) { return std::string(made.param.name); });

TEST(LocalBackendWithoutOneKindOfSync, breaks_a_promise) {
  for (const Sync sync : {Sync::file, Sync::folder, Sync::parent})
    EXPECT_NE(first_problem(k_scenarios[0], [sync](PowerCutDisk& disk) { disk.ignore(sync); }), std::nullopt)
        << static_cast<int>(sync);
}

}  // namespace
}  // namespace holdfast::storage
