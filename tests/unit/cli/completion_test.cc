#include "cli/completion.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "cli/commands/commands.h"
#include "support/fakes.h"

namespace {

using namespace holdfast;

// Loads the script into a real bash, types `words`, and returns what is offered, a blank between.
std::string offered(const std::string& words, std::size_t at) {
  test::TempFolder folder;
  const std::string path = folder.path() + "/completion";
  std::ofstream(path) << cli::bash_completion(cli::all_commands());
  const std::string script = "source " + path +
                             "; holdfast() { [ \"$1 $2\" = 'completion connectors' ] && echo catalog copy; " +
                             "[ \"$1\" = snapshots ] && echo 7f3c9a12; true; }; COMP_WORDS=(" + words +
                             "); COMP_CWORD=" + std::to_string(at) + "; _holdfast; echo \"${COMPREPLY[*]}\"";
  const std::string file = folder.path() + "/script";
  std::ofstream(file) << script;
  std::FILE* pipe = ::popen(("bash --norc " + file + " 2>&1").c_str(), "re");
  if (pipe == nullptr) return "no bash";
  std::string out;
  std::array<char, 1024> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) out += buffer.data();
  ::pclose(pipe);
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

TEST(BashCompletion, offers_commands) {
  EXPECT_EQ(offered("holdfast ba", 1), "backup");
  EXPECT_EQ(offered("holdfast key ''", 2), "add list remove");
}

TEST(BashCompletion, offers_members_and_arguments_of_what_is_both) {
  EXPECT_EQ(offered("holdfast tasks ''", 2), "show done waive reopen catalog copy");
  EXPECT_EQ(offered("holdfast tasks ca", 2), "catalog");
  EXPECT_EQ(offered("holdfast tasks --al", 2), "--all");
  EXPECT_EQ(offered("holdfast tasks catalog --al", 3), "--all");
  EXPECT_EQ(offered("holdfast tasks waive --re", 3), "--reason --repository");
  EXPECT_EQ(offered("holdfast tasks waive co", 3), "copy");
}

TEST(BashCompletion, offers_flags_of_the_command_and_common_ones) {
  EXPECT_EQ(offered("holdfast backup --dr", 2), "--dry-run");
  EXPECT_EQ(offered("holdfast backup --js", 2), "--json");
  EXPECT_EQ(offered("holdfast key add --new", 3), "--new-key-file --new-key-command");
}

TEST(BashCompletion, offers_connectors_snapshots_and_closed_lists) {
  EXPECT_EQ(offered("holdfast backup ca", 2), "catalog");
  EXPECT_EQ(offered("holdfast ls 7f", 2), "7f3c9a12");
  EXPECT_EQ(offered("holdfast restore latest --to co", 4), "copy");
  EXPECT_EQ(offered("holdfast plan latest --existing ''", 4), "skip update replace fail");
}

}  // namespace
