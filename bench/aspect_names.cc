#include "bench/aspect_names.h"

#include <fmt/format.h>

#include <array>

#include "bench/dice.h"

namespace holdfast::bench {
namespace {

// Sorted by bytes, and only lower-case letters: '.', '_' and ',' sort before them, so joined words sort as tuples do.
constexpr std::array<std::string_view, 6> k_platforms = {"bigquery", "hive",     "mysql",
                                                         "postgres", "redshift", "snowflake"};
constexpr std::array<std::string_view, 24> k_schemas = {
    "access",   "billing", "catalog", "claims",    "crm",      "events",    "exports",   "finance",
    "fleet",    "hr",      "ingest",  "inventory", "legal",    "logistics", "marketing", "orders",
    "payments", "pricing", "risk",    "sales",     "shipping", "support",   "telemetry", "web"};
constexpr std::array<std::string_view, 37> k_tables = {
    "account",  "address",  "agreement", "alert",    "batch",    "booking",  "campaign", "carrier",
    "contact",  "contract", "coupon",    "customer", "device",   "discount", "employee", "forecast",
    "invoice",  "item",     "lead",      "ledger",   "location", "message",  "order",    "parcel",
    "partner",  "payment",  "plan",      "product",  "refund",   "return",   "route",    "session",
    "shipment", "stock",    "ticket",    "vehicle",  "visit"};
constexpr std::array<std::string_view, 10> k_endings = {"",     "_daily",    "_dim",     "_fact",    "_history",
                                                        "_raw", "_snapshot", "_staging", "_summary", "_v2"};
constexpr std::array<std::string_view, 32> k_first = {
    "alice", "amir",  "anna", "ben",   "carla", "chen", "dana",  "david", "elena", "emil", "fatima",
    "felix", "grace", "hugo", "ines",  "ivan",  "jana", "jonas", "kofi",  "laura", "lee",  "maria",
    "max",   "nina",  "omar", "paula", "priya", "ravi", "sofia", "tom",   "yuki",  "zoe"};
constexpr std::array<std::string_view, 32> k_last = {
    "abe",   "adler",  "bauer", "berg",  "brown",  "costa", "diaz",  "egger",  "fischer", "garcia", "gupta",
    "haas",  "huang",  "ito",   "jones", "keller", "khan",  "kim",   "lopez",  "meyer",   "moreau", "nagy",
    "novak", "okafor", "park",  "rossi", "sato",   "silva", "smith", "tanaka", "weber",   "wolf"};
constexpr std::array<std::string_view, 6> k_tasks = {"check", "clean", "extract", "load", "notify", "transform"};
constexpr std::uint64_t k_tables_per_schema = k_tables.size();
constexpr std::uint64_t k_tables_per_database = k_tables_per_schema * k_schemas.size();

// Looks random, and grows with the number all the same: the upper part is the place among all.
std::string growing_guid(const Entity& entity) {
  const std::uint64_t step = UINT64_MAX / entity.total;
  const std::uint64_t upper = entity.number * step + entity.hash(11) % step;
  return guid(upper, entity.hash(12));
}

std::uint64_t database_number(const Entity& dataset) {
  return dataset.number / k_tables_per_database;
}

std::string_view dataset_platform(const Entity& dataset) noexcept {
  const std::uint64_t databases = (dataset.total + k_tables_per_database - 1) / k_tables_per_database;
  return k_platforms[database_number(dataset) * k_platforms.size() / databases];
}

std::string flow_urn(std::uint64_t number, std::uint64_t seed) {
  return fmt::format("urn:li:dataFlow:(airflow,dag_{:06}_{}_{},PROD)", number,
                     k_schemas[mix(seed, number) % k_schemas.size()],
                     k_tables[mix(seed, number + 7) % k_tables.size()]);
}

std::string spread_word(const Entity& entity) {
  return fmt::format("{}_{:06}", k_tables[entity.number * k_tables.size() / entity.total], entity.number);
}

}  // namespace

std::uint64_t Entity::hash(std::uint64_t salt) const noexcept {
  return mix(mix(seed, static_cast<std::uint64_t>(type) << 56 | number), salt);
}

std::string guid(std::uint64_t a, std::uint64_t b) {
  return fmt::format("{:016x}{:016x}", a, b);
}

std::string user_name(std::uint64_t number, std::uint64_t total) {
  constexpr std::uint64_t k_names = k_first.size() * k_last.size();
  if (total <= k_names) {
    const std::uint64_t name = number * k_names / total;
    return fmt::format("{}.{}", k_first[name / k_last.size()], k_last[name % k_last.size()]);
  }
  const std::uint64_t namesakes = (total + k_names - 1) / k_names;
  const std::uint64_t name = number / namesakes;
  return fmt::format("{}.{}.{:05}", k_first[name / k_last.size()], k_last[name % k_last.size()], number % namesakes);
}

std::string table_name(const Entity& dataset) {
  return fmt::format("{}{}", k_tables[dataset.number % k_tables_per_schema],
                     k_endings[dataset.hash(13) % k_endings.size()]);
}

std::string dataset_name(const Entity& dataset) {
  const std::uint64_t database = database_number(dataset);
  const std::uint64_t schema = dataset.number / k_tables_per_schema % k_schemas.size();
  return fmt::format("wh{:05}_{}.{}.{}", database, k_schemas[mix(dataset.seed, database) % k_schemas.size()],
                     k_schemas[schema], table_name(dataset));
}

std::string_view platform_of(const Entity& entity) noexcept {
  switch (entity.type) {
    case EntityType::dataset:
      return dataset_platform(entity);
    case EntityType::chart:
    case EntityType::dashboard:
      return entity.number * 2 < entity.total ? "looker" : "tableau";
    case EntityType::data_flow:
    case EntityType::data_job:
      return "airflow";
    default:
      return k_platforms[entity.hash(14) % k_platforms.size()];
  }
}

std::string urn_of(const Entity& entity) {
  switch (entity.type) {
    case EntityType::assertion:
      return "urn:li:assertion:" + growing_guid(entity);
    case EntityType::chart:
      return fmt::format("urn:li:chart:({},{})", platform_of(entity), growing_guid(entity));
    case EntityType::container:
      return "urn:li:container:" + growing_guid(entity);
    case EntityType::corp_group:
      return "urn:li:corpGroup:" + spread_word(entity);
    case EntityType::corpuser:
      return "urn:li:corpuser:" + user_name(entity.number, entity.total);
    case EntityType::dashboard:
      return fmt::format("urn:li:dashboard:({},{})", platform_of(entity), growing_guid(entity));
    case EntityType::data_flow:
      return flow_urn(entity.number, entity.seed);
    case EntityType::data_hub_execution_request:
      return "urn:li:dataHubExecutionRequest:" + growing_guid(entity);
    case EntityType::data_job:
      return fmt::format("urn:li:dataJob:({},{})", flow_urn(entity.number / k_tasks.size(), entity.seed),
                         k_tasks[entity.number % k_tasks.size()]);
    case EntityType::dataset:
      return fmt::format("urn:li:dataset:(urn:li:dataPlatform:{},{},PROD)", dataset_platform(entity),
                         dataset_name(entity));
    case EntityType::domain:
      return "urn:li:domain:" + growing_guid(entity);
    case EntityType::glossary_node:
      return "urn:li:glossaryNode:" + growing_guid(entity);
    case EntityType::glossary_term:
      return "urn:li:glossaryTerm:" + growing_guid(entity);
    case EntityType::query:
      return "urn:li:query:" + growing_guid(entity);
    case EntityType::tag:
      return "urn:li:tag:" + spread_word(entity);
  }
  return {};
}

}  // namespace holdfast::bench
