// URNs of the generated catalogue.  Every one grows with its number by bytes: that is what makes "the row at this place
// in key order" computable without sorting.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::bench {

// In the byte order of their URNs.
enum class EntityType : std::uint8_t {
  assertion,
  chart,
  container,
  corp_group,
  corpuser,
  dashboard,
  data_flow,
  data_hub_execution_request,
  data_job,
  dataset,
  domain,
  glossary_node,
  glossary_term,
  query,
  tag,
};
inline constexpr std::size_t k_entity_types = 15;

// One entity: the number-th of `total` of its type, in the order of URNs.
struct Entity {
  EntityType type = EntityType::dataset;
  std::uint64_t number = 0;
  std::uint64_t total = 1;
  std::uint64_t seed = 0;

  std::uint64_t hash(std::uint64_t salt) const noexcept;
};

std::string urn_of(const Entity& entity);
// "snowflake" … of datasets and containers, "looker" … of what draws, "airflow" of what runs.
std::string_view platform_of(const Entity& entity) noexcept;
// The last part of a dataset's name, as a person would say it.
std::string table_name(const Entity& dataset);
std::string dataset_name(const Entity& dataset);
// A user's name as in urn:li:corpuser:NAME.
std::string user_name(std::uint64_t number, std::uint64_t total);
std::string guid(std::uint64_t a, std::uint64_t b);

}  // namespace holdfast::bench
