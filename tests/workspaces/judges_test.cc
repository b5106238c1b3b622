// Which of the vendor's clients judges which kind, as tests/clients says it and docs/testing.md shows it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "platform/databricks/kinds.h"

namespace holdfast::test {
namespace {

using Names = std::set<std::string, std::less<>>;

std::filesystem::path source_folder() {
  const char* folder = std::getenv("HOLDFAST_SOURCE_DIR");
  return folder == nullptr ? "." : folder;
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// The keys of KINDS = { … }, one a line.
Names judged_in(const std::filesystem::path& python) {
  std::istringstream lines(content_of(python));
  Names out;
  bool within = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "KINDS = {") within = true;
    if (line == "}") within = false;
    const std::size_t begin = line.find('"');
    const std::size_t end = line.find('"', begin + 1);
    if (within && begin == 4 && end != std::string::npos) out.insert(line.substr(begin + 1, end - begin - 1));
  }
  return out;
}

// Of a script's first line: "# judges: groups, secret-scopes".
Names judged_by(const std::filesystem::path& script) {
  std::istringstream first(content_of(script));
  std::string line;
  std::getline(first, line);
  constexpr std::string_view k_mark = "# judges: ";
  EXPECT_TRUE(line.starts_with(k_mark)) << script;
  Names out;
  std::istringstream names(line.substr(std::min(line.size(), k_mark.size())));
  for (std::string name; std::getline(names, name, ',');) out.insert(name.substr(name.find_first_not_of(' ')));
  return out;
}

template <typename Read>
Names all_in(const std::string& folder, const std::string& extension, const Read& read) {
  Names out;
  for (const auto& file : std::filesystem::directory_iterator(source_folder() / "tests/clients" / folder))
    if (file.path().extension() == extension) out.merge(read(file.path()));
  return out;
}

Names exported() {
  return judged_in(source_folder() / "tests/clients/exporter/exported_view.py");
}

std::string table() {
  const Names sdk = all_in("databricks_sdk", ".py", judged_in);
  const Names cli = all_in("databricks_cli", ".sh", judged_by);
  const Names restored = judged_in(source_folder() / "tests/clients/restored_view.py");
  const Names exporter = exported();
  std::string out =
      "| kind | creates, lists, updates, reads and deletes one | looks at restored ones |\n|---|---|---|\n";
  std::string nobody;
  for (const auto& entry : platform::databricks::all_kinds()) {
    const std::string& name = entry.kind.collection.name;
    std::string by;
    if (sdk.contains(name)) by = "SDK";
    if (cli.contains(name)) by += by.empty() ? "old command line" : ", old command line";
    std::string looks;
    if (restored.contains(name)) looks = "SDK";
    if (exporter.contains(name)) looks += looks.empty() ? "exporter" : ", exporter";
    out += fmt::format("| `{}` | {} | {} |\n", name, by, looks);
    if (by.empty() && looks.empty()) nobody += fmt::format("{}`{}`", nobody.empty() ? "" : ", ", name);
  }
  return out + (nobody.empty() ? "\nEvery kind has a judge.\n" : fmt::format("\nWithout a judge: {}.\n", nobody));
}

TEST(Judges, are_documented_as_they_are) {
  EXPECT_NE(content_of(source_folder() / "docs/testing.md").find(table()), std::string::npos)
      << "docs/testing.md must hold this:\n"
      << table();
}

TEST(Judges, look_at_everything_that_is_restored) {
  const Names restored = judged_in(source_folder() / "tests/clients/restored_view.py");
  for (const std::string& name : restored) EXPECT_NE(platform::databricks::find_kind(name), nullptr) << name;
  for (const std::string& name : exported()) EXPECT_TRUE(restored.contains(name)) << name;
  // What is written comes back: nobody but the vendor's client says that it is the same.
  for (const auto& entry : platform::databricks::all_kinds()) {
    const auto& manual = entry.kind.manual;
    const bool by_hand = std::any_of(manual.begin(), manual.end(), [](const model::Manual& one) {
      // What comes with a notebook or a script, those who judge run.
      return one.what == model::Manual::What::instead && one.when.field.empty() && !one.content;
    });
    // The account of what is restored has no groups of its own: they are assigned by hand there.
    const bool unwritten = entry.kind.collection.name == "group-assignments";
    EXPECT_EQ(restored.contains(entry.kind.collection.name), !by_hand && !unwritten) << entry.kind.collection.name;
  }
}

}  // namespace
}  // namespace holdfast::test
