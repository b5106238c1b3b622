#include "bench/aspects.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <span>
#include <string_view>

#include "base/key.h"
#include "bench/aspect_bodies.h"
#include "bench/aspect_names.h"
#include "bench/dice.h"

namespace holdfast::bench {
namespace {

struct AspectUse {
  std::string_view name;
  unsigned histories = 0;
};
using Pattern = std::span<const AspectUse>;  // the aspects of one entity, by name

// What entities have, and how often it was edited.  The entities of a type take its patterns in turn, in an order that
// changes from group to group; a group therefore always has the same number of rows, and a row's entity can be
// computed.
constexpr AspectUse k_dataset_a[] = {{"browsePathsV2", 0}, {"container", 0},         {"dataPlatformInstance", 0},
                                     {"datasetKey", 0},    {"datasetProperties", 1}, {"schemaMetadata", 0},
                                     {"status", 0},        {"subTypes", 0}};
constexpr AspectUse k_dataset_b[] = {{"browsePathsV2", 0}, {"container", 0},         {"dataPlatformInstance", 0},
                                     {"datasetKey", 0},    {"datasetProperties", 0}, {"globalTags", 1},
                                     {"ownership", 1},     {"schemaMetadata", 1},    {"status", 0},
                                     {"subTypes", 0},      {"upstreamLineage", 0}};
constexpr AspectUse k_dataset_c[] = {{"browsePathsV2", 0},
                                     {"container", 0},
                                     {"dataPlatformInstance", 0},
                                     {"datasetKey", 0},
                                     {"datasetProperties", 3},
                                     {"domains", 1},
                                     {"editableDatasetProperties", 2},
                                     {"editableSchemaMetadata", 2},
                                     {"globalTags", 2},
                                     {"glossaryTerms", 1},
                                     {"institutionalMemory", 0},
                                     {"ownership", 2},
                                     {"schemaMetadata", 2},
                                     {"status", 1},
                                     {"subTypes", 0},
                                     {"upstreamLineage", 3}};
constexpr AspectUse k_dataset_d[] = {
    {"browsePathsV2", 0},     {"container", 0},       {"dataPlatformInstance", 0}, {"datasetKey", 0},
    {"datasetProperties", 0}, {"ownership", 0},       {"schemaMetadata", 0},       {"status", 0},
    {"subTypes", 0},          {"upstreamLineage", 1}, {"viewProperties", 1}};
constexpr AspectUse k_chart[] = {{"browsePathsV2", 0}, {"chartInfo", 1}, {"chartKey", 0}, {"dataPlatformInstance", 0},
                                 {"inputFields", 0},   {"status", 0},    {"subTypes", 0}};
constexpr AspectUse k_dashboard[] = {{"browsePathsV2", 0},        {"dashboardInfo", 2}, {"dashboardKey", 0},
                                     {"dataPlatformInstance", 0}, {"ownership", 0},     {"status", 0}};
constexpr AspectUse k_container[] = {
    {"browsePathsV2", 0},        {"container", 0}, {"containerKey", 0}, {"containerProperties", 0},
    {"dataPlatformInstance", 0}, {"status", 0},    {"subTypes", 0}};
constexpr AspectUse k_flow[] = {
    {"browsePathsV2", 0}, {"dataFlowInfo", 1}, {"dataFlowKey", 0}, {"ownership", 0}, {"status", 0}};
constexpr AspectUse k_job[] = {
    {"browsePathsV2", 0}, {"dataJobInfo", 1}, {"dataJobInputOutput", 1}, {"dataJobKey", 0}, {"status", 0}};
constexpr AspectUse k_user_a[] = {{"corpUserInfo", 0}, {"corpUserKey", 0}, {"groupMembership", 1}, {"status", 0}};
constexpr AspectUse k_user_b[] = {{"corpUserEditableInfo", 2}, {"corpUserInfo", 1}, {"corpUserKey", 0}, {"status", 0}};
constexpr AspectUse k_group[] = {{"corpGroupInfo", 1}, {"corpGroupKey", 0}, {"ownership", 0}, {"status", 0}};
constexpr AspectUse k_assertion[] = {
    {"assertionInfo", 0}, {"assertionKey", 0}, {"dataPlatformInstance", 0}, {"status", 0}};
constexpr AspectUse k_execution[] = {
    {"dataHubExecutionRequestInput", 0}, {"dataHubExecutionRequestKey", 0}, {"dataHubExecutionRequestResult", 0}};
constexpr AspectUse k_domain[] = {{"domainKey", 0}, {"domainProperties", 1}, {"ownership", 0}};
constexpr AspectUse k_node[] = {{"glossaryNodeInfo", 0}, {"glossaryNodeKey", 0}, {"status", 0}};
constexpr AspectUse k_term[] = {{"glossaryTermInfo", 2}, {"glossaryTermKey", 0}, {"ownership", 0}, {"status", 0}};
constexpr AspectUse k_query[] = {{"queryKey", 0}, {"queryProperties", 0}, {"querySubjects", 0}};
constexpr AspectUse k_tag[] = {{"ownership", 0}, {"status", 0}, {"tagKey", 0}, {"tagProperties", 0}};

constexpr Pattern k_datasets[] = {k_dataset_a, k_dataset_d, k_dataset_b, k_dataset_c,
                                  k_dataset_a, k_dataset_b, k_dataset_a};
constexpr Pattern k_charts[] = {k_chart}, k_dashboards[] = {k_dashboard}, k_containers[] = {k_container},
                  k_flows[] = {k_flow};
constexpr Pattern k_jobs[] = {k_job}, k_users[] = {k_user_a, k_user_b, k_user_a}, k_groups[] = {k_group};
constexpr Pattern k_assertions[] = {k_assertion}, k_executions[] = {k_execution}, k_domains[] = {k_domain},
                  k_nodes[] = {k_node};
constexpr Pattern k_terms[] = {k_term}, k_queries[] = {k_query}, k_tags[] = {k_tag};

struct Kind {
  EntityType type;
  std::uint64_t per_mille;  // of all rows; datasets take what the others leave
  std::span<const Pattern> patterns;
};
constexpr std::array<Kind, k_entity_types> k_kinds = {{
    {EntityType::assertion, 30, k_assertions},
    {EntityType::chart, 60, k_charts},
    {EntityType::container, 50, k_containers},
    {EntityType::corp_group, 3, k_groups},
    {EntityType::corpuser, 40, k_users},
    {EntityType::dashboard, 35, k_dashboards},
    {EntityType::data_flow, 12, k_flows},
    {EntityType::data_hub_execution_request, 12, k_executions},
    {EntityType::data_job, 70, k_jobs},
    {EntityType::dataset, 0, k_datasets},
    {EntityType::domain, 2, k_domains},
    {EntityType::glossary_node, 2, k_nodes},
    {EntityType::glossary_term, 20, k_terms},
    {EntityType::query, 30, k_queries},
    {EntityType::tag, 5, k_tags},
}};
constexpr std::uint64_t k_group_rows = 64;     // written together by an ingestion
constexpr std::uint64_t k_cluster_rows = 512;  // of a clustered change
constexpr std::int64_t k_day_ms = 86'400'000;
constexpr std::int64_t k_start_ms = 1'700'000'000'000;    // when the newest first edition was written
constexpr std::int64_t k_changes_ms = 1'732'000'000'000;  // when the first change happened

std::uint64_t rows_of(const Pattern& pattern) noexcept {
  std::uint64_t rows = 0;
  for (const AspectUse& use : pattern) rows += 1 + use.histories;
  return rows;
}

std::uint64_t rows_of(std::span<const Pattern> patterns) noexcept {
  std::uint64_t rows = 0;
  for (const Pattern& pattern : patterns) rows += rows_of(pattern);
  return std::max<std::uint64_t>(1, rows);
}

std::uint64_t entities_in(const Kind& kind, std::uint64_t rows) noexcept {
  const std::uint64_t group = rows_of(kind.patterns);
  // At least one, so that a reference to a type that got no row still has a name.
  return std::max<std::uint64_t>(1, (rows + group - 1) / group * kind.patterns.size());
}

struct Place {
  std::uint64_t entity = 0;
  AspectUse use;
  std::uint64_t version = 0;
};

Place find_place(const Kind& kind, std::uint64_t row, std::uint64_t seed) {
  const std::uint64_t per_group = rows_of(kind.patterns);
  const std::uint64_t group = row / per_group;
  const std::uint64_t turn = mix(mix(seed, static_cast<std::uint64_t>(kind.type)), group);
  std::uint64_t rest = row % per_group;
  for (std::uint64_t i = 0;; ++i) {
    const Pattern& pattern = kind.patterns[(turn + i) % kind.patterns.size()];
    if (rest >= rows_of(pattern)) {
      rest -= rows_of(pattern);
      continue;
    }
    for (const AspectUse& use : pattern) {
      if (rest <= use.histories) return {group * kind.patterns.size() + i, use, rest};
      rest -= 1 + use.histories;
    }
  }
}

// GMS writes milliseconds; rows that were inserted by SQL have all six digits of createdon, and no systemmetadata.
bool written_by_sql(std::uint64_t seed, std::uint64_t index) noexcept {
  return mix(mix(seed, 3), index) % 200 == 0;
}

// When an edition was written: some days after the one before, in a run that hundreds of entities share.
Run first_run(const Entity& entity, std::uint64_t edition, std::uint64_t newest) noexcept {
  const auto runs_ago = static_cast<std::int64_t>((newest - edition) * 7 + entity.hash(41) % 5);
  const std::int64_t started = k_start_ms - runs_ago * k_day_ms;
  return {.observed_ms = started + static_cast<std::int64_t>(entity.hash(42 + edition) % 3'600'000),
          .started_ms = started,
          .edition = edition};
}

}  // namespace

std::string createdon_text(const Aspect& aspect) {
  using namespace std::chrono;
  const sys_time<microseconds> instant{microseconds(aspect.createdon_us)};
  const auto day = floor<days>(instant);
  const year_month_day date(day);
  const hh_mm_ss<microseconds> time(instant - day);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

base::Row to_row(const Aspect& aspect) {
  base::Row row;
  base::append_text(row.key, aspect.urn);
  base::append_text(row.key, aspect.aspect);
  base::append_int(row.key, aspect.version);
  row.columns = {aspect.metadata, aspect.systemmetadata, createdon_text(aspect), aspect.createdby, aspect.createdfor};
  return row;
}

Catalogue::Catalogue(std::uint64_t rows, std::uint64_t seed) : rows_(rows), seed_(mix(seed)), stride_(1) {
  std::uint64_t others = 0;
  for (const Kind& kind : k_kinds) others += rows * kind.per_mille / 1000;
  std::uint64_t start = 0;
  for (const Kind& kind : k_kinds) {
    kind_start_.push_back(start);
    start += kind.type == EntityType::dataset ? rows - others : rows * kind.per_mille / 1000;
  }
  kind_start_.push_back(start);
  // The golden ratio spreads consecutive groups farthest; a common divisor would visit some groups twice.
  const std::uint64_t groups = rows / k_group_rows;
  stride_ = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(groups) * 0.6180339887));
  while (groups > 0 && std::gcd(stride_, groups) != 1) ++stride_;
}

Catalogue Catalogue::with(const Change& change) const {
  Catalogue changed = *this;
  changed.changes_.push_back(change);
  return changed;
}

std::uint64_t Catalogue::ingested(std::uint64_t nth) const noexcept {
  const std::uint64_t groups = rows_ / k_group_rows;
  if (nth >= groups * k_group_rows) return nth;
  // stride_ and the number of groups are below 2^32 for every catalogue that fits a disk: the product does not
  // overflow.
  return nth / k_group_rows * stride_ % groups * k_group_rows + nth % k_group_rows;
}

bool Catalogue::touched(std::uint64_t index, std::size_t change) const noexcept {
  const Change& what = changes_[change];
  // Where there is no systemmetadata an ingestion that found nothing new leaves no trace.
  if (what.kind == Change::Kind::reingest && written_by_sql(seed_, index)) return false;
  const std::uint64_t unit = what.spread == Change::Spread::clustered ? index / k_cluster_rows : index;
  return Dice(mix(mix(seed_, what.seed), unit)).real() < what.fraction;
}

Aspect Catalogue::make(std::uint64_t index) const {
  const auto after = std::upper_bound(kind_start_.begin(), kind_start_.end() - 1, index);
  const Kind& kind = k_kinds[static_cast<std::size_t>(after - kind_start_.begin()) - 1];
  Population population{.seed = seed_, .entities = {}};
  for (std::size_t i = 0; i < k_kinds.size(); ++i)
    population.entities[i] = entities_in(k_kinds[i], kind_start_[i + 1] - kind_start_[i]);
  const Place place = find_place(kind, index - *(after - 1), seed_);
  const Entity entity = population.entity(kind.type, place.entity);

  // Version 0 is the newest edition; of the history the largest version is.
  const std::uint64_t newest = place.use.histories;
  Document document{&population, entity, place.use.name, place.version == 0 ? newest : place.version - 1};
  Run written = first_run(entity, document.edition, newest);
  Run observed = written;
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    if (!touched(index, i)) continue;
    observed.started_ms = k_changes_ms + static_cast<std::int64_t>(i) * k_day_ms;
    observed.observed_ms = observed.started_ms + static_cast<std::int64_t>(entity.hash(60 + i) % 3'600'000);
    if (changes_[i].kind == Change::Kind::reingest) continue;
    document.edition = 1000 * (i + 1) + document.edition % 1000;
    written = observed;
    written.edition = newest + i + 1;
  }

  Aspect aspect{.urn = urn_of(entity),
                .aspect = std::string(place.use.name),
                .version = static_cast<std::int64_t>(place.version),
                .metadata = metadata_of(document),
                .systemmetadata = systemmetadata_of(document, written, observed),
                .createdon_us = written.observed_ms * 1000,
                .createdby = "urn:li:corpuser:__datahub_system",
                .createdfor = {}};
  Dice dice(mix(entity.hash(51), place.version));
  if (written_by_sql(seed_, index)) {
    aspect.createdon_us += static_cast<std::int64_t>(dice.below(1000));
    aspect.systemmetadata.reset();
  }
  if (dice.one_in(6))
    aspect.createdby = "urn:li:corpuser:" + user_name(dice.low(population.entities[4]), population.entities[4]);
  if (dice.one_in(100)) aspect.createdfor = "urn:li:corpuser:" + user_name(0, population.entities[4]);
  return aspect;
}

}  // namespace holdfast::bench
