// What the Terraform provider's exporter asked in a deep run is answered as it was.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "sim/databricks/seeds.h"
#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

using test::WorkspaceWorld;

struct Recorded {
  int status = 0;
  std::string method;
  std::string target;
  std::string shape;
  std::string body;
};

std::vector<Recorded> recorded() {
  const char* folder = std::getenv("HOLDFAST_SOURCE_DIR");
  std::ifstream in(std::filesystem::path(folder == nullptr ? "." : folder) / "tests/clients/exporter/requests.txt");
  std::vector<Recorded> out;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    Recorded one;
    words >> one.status >> one.method >> one.target >> one.shape >> one.body;
    out.push_back(std::move(one));
  }
  return out;
}

// What a value lacks of a shape, as a path; empty: nothing.  A value may have more, and null may stand anywhere but at
// the top: there it is what is no JSON.
std::string lacks(const Json& value, const Json& shape, const std::string& at = "") {
  if (value.is_null() && at.empty()) return "it is no document";
  if (value.is_null() || shape == "z") return "";
  if (shape.is_object()) {
    if (!value.is_object()) return at + " is no object";
    for (const auto& [key, member] : shape.items()) {
      if (!value.contains(key)) return at + "/" + key + " is missing";
      if (const std::string said = lacks(value.at(key), member, at + "/" + key); !said.empty()) return said;
    }
    return "";
  }
  if (shape.is_array()) {
    if (!value.is_array() || value.empty() != shape.empty()) return at + " is another list";
    for (const Json& one : value)
      if (const std::string said = lacks(one, shape.at(0), at + "/*"); !said.empty()) return said;
    return "";
  }
  const bool same = shape == "s" ? value.is_string() : shape == "n" ? value.is_number() : value.is_boolean();
  return same ? "" : at + " is of another type";
}

TEST(Exporter, LacksWhatItLacks) {
  const Json shape = Json::parse(R"({"a":[{"b":"n"}],"c":"s"})");
  EXPECT_EQ(lacks(Json::parse(R"({"a":[{"b":1,"more":2},{"b":null}],"c":"x"})"), shape), "");
  EXPECT_EQ(lacks(Json::parse(R"({"a":[{"b":1},{}],"c":"x"})"), shape), "/a/*/b is missing");
  EXPECT_EQ(lacks(Json::parse(R"({"a":[],"c":"x"})"), shape), "/a is another list");
  EXPECT_EQ(lacks(Json::parse(R"({"a":[{"b":1}],"c":1})"), shape), "/c is of another type");
  EXPECT_EQ(lacks(Json(), shape), "it is no document");
  EXPECT_EQ(lacks(Json(), Json("z")), "it is no document");
}

TEST(Exporter, IsAnsweredAsItWas) {
  StandInOptions options;
  options.world.seed = 1;
  WorkspaceWorld world(std::move(options));
  seed_workspace(world.stand_in, "realistic");
  const auto all = recorded();
  ASSERT_GT(all.size(), 50U);
  for (const Recorded& one : all) {
    const auto asked = world.ask(one.method, one.target, one.body);
    EXPECT_EQ(asked.status, one.status) << one.target;
    if (one.shape == "bytes") {
      EXPECT_FALSE(asked.response.body.empty()) << one.target;
    } else {
      EXPECT_EQ(lacks(asked.json, Json::parse(one.shape)), "") << one.target;
    }
  }
}

}  // namespace
}  // namespace holdfast::sim::databricks
