// Names as people and programs give them: each comes along whole, and what prints it takes it back.
#include "model/base64.h"
#include "workspaces/two_sides.h"

namespace holdfast::test {
namespace {

constexpr std::size_t k_longest = 4096;

// Wherever a name may have no slash.
const Names& names_without_slash() {
  static const Names all{"rocket \U0001F680",
                         "trailing ",
                         " leading",
                         "quo\"te's `back`",
                         "comma,s, all over",
                         "a,b",
                         "star*",
                         "st?r",
                         "[x]{y}",
                         "back\\slash",
                         "100%",
                         "%2F",
                         "Case",
                         "case",
                         "caf\u00e9",
                         "cafe\u0301",
                         "tab\there",
                         "line\nbreak",
                         "bell\a",
                         "del\x7f",
                         "\\x07 as text",
                         "#hash?q&x=1+2;",
                         "..x",
                         "(paren,in)",
                         "name:x",
                         "17",
                         "\u202eright to left",
                         "nbsp\u00a0",
                         std::string(k_longest, 'l')};
  return all;
}

Names lines_of(const std::string& text) {
  Names out;
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    if (end != begin) out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

class OddNames : public TwoSides {
protected:
  OddNames() {
    for (const char* folder : {"/Shared/odd", "/Shared/files", "/Shared/folders"}) seed_.folder(folder);
    Names all = names_without_slash();
    for (const std::string& name : all) {
      seed_.notebook("/Shared/odd/" + name, "SQL", "SELECT 1");
      seed_.file("/Shared/files/" + name, "x");
      seed_.folder("/Shared/folders/" + name);
      seed_.post("/api/2.0/dbfs/put", {{"path", "/odd/" + name}, {"contents", model::base64_encode("x")}});
    }
    for (const char* name : {"a/b", "/lead", "trail/", "a//b", "x/17", "/"}) all.emplace_back(name);
    for (const std::string& name : all) {
      seed_.post("/api/2.2/jobs/create", {{"name", name}});
      seed_.post("/api/2.1/clusters/create", {{"cluster_name", name},
                                              {"spark_version", "15.4.x-scala2.12"},
                                              {"node_type_id", "Standard_DS3_v2"},
                                              {"num_workers", 1}});
    }
    // Of a scope and its keys the platform takes no more than these.
    const std::string longest(128, 'k');
    for (const std::string& name : {longest, std::string("a.b-_C")}) {
      seed_.post("/api/2.0/secrets/scopes/create", {{"scope", name}});
      seed_.post("/api/2.0/secrets/put", {{"scope", name}, {"key", longest}, {"string_value", "x"}});
    }
    std::sort(all.begin(), all.end());
    with_slash_ = std::move(all);
  }

  sim::databricks::Seed seed_{primary_};
  Names with_slash_;
};

TEST_F(OddNames, come_along_whole) {
  migrate(0);
  EXPECT_EQ(jobs(secondary_), with_slash_);
  EXPECT_EQ(clusters(secondary_), with_slash_);
  const auto below = [&](const char* call, const char* folder, const char* list) {
    return names(secondary_, fmt::format("/api/2.0/{}/list?path={}", call, folder), list, "/path").size();
  };
  for (const char* folder : {"/Shared/odd", "/Shared/files", "/Shared/folders"})
    EXPECT_EQ(below("workspace", folder, "objects"), names_without_slash().size()) << folder;
  EXPECT_EQ(below("dbfs", "/odd", "files"), names_without_slash().size());
  expect_equal();
}

TEST_F(OddNames, are_selected_as_they_are_printed) {
  must(0, {"backup", "primary"});
  for (const char* kind : {"notebooks", "files", "folders", "dbfs-files", "jobs", "clusters", "secret-scopes"}) {
    const Names paths = lines_of(app_.run({"find", fmt::format("kind:{}", kind)}).out);
    EXPECT_GE(paths.size(), 2U) << kind;
    for (const std::string& path : paths) {
      const Names found = lines_of(app_.run({"find", path}).out);
      EXPECT_TRUE(std::find(found.begin(), found.end(), path) != found.end()) << path.substr(0, 100);
      const bool pattern = path.find_first_of("*?") != std::string::npos;
      EXPECT_TRUE(pattern || found.size() == 1) << path.substr(0, 100) << " finds " << found.size();
    }
  }
}

}  // namespace
}  // namespace holdfast::test
