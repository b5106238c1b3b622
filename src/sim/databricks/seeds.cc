#include "sim/databricks/seeds.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/error.h"
#include "base/json.h"
#include "model/base64.h"
#include "sim/databricks/arm.h"
#include "sim/databricks/workspace.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::array k_sized = {seed_many_people, seed_many_notebooks, seed_many_jobs};

constexpr std::size_t k_most = 1'000'000;

// For the query of a URL.
std::string escape(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) out += fmt::format("%{:02X}", c);
  return out;
}

// Clusters and jobs install the copy that was made of it.
void seed_library(Seed& seed) {
  seed.days_ago(400);
  seed.library("/Shared/orders-1.4.jar");
}

// Two of the accounts of its subscription: one outlives its region.
void seed_arm(Seed& seed) {
  auto& accounts = seed.world().part<Arm>().accounts;
  accounts.push_back({.name = "lakeeast",
                      .region = "westeurope",
                      .sku = "Standard_RAGRS",
                      .second_region = "northeurope",
                      .synced_ms_ago = 240'000});
  accounts.push_back({.name = "archive", .region = "westeurope", .sku = "Standard_ZRS"});
}

constexpr std::array k_realistic = {seed_people, seed_tree,     seed_secrets, seed_dbfs, seed_unity, seed_compute,
                                    seed_models, seed_settings, seed_sql,     seed_jobs, seed_arm,   seed_library};

void seed_small(Seed& seed) {
  seed.days_ago(30);
  const auto anna = seed.user("anna@example.test", "Anna", "Berg");
  const auto ben = seed.user("ben@example.test", "Ben", "Ono");
  const auto analysts = seed.group("analysts");
  seed.member(analysts, anna);
  seed.member(analysts, ben);
  seed.folder("/Shared/reports");
  seed.notebook("/Shared/reports/daily", "SQL", "SELECT count(*) FROM sales");
  seed.notebook("/Users/anna@example.test/scratch", "PYTHON", "print(1)");
  seed.file("/Shared/reports/settings.json", "{\"limit\": 10}\n");
  seed.post("/api/2.0/secrets/scopes/create", {{"scope", "small"}});
  seed.post("/api/2.0/secrets/put", {{"scope", "small"}, {"key", "password"}, {"string_value", "not so secret"}});
}

bool is_access_list(std::string_view target) {
  return target.starts_with("/api/2.0/permissions/") || target.starts_with("/api/2.0/secrets/acls/");
}

std::size_t* size_named(SeedSizes& sizes, std::string_view name) {
  if (name == "notebooks") return &sizes.notebooks;
  if (name == "groups") return &sizes.groups;
  if (name == "members") return &sizes.members;
  if (name == "permissions") return &sizes.permissions;
  return name == "jobs" ? &sizes.jobs : nullptr;
}

[[noreturn]] void not_understood(std::string_view text) {
  throw base::Error(base::ErrorKind::usage, fmt::format("there is no workspace to begin with called '{}'", text),
                    "Say empty, small, realistic, or sizes such as notebooks=50000,groups=2000,members=20000,"
                    "permissions=10000,jobs=5000.");
}

}  // namespace

Seed::Seed(StandIn& stand_in) : stand_in_(stand_in), present_ms_(stand_in.world().now_ms()) {}

Seed::~Seed() {
  world().pretend_time(std::nullopt);
}

Json Seed::write(std::string_view method, std::string_view target, const Json& body) {
  if (world().options().tier != WorldOptions::Tier::standard) return stand_in_.call(method, target, body);
  if (is_access_list(target)) return Json::object();
  Json suited = body;
  if (target == "/api/2.0/secrets/scopes/create") suited["initial_manage_principal"] = "users";
  return stand_in_.call(method, target, suited);
}

Json Seed::post(std::string_view target, const Json& body) {
  return write("POST", target, body);
}

Json Seed::put(std::string_view target, const Json& body) {
  return write("PUT", target, body);
}

Json Seed::patch(std::string_view target, const Json& body) {
  return write("PATCH", target, body);
}

Json Seed::get(std::string_view target) {
  return stand_in_.get(target);
}

void Seed::days_ago(double days) {
  constexpr double k_day_ms = 24.0 * 60 * 60 * 1000;
  world().pretend_time(present_ms_ - static_cast<std::int64_t>(days * k_day_ms));
}

void Seed::notebook(const std::string& path, std::string_view language, const std::string& source) {
  post("/api/2.0/workspace/import",
       {{"path", path}, {"format", "SOURCE"}, {"language", language}, {"content", model::base64_encode(source)}});
}

void Seed::file(const std::string& path, const std::string& bytes) {
  post("/api/2.0/workspace/import", {{"path", path}, {"format", "RAW"}, {"content", model::base64_encode(bytes)}});
}

void Seed::library(const std::string& path) {
  const auto [folder, name] = parent_and_name(world(), path);
  add_node(world(), *folder, NodeKind::library, name);
}

void Seed::folder(const std::string& path) {
  post("/api/2.0/workspace/mkdirs", {{"path", path}});
}

std::string Seed::user(const std::string& login, const std::string& given_name, const std::string& family_name) {
  const auto made =
      post("/api/2.0/preview/scim/v2/Users", {{"userName", login},
                                              {"displayName", given_name + " " + family_name},
                                              {"name", {{"givenName", given_name}, {"familyName", family_name}}}});
  return made["id"].get<std::string>();
}

std::string Seed::group(const std::string& name) {
  return post("/api/2.0/preview/scim/v2/Groups", {{"displayName", name}})["id"].get<std::string>();
}

void Seed::member(const std::string& group_id, const std::string& member_id) {
  patch("/api/2.0/preview/scim/v2/Groups/" + group_id,
        {{"schemas", Json::array({"urn:ietf:params:scim:api:messages:2.0:PatchOp"})},
         {"Operations",
          Json::array({{{"op", "add"}, {"path", "members"}, {"value", Json::array({{{"value", member_id}}})}}})}});
}

void Seed::share(const std::string& path, const Json& list) {
  const auto status = get("/api/2.0/workspace/get-status?path=" + escape(path));
  const auto type = status["object_type"].get<std::string>();
  const std::string_view url_type = type == "DIRECTORY"  ? "directories"
                                    : type == "NOTEBOOK" ? "notebooks"
                                    : type == "FILE"     ? "files"
                                                         : "repos";
  put(fmt::format("/api/2.0/permissions/{}/{}", url_type, status["object_id"].get<std::int64_t>()),
      {{"access_control_list", list}});
}

SeedSizes parse_seed_sizes(std::string_view text) {
  SeedSizes sizes;
  const auto whole = text;
  while (!text.empty()) {
    const auto end = text.find(',');
    const auto one = text.substr(0, end);
    const auto equals = one.find('=');
    auto* size = size_named(sizes, one.substr(0, equals));
    if (size == nullptr || equals == std::string_view::npos) not_understood(whole);
    const auto number = one.substr(equals + 1);
    const auto [stop, failure] = std::from_chars(number.data(), number.data() + number.size(), *size);
    if (failure != std::errc() || stop != number.data() + number.size() || *size > k_most) not_understood(whole);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return sizes;
}

void seed_workspace(StandIn& stand_in, std::string_view what) {
  if (what.empty() || what == "empty") return;
  Seed seed(stand_in);
  if (what == "small") {
    seed_small(seed);
  } else if (what == "realistic") {
    for (const auto part : k_realistic) part(seed);
  } else {
    const auto sizes = parse_seed_sizes(what);
    for (const auto part : k_sized) part(seed, sizes);
  }
}

}  // namespace holdfast::sim::databricks
