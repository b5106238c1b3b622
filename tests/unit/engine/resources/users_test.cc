#include "engine/resources/users.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/key.h"
#include "engine/resources/plan.h"
#include "support/fakes.h"

namespace holdfast::engine {
namespace {

using model::Link;
using model::LinkForm;
using Texts = std::vector<std::string>;

model::Collection collection(const char* name) {
  model::Collection out{.name = name,
                        .key = {{"name", model::KeyPartType::text}},
                        .columns = {{"body", "json", model::ColumnContent::json, true}}};
  return out;
}

std::string upper_body(const std::string& body) {
  std::string out = body;
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out + " {name}";
}

std::string no_content(const std::string&) {
  throw base::Error(base::ErrorKind::unsupported, "it is odd");
}

// Libraries that nobody can write, and clusters that install them.
const model::KindSet& kinds() {
  static const model::KindSet all(std::vector<model::Kind>{
      {.collection = collection("libraries"),
       .one = "library",
       .name = "name",
       .space = "workspace",
       .manual = {{.what = model::Manual::What::instead, .text = "Bring {name}, which {users} need.", .column = "body"},
                  {.text = "Run this on {name}.", .content = upper_body}}},
      {.collection = collection("clusters"),
       .one = "cluster",
       .name = "name",
       .links = {{.field = "jars[*]", .form = LinkForm::path, .to = "dbfs", .prefix = "dbfs:"},
                 {.field = "jars[*]", .form = LinkForm::path, .to = "workspace", .prefix = "/Workspace"}}},
      {.collection = collection("odd"),
       .one = "odd one",
       .name = "name",
       .manual = {{.what = model::Manual::What::instead, .text = "Make {name}.", .content = no_content}}}});
  return all;
}

class ResourceUsers : public testing::Test {
protected:
  void put(const std::string& kind, const std::string& name, const std::string& more = "") {
    base::Row row;
    base::append_text(row.key, name);
    row.columns.emplace_back(R"({"name":")" + name + "\"" + more + "}");
    resources_.push_back(kinds().resource(*kinds().find(kind), row));
  }
  Texts users(const std::string& name) const {
    const ResourceIndex index(kinds(), resources_);
    return users_of(kinds(), index, resource(name));
  }
  std::string text(const std::string& name) const {
    const ResourceIndex index(kinds(), resources_);
    return users_text(kinds(), index, resource(name));
  }
  const model::Resource& resource(const std::string& name) const {
    for (const model::Resource& one : resources_)
      if (one.name == name) return one;
    throw std::runtime_error("there is no " + name);
  }
  // Into a target that has nothing.
  model::ResourcePlan plan_into_nothing() const {
    test::ManualClock clock{base::Instant{}};
    test::SeededRandom random{1};
    const std::vector<model::Resource> live;
    ResourcePlanOptions options;
    options.source = "a";
    options.target = "b";
    return plan_resources(kinds(), {.wanted = resources_, .live = live}, model::IdMap("a", "b"), options, clock,
                          random);
  }

  std::vector<model::Resource> resources_;
};

TEST_F(ResourceUsers, are_those_that_name_its_path_or_a_copy_of_its_file) {
  put("libraries", "/Shared/tools.jar");
  put("clusters", "by-path", R"(,"jars":["/Workspace/Shared/tools.jar"])");
  put("clusters", "by-copy", R"(,"jars":["dbfs:/FileStore/jars/4be1-8f/1f2e-tools.jar"])");
  put("clusters", "by-other-copy", R"(,"jars":["x","dbfs:/FileStore/jars/1f2e_tools.jar"])");
  put("clusters", "other", R"(,"jars":["dbfs:/FileStore/jars/mytools.jar","/Workspace/Shared/tools.jar.old"])");
  EXPECT_EQ(users("/Shared/tools.jar"), (Texts{"clusters/by-copy", "clusters/by-other-copy", "clusters/by-path"}));
  EXPECT_EQ(text("/Shared/tools.jar"), "clusters/by-copy, clusters/by-other-copy, clusters/by-path");
}

TEST_F(ResourceUsers, are_counted_where_they_are_many) {
  put("libraries", "/Shared/tools.jar");
  EXPECT_EQ(text("/Shared/tools.jar"), "nothing in the snapshot");
  for (int i = 10; i < 33; ++i) put("clusters", "c" + std::to_string(i), R"(,"jars":["/Workspace/Shared/tools.jar"])");
  const std::string all = text("/Shared/tools.jar");
  EXPECT_TRUE(all.starts_with("clusters/c10, clusters/c11")) << all;
  EXPECT_TRUE(all.ends_with("clusters/c29 and 3 more")) << all;
}

TEST_F(ResourceUsers, stand_in_tasks_and_not_in_what_comes_along) {
  put("libraries", "/Shared/tools.jar");
  put("clusters", "etl", R"(,"jars":["/Workspace/Shared/tools.jar"])");
  const model::ResourcePlan plan = plan_into_nothing();
  Texts tasks;
  for (const model::ResourceStep& step : plan.steps) tasks.insert(tasks.end(), step.tasks.begin(), step.tasks.end());
  EXPECT_EQ(tasks, (Texts{"Bring /Shared/tools.jar, which clusters/etl need.",
                          "Run this on /Shared/tools.jar.\n{\"NAME\":\"/SHARED/TOOLS.JAR\"} {name}"}));
}

TEST_F(ResourceUsers, have_a_plan_where_what_a_task_shows_cannot_be_made) {
  put("odd", "a");
  put("clusters", "etl");
  const model::ResourcePlan plan = plan_into_nothing();
  ASSERT_EQ(plan.steps.size(), 2U);
  for (const model::ResourceStep& step : plan.steps) {
    const bool odd = step.kind == "odd";
    EXPECT_EQ(step.action, odd ? model::ResourceAction::manual : model::ResourceAction::create);
    EXPECT_EQ(step.tasks, odd ? Texts{"Make a."} : Texts{});
    EXPECT_EQ(step.notes, odd ? Texts{"what the task shows could not be made: it is odd"} : Texts{});
  }
}

}  // namespace
}  // namespace holdfast::engine
