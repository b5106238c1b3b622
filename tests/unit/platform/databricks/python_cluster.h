// A cluster whose commands Python runs, with a `spark` and a `dbutils` of fake_cluster.py: no text is known by heart
// here.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "support/fakes.h"
#include "unit/platform/databricks/scripted.h"

namespace holdfast::test {

inline constexpr const char* k_python = "/usr/bin/python3";

struct PythonRun {
  int status = 0;       // 0: it ran to its end
  std::string printed;  // its error in the last line where it did not
  nlohmann::json told;  // what fake_cluster.py reports
};

// `world` is what fake_cluster.py takes.
inline PythonRun run_in_python(const nlohmann::json& world, const std::string& program) {
  const TempFolder folder;
  std::ofstream(folder.path() + "/world") << world.dump();
  std::ofstream(folder.path() + "/program") << program;
  const char* source = std::getenv("HOLDFAST_SOURCE_DIR");
  const std::string command =
      fmt::format("{} -B '{}/tests/unit/platform/databricks/fake_cluster.py' '{}/world' '{}/told' <'{}/program'",
                  k_python, source == nullptr ? "." : source, folder.path(), folder.path(), folder.path());
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot start a shell");
  PythonRun out;
  char buffer[65536];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.printed.append(buffer, got);
  const int status = ::pclose(pipe);
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  std::ifstream told(folder.path() + "/told");
  if (told) out.told = nlohmann::json::parse(told);
  return out;
}

// Skips the tests aloud where there is no Python, and only there; where everything has to run, they fail.
class RunsPython : public testing::Test {
protected:
  void SetUp() override {
    if (std::filesystem::exists(k_python)) return;
    const char* ci = std::getenv("CI");
    const bool must_run = (ci != nullptr && std::string_view(ci) == "true") || std::getenv("HOLDFAST_DEEP") != nullptr;
    ASSERT_FALSE(must_run) << "python3 is missing";
    GTEST_SKIP() << "python3 is missing";
  }
};

// A workspace with one running cluster, "tools", and a session to it.
class PythonCluster {
public:
  nlohmann::json world = nlohmann::json::object();
  std::vector<std::string> statements{};  // that were run

  const platform::databricks::Client& client() const { return session_.client(); }
  static platform::databricks::CommandOptions options() { return {.cluster = "tools"}; }

  ManualClock clock{base::Instant{std::chrono::seconds(1'795'000'000)}};

private:
  class Http : public net::HttpClient {
  public:
    explicit Http(PythonCluster& cluster) : cluster_(cluster) {}
    net::Response send(const net::Request& request, std::stop_token) override {
      return answer(200, cluster_.answered(request).dump());
    }

  private:
    PythonCluster& cluster_;
  };

  nlohmann::json answered(const net::Request& request) {
    const std::string& path = request.url.path;
    if (path == "/api/2.1/clusters/list")
      return {{"clusters", {{{"cluster_id", "1"}, {"cluster_name", "tools"}, {"state", "RUNNING"}}}}};
    if (path == "/api/1.2/contexts/status") return {{"id", "1"}, {"status", "Running"}};
    if (path == "/api/1.2/commands/status") return {{"id", "1"}, {"status", "Finished"}, {"results", results_}};
    if (path == "/api/1.2/commands/execute") run(nlohmann::json::parse(request.body).at("command"));
    return {{"id", "1"}};
  }
  void run(const std::string& program) {
    PythonRun ran = run_in_python(world, program);
    for (const nlohmann::json& one : ran.told.at("statements")) statements.push_back(one);
    if (ran.printed.ends_with('\n')) ran.printed.pop_back();  // nobody promises that the last one comes along
    results_ = {{"resultType", ran.status == 0 ? "text" : "error"},
                {ran.status == 0 ? "data" : "summary", ran.printed},
                {"truncated", false}};
  }

  nlohmann::json results_{};
  SeededRandom random_{1};
  platform::databricks::Session session_{ScriptedSession::account(), std::make_unique<Http>(*this), clock, random_};
};

}  // namespace holdfast::test
