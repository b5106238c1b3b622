#include "bench/aspect_bodies.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "bench/dice.h"

namespace holdfast::bench {
namespace {

using Out = std::back_insert_iterator<std::string>;

constexpr std::array<std::string_view, 120> k_words = {
    "the",     "of",         "and",       "per",         "daily",     "customer", "is",         "for",
    "from",    "each",       "table",     "orders",      "with",      "amount",   "in",         "by",
    "source",  "record",     "all",       "date",        "not",       "status",   "one",        "system",
    "used",    "account",    "contains",  "events",      "loaded",    "after",    "payment",    "report",
    "number",  "rows",       "key",       "team",        "last",      "value",    "joined",     "snapshot",
    "current", "region",     "product",   "to",          "created",   "never",    "null",       "when",
    "monthly", "price",      "net",       "gross",       "currency",  "update",   "before",     "deleted",
    "history", "shipment",   "warehouse", "please",      "ask",       "owner",    "finance",    "reconciled",
    "against", "ledger",     "hourly",    "partitioned", "on",        "country",  "code",       "see",
    "runbook", "deprecated", "use",       "instead",     "excludes",  "test",     "users",      "internal",
    "masked",  "personal",   "data",      "retention",   "days",      "quality",  "checked",    "duplicates",
    "removed", "late",       "arriving",  "backfilled",  "weekly",    "forecast", "model",      "input",
    "derived", "lookup",     "reference", "dimension",   "fact",      "grain",    "session",    "campaign",
    "channel", "margin",     "refund",    "invoice",     "contract",  "supplier", "delivery",   "stock",
    "level",   "threshold",  "alert",     "dashboard",   "executive", "metric",   "definition", "approved"};
// Characters beyond ASCII, one of them of four bytes: what breaks a store that was set up with three-byte "utf8".
constexpr std::array<std::string_view, 6> k_beyond_ascii = {
    "größer als null", "données à caractère personnel", "売上", "🚀 launch", "≥ 95 %", "🧪"};
constexpr std::array<std::string_view, 8> k_native = {"VARCHAR(255)", "NUMBER(38,0)", "TIMESTAMP_NTZ", "BOOLEAN",
                                                      "DATE",         "FLOAT",        "VARIANT",       "VARCHAR(64)"};
constexpr std::array<std::string_view, 8> k_classes = {"StringType", "NumberType", "TimeType",   "BooleanType",
                                                       "DateType",   "NumberType", "RecordType", "StringType"};
constexpr std::array<std::string_view, 24> k_columns = {
    "account", "amount", "batch", "city",     "country", "created",   "currency",  "customer",
    "deleted", "email",  "event", "external", "gross",   "is_active", "last_seen", "name",
    "net",     "order",  "price", "quantity", "region",  "status",    "updated",   "valid_from"};
constexpr std::array<std::string_view, 6> k_endings = {"_id", "_at", "_code", "", "_total", "_key"};
constexpr std::int64_t k_epoch_ms = 1'690'000'000'000;

// Everything but the edited part is drawn from the entity alone, so two editions share it.
struct Writer {
  const Document& document;
  Dice steady;
  Dice edited;
  std::string text;

  explicit Writer(const Document& d)
      : document(d), steady(d.entity.hash(21)), edited(mix(d.entity.hash(22), d.edition)) {
    for (const char c : d.aspect) steady = Dice(mix(steady.next(), static_cast<unsigned char>(c)));
  }
  Out out() { return std::back_inserter(text); }

  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(out(), format, std::forward<Arguments>(arguments)...);
  }
};

std::string sentence(Dice& dice, std::uint64_t words) {
  std::string text;
  for (std::uint64_t i = 0; i < words; ++i) {
    if (i > 0) text += dice.one_in(11) ? ", " : " ";
    text += k_words[dice.low(k_words.size())];
    if (dice.one_in(90)) text.append(" ").append(k_beyond_ascii[dice.below(k_beyond_ascii.size())]);
    if (dice.one_in(25)) text += fmt::format(" {}", dice.below(100000));
  }
  return text;
}

// A description in which an edit changed a few words near the end.
std::string description(Writer& w, std::uint64_t words) {
  std::string text = sentence(w.steady, words);
  if (w.document.edition > 0) text += ". " + sentence(w.edited, 3 + w.edited.below(6));
  return text;
}

std::string actor(Writer& w, Dice& dice) {
  const Population& all = *w.document.population;
  const std::uint64_t users = all.entities[static_cast<std::size_t>(EntityType::corpuser)];
  return "urn:li:corpuser:" + user_name(dice.low(users), users);
}

std::string other(Writer& w, EntityType type, Dice& dice) {
  const std::uint64_t count = w.document.population->entities[static_cast<std::size_t>(type)];
  return urn_of(w.document.population->entity(type, dice.below(count)));
}

std::int64_t stamp(Dice& dice) {
  return k_epoch_ms + static_cast<std::int64_t>(dice.below(60'000'000'000));
}

// A dataset near this one: lineage stays mostly within a schema.
std::string neighbour(Writer& w, Dice& dice) {
  const std::uint64_t count = w.document.population->entities[static_cast<std::size_t>(EntityType::dataset)];
  const std::uint64_t near =
      w.document.entity.type == EntityType::dataset ? w.document.entity.number : dice.below(count);
  return urn_of(w.document.population->entity(EntityType::dataset, (near + 1 + dice.low(200)) % count));
}

void schema_field(Writer& w, std::size_t number) {
  const std::size_t type = w.steady.below(k_native.size());
  std::string path =
      fmt::format("{}{}", k_columns[w.steady.below(k_columns.size())], k_endings[w.steady.below(k_endings.size())]);
  if (number >= k_columns.size()) path += fmt::format("_{}", number);
  w.add(R"({}{{"nullable":{},"fieldPath":"{}",)", number > 0 ? "," : "", w.steady.one_in(3) ? "false" : "true", path);
  if (w.steady.one_in(3)) w.add(R"("description":"{}",)", sentence(w.steady, 3 + w.steady.below(9)));
  w.add(
      R"("isPartOfKey":{},"type":{{"type":{{"com.linkedin.schema.{}":{{}}}}}},"recursive":false,"nativeDataType":"{}"}})",
      number == 0 ? "true" : "false", k_classes[type], k_native[type]);
}

void schema_metadata(Writer& w) {
  // The tail of the sizes comes from here: most tables are narrow, a few have hundreds of columns.
  const double wide = std::clamp(w.steady.log_normal(7.0, 1.2), 1.0, 700.0);
  w.add(
      R"({{"created":{{"actor":"urn:li:corpuser:unknown","time":0}},"platformSchema":{{"com.linkedin.schema.MySqlDDL":{{"tableSchema":""}}}},)");
  w.add(R"("lastModified":{{"actor":"urn:li:corpuser:unknown","time":{}}},"schemaName":"{}","fields":[)",
        stamp(w.edited), dataset_name(w.document.entity));
  const std::uint64_t fields = static_cast<std::uint64_t>(wide) + (w.document.edition > 0 ? w.edited.below(3) : 0);
  for (std::uint64_t i = 0; i < fields; ++i) schema_field(w, i);
  w.add(R"(],"version":{},"hash":"","platform":"urn:li:dataPlatform:{}"}})", w.document.edition,
        platform_of(w.document.entity));
}

void ownership(Writer& w) {
  w.add(R"({{"owners":[)");
  const std::uint64_t owners = 1 + w.steady.low(4);
  for (std::uint64_t i = 0; i < owners; ++i) {
    const bool group = w.steady.one_in(4);
    const std::string owner =
        group ? other(w, EntityType::corp_group, w.steady) : actor(w, i + 1 < owners ? w.steady : w.edited);
    w.add(R"({}{{"owner":"{}","type":"{}"}})", i > 0 ? "," : "", owner, i == 0 ? "TECHNICAL_OWNER" : "DATAOWNER");
  }
  w.add(R"(],"lastModified":{{"actor":"{}","time":{}}}}})", actor(w, w.edited), stamp(w.edited));
}

void upstream_lineage(Writer& w) {
  w.add(R"({{"upstreams":[)");
  const std::uint64_t upstreams = 1 + w.steady.low(5);
  for (std::uint64_t i = 0; i < upstreams; ++i) {
    w.add(R"({}{{"type":"TRANSFORMED","auditStamp":{{"actor":"urn:li:corpuser:unknown","time":{}}},"dataset":"{}"}})",
          i > 0 ? "," : "", stamp(w.edited), neighbour(w, w.steady));
  }
  w.add(R"(]}})");
}

void dataset_properties(Writer& w) {
  const Entity& e = w.document.entity;
  w.add(
      R"~({{"customProperties":{{"is_dynamic":"false","retention_time":"{}","owner_role":"ROLE_{:03}","clustering_key":"LINEAR({})"}},)~",
      1 + w.steady.below(90), w.steady.below(40), k_columns[w.steady.below(k_columns.size())]);
  w.add(R"("externalUrl":"https://app.{}.test/#/data/databases/{}/",)", platform_of(e), w.steady.below(100000));
  w.add(R"("name":"{}","qualifiedName":"{}",)", table_name(e), dataset_name(e));
  if (!w.steady.one_in(3)) w.add(R"("description":"{}",)", description(w, 4 + w.steady.below(30)));
  w.add(R"("created":{{"time":{}}},"lastModified":{{"time":{}}},"tags":[]}})", stamp(w.steady), stamp(w.edited));
}

void browse_paths(Writer& w) {
  const std::string container = other(w, EntityType::container, w.steady);
  const std::string schema = other(w, EntityType::container, w.steady);
  w.add(
      R"~({{"path":[{{"id":"urn:li:dataPlatformInstance:(urn:li:dataPlatform:{},prod)","urn":"urn:li:dataPlatformInstance:(urn:li:dataPlatform:{},prod)"}},)~",
      platform_of(w.document.entity), platform_of(w.document.entity));
  w.add(R"({{"id":"{0}","urn":"{0}"}},{{"id":"{1}","urn":"{1}"}}]}})", container, schema);
}

void tags(Writer& w) {
  w.add(R"({{"tags":[)");
  const std::uint64_t count = 1 + w.steady.low(4) + (w.document.edition > 0 ? 1 : 0);
  for (std::uint64_t i = 0; i < count; ++i)
    w.add(R"({}{{"tag":"{}"}})", i > 0 ? "," : "", other(w, EntityType::tag, i + 1 < count ? w.steady : w.edited));
  w.add(R"(]}})");
}

void terms(Writer& w) {
  w.add(R"({{"terms":[{{"urn":"{}"}}],"auditStamp":{{"actor":"{}","time":{}}}}})",
        other(w, EntityType::glossary_term, w.edited), actor(w, w.edited), stamp(w.edited));
}

void institutional_memory(Writer& w) {
  w.add(
      R"({{"elements":[{{"createStamp":{{"actor":"{}","time":{}}},"description":"{}","url":"https://wiki.acme.test/x/{:08x}"}}]}})",
      actor(w, w.steady), stamp(w.steady), description(w, 3 + w.steady.below(5)), w.steady.below(UINT32_MAX));
}

void edited_schema(Writer& w) {
  w.add(R"({{"created":{{"actor":"{}","time":{}}},"editableSchemaFieldInfo":[)", actor(w, w.steady), stamp(w.steady));
  const std::uint64_t fields = 1 + w.steady.low(9);
  for (std::uint64_t i = 0; i < fields; ++i) {
    Dice& dice = i + 1 < fields ? w.steady : w.edited;
    w.add(R"({}{{"fieldPath":"{}_{}","description":"{}"}})", i > 0 ? "," : "", k_columns[dice.below(k_columns.size())],
          i, sentence(dice, 4 + dice.below(16)));
  }
  w.add(R"(],"lastModified":{{"actor":"{}","time":{}}}}})", actor(w, w.edited), stamp(w.edited));
}

void sql_statement(Writer& w) {
  w.add("SELECT ");
  const std::uint64_t columns = 2 + w.steady.low(14);
  for (std::uint64_t i = 0; i < columns; ++i)
    w.add("t{}.{}{}, ", w.steady.below(3), k_columns[w.steady.below(k_columns.size())], k_endings[w.steady.below(6)]);
  w.add("COUNT(*) FROM wh{:05}_x.{} t0 WHERE t0.{} > {}", w.steady.below(100),
        k_columns[w.steady.below(k_columns.size())], k_columns[w.steady.below(k_columns.size())],
        w.edited.below(1000000));
}

void view_properties(Writer& w) {
  w.add(R"({{"materialized":false,"viewLanguage":"SQL","viewLogic":")");
  sql_statement(w);
  w.add(R"("}})");
}

void query_properties(Writer& w) {
  w.add(R"({{"statement":{{"value":")");
  sql_statement(w);
  w.add(
      R"(","language":"SQL"}},"source":"SYSTEM","created":{{"actor":"{}","time":{}}},"lastModified":{{"actor":"{}","time":{}}}}})",
      actor(w, w.steady), stamp(w.steady), actor(w, w.edited), stamp(w.edited));
}

void execution_result(Writer& w) {
  w.add(R"({{"status":"{}","startTimeMs":{},"durationMs":{},"report":"~~~~ Execution Summary - RUN_INGEST ~~~~\n)",
        w.steady.one_in(9) ? "FAILURE" : "SUCCESS", stamp(w.edited), w.steady.below(900000));
  const std::uint64_t lines = 5 + static_cast<std::uint64_t>(std::clamp(w.steady.log_normal(30, 0.9), 1.0, 900.0));
  for (std::uint64_t i = 0; i < lines; ++i)
    w.add(R"([2024-{:02}-{:02} {:02}:{:02}:{:02},{:03}] INFO {{datahub.ingestion.run.pipeline:{}}} - {}\n)",
          1 + w.steady.below(12), 1 + w.steady.below(28), w.steady.below(24), w.steady.below(60), w.steady.below(60),
          w.steady.below(1000), w.steady.below(500), sentence(w.steady, 4));
  w.add(R"("}})");
}

void info(Writer& w) {  // of charts, dashboards, jobs: a title, a text, links, inputs
  w.add(R"({{"customProperties":{{}},"title":"{}","description":"{}",)", sentence(w.steady, 2 + w.steady.below(3)),
        description(w, w.steady.below(25)));
  w.add(
      R"("externalUrl":"https://{}.acme.test/{}","lastModified":{{"created":{{"actor":"urn:li:corpuser:unknown","time":0}},"lastModified":{{"actor":"{}","time":{}}}}},"inputs":[)",
      platform_of(w.document.entity), w.steady.below(1000000), actor(w, w.steady), stamp(w.edited));
  const std::uint64_t inputs = w.steady.low(4);
  for (std::uint64_t i = 0; i < inputs; ++i) w.add(R"({}{{"string":"{}"}})", i > 0 ? "," : "", neighbour(w, w.steady));
  w.add(R"(]}})");
}

void user_info(Writer& w) {
  const std::string name = user_name(w.document.entity.number, w.document.entity.total);
  w.add(
      R"({{"active":true,"displayName":"{0}","email":"{0}@acme.test","fullName":"{0}","title":"{1}","system":false,"customProperties":{{"hired":"{2}"}}}})",
      name, sentence(w.edited, 2), stamp(w.steady));
}

void key_aspect(Writer& w) {
  const Entity& e = w.document.entity;
  if (e.type == EntityType::dataset) {
    w.add(R"({{"origin":"PROD","name":"{}","platform":"urn:li:dataPlatform:{}"}})", dataset_name(e), platform_of(e));
    return;
  }
  const std::string urn = urn_of(e);
  w.add(R"({{"id":"{}"}})", std::string_view(urn).substr(urn.find(':', 7) + 1));
}

void named_text(Writer& w) {  // containers, domains, terms, tags, groups
  w.add(R"({{"customProperties":{{}},"name":"{}","description":"{}","created":{{"actor":"{}","time":{}}}}})",
        sentence(w.steady, 2), description(w, w.steady.below(30)), actor(w, w.steady), stamp(w.steady));
}

struct Body {
  std::string_view aspect;
  void (*write)(Writer&);
};

void status(Writer& w) {
  w.add(R"({{"removed":{}}})", w.edited.one_in(40) ? "true" : "false");
}
void sub_types(Writer& w) {
  w.add(R"({{"typeNames":["{}"]}})", w.steady.one_in(4) ? "View" : "Table");
}
void container(Writer& w) {
  w.add(R"({{"container":"{}"}})", other(w, EntityType::container, w.steady));
}
void domains(Writer& w) {
  w.add(R"({{"domains":["{}"]}})", other(w, EntityType::domain, w.edited));
}
void edited_text(Writer& w) {
  w.add(R"({{"created":{{"actor":"{}","time":{}}},"description":"{}","lastModified":{{"actor":"{}","time":{}}}}})",
        actor(w, w.steady), stamp(w.steady), description(w, 10 + w.steady.below(60)), actor(w, w.edited),
        stamp(w.edited));
}
void platform_instance(Writer& w) {
  w.add(
      R"~({{"platform":"urn:li:dataPlatform:{0}","instance":"urn:li:dataPlatformInstance:(urn:li:dataPlatform:{0},prod)"}})~",
      platform_of(w.document.entity));
}

constexpr std::array<Body, 36> k_bodies = {{
    {"assertionInfo", info},
    {"browsePathsV2", browse_paths},
    {"chartInfo", info},
    {"container", container},
    {"containerProperties", named_text},
    {"corpGroupInfo", named_text},
    {"corpUserInfo", user_info},
    {"dashboardInfo", info},
    {"dataFlowInfo", info},
    {"dataHubExecutionRequestInput", info},
    {"dataHubExecutionRequestResult", execution_result},
    {"dataJobInfo", info},
    {"dataJobInputOutput", upstream_lineage},
    {"dataPlatformInstance", platform_instance},
    {"datasetProperties", dataset_properties},
    {"domainProperties", named_text},
    {"domains", domains},
    {"editableDatasetProperties", edited_text},
    {"editableSchemaMetadata", edited_schema},
    {"globalTags", tags},
    {"glossaryNodeInfo", named_text},
    {"glossaryTermInfo", named_text},
    {"glossaryTerms", terms},
    {"groupMembership", tags},
    {"institutionalMemory", institutional_memory},
    {"ownership", ownership},
    {"queryProperties", query_properties},
    {"querySubjects", upstream_lineage},
    {"schemaMetadata", schema_metadata},
    {"status", status},
    {"subTypes", sub_types},
    {"tagProperties", named_text},
    {"upstreamLineage", upstream_lineage},
    {"viewProperties", view_properties},
    {"inputFields", edited_schema},
    {"corpUserEditableInfo", edited_text},
}};

}  // namespace

Entity Population::entity(EntityType type, std::uint64_t number) const noexcept {
  return {.type = type, .number = number, .total = entities[static_cast<std::size_t>(type)], .seed = seed};
}

std::string metadata_of(const Document& document) {
  Writer writer(document);
  const auto* body =
      std::find_if(k_bodies.begin(), k_bodies.end(), [&](const Body& b) { return b.aspect == document.aspect; });
  // Whatever has no body of its own is a key aspect: datasetKey, corpUserKey, …
  if (body == k_bodies.end()) {
    key_aspect(writer);
  } else {
    body->write(writer);
  }
  return std::move(writer.text);
}

std::string systemmetadata_of(const Document& document, const Run& written, const Run& observed) {
  const std::string_view platform = platform_of(document.entity);
  Writer w(document);
  w.add(R"({{"lastObserved":{},"lastRunId":"no-run-id-provided","runId":"{}-{}-{:06x}",)", observed.observed_ms,
        platform, observed.started_ms / 1000, mix(observed.started_ms) & 0xffffff);
  w.add(
      R"("registryName":"unknownRegistry","registryVersion":"0.0.0.0-dev","properties":{{"appSource":"{}","clientId":"acryl-datahub"}},)",
      w.steady.one_in(8) ? "ui" : "ingestion");
  w.add(R"("version":"{}","aspectCreated":{{"actor":"urn:li:corpuser:__datahub_system","time":{}}})",
        written.edition + 1,
        written.started_ms - static_cast<std::int64_t>(document.entity.hash(31) % 90) * 86'400'000);
  if (written.edition > 0)
    w.add(R"(,"aspectModified":{{"actor":"urn:li:corpuser:__datahub_system","time":{}}})", written.observed_ms);
  w.text += '}';
  return std::move(w.text);
}

}  // namespace holdfast::bench
