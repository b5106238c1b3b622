#include "bench/curves/datasets.h"

#include <fmt/format.h>

#include <vector>

#include "base/key.h"

namespace holdfast::bench {

namespace {

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
  value = (value ^ value >> 27) * 0x94d049bb133111ebu;
  return value ^ value >> 31;
}

class Aspects : public Dataset {
public:
  explicit Aspects(Catalogue catalogue) : catalogue_(std::move(catalogue)) {}
  std::uint64_t rows() const override { return catalogue_.rows(); }
  base::Row make(std::uint64_t index) const override { return to_row(catalogue_.make(index)); }
  std::unique_ptr<Dataset> with(const Change& change) const override {
    return std::make_unique<Aspects>(catalogue_.with(change));
  }

private:
  Catalogue catalogue_;
};

using Body = std::string (*)(std::uint64_t index, std::uint64_t seed);

// One JSON document a row; a change draws it anew.
class Documents : public Dataset {
public:
  Documents(std::uint64_t rows, Body body, std::vector<Change> changes)
      : rows_(rows), body_(body), changes_(std::move(changes)) {}

  std::uint64_t rows() const override { return rows_; }

  base::Row make(std::uint64_t index) const override {
    std::uint64_t seed = mix(index + 1);
    for (const Change& change : changes_) {
      const std::uint64_t unit = change.spread == Change::Spread::scattered ? index : index / 512;
      const std::uint64_t drawn = mix(mix(unit + 17) ^ mix(change.seed));
      if (static_cast<double>(drawn) < change.fraction * 18446744073709551616.0) seed = mix(seed ^ change.seed);
    }
    base::Row row;
    base::append_text(row.key, "document");
    base::append_text(row.key, fmt::format("{:016x}", index * (~std::uint64_t{0} / rows_)));
    row.columns.emplace_back(body_(index, seed));
    return row;
  }

  std::unique_ptr<Dataset> with(const Change& change) const override {
    std::vector<Change> changes = changes_;
    changes.push_back(change);
    return std::make_unique<Documents>(rows_, body_, std::move(changes));
  }

private:
  std::uint64_t rows_;
  Body body_;
  std::vector<Change> changes_;
};

std::string api_body(std::uint64_t index, std::uint64_t seed) {
  static constexpr const char* k_states[] = {"RUNNING", "TERMINATED", "PENDING", "SKIPPED"};
  static constexpr const char* k_teams[] = {"finance", "marketing", "platform", "risk", "sales"};
  return fmt::format(
      R"({{"job_id":{},"creator_user_name":"user{}@{}.example","settings":{{"name":"{}-nightly-{}","max_concurrent_runs":{},)"
      R"("timeout_seconds":{},"format":"MULTI_TASK"}},"state":"{}","created_time":{}}})",
      index * 7919 + 1000, seed % 500, k_teams[seed % 5], k_teams[index % 5], index, 1 + seed % 4, seed % 3 * 3600,
      k_states[seed >> 8 & 3], 1700000000000 + seed % 100000000);
}

std::string large_body(std::uint64_t index, std::uint64_t seed) {
  static constexpr char k_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string body = fmt::format(R"({{"id":"doc-{}","kind":"notebook","blob":")", index);
  for (std::size_t i = 0; i < 4096; i += 8) {
    std::uint64_t word = mix(seed + i);
    for (int c = 0; c < 8; ++c, word >>= 6) body += k_digits[word & 63];
  }
  body += R"(","lines":[)";
  for (std::uint64_t line = 0; body.size() < 8150; ++line) {
    body +=
        fmt::format(R"~({{"n":{},"text":"df = spark.read.table(\"db.table_{}\")"}},)~", line, mix(index + line) % 1000);
  }
  return body + "null]}";
}

}  // namespace

std::unique_ptr<Dataset> aspects(std::uint64_t rows) {
  return std::make_unique<Aspects>(Catalogue(rows, 1));
}
std::unique_ptr<Dataset> api_documents(std::uint64_t rows) {
  return std::make_unique<Documents>(rows, api_body, std::vector<Change>());
}
std::unique_ptr<Dataset> large_documents(std::uint64_t rows) {
  return std::make_unique<Documents>(rows, large_body, std::vector<Change>());
}

}  // namespace holdfast::bench
