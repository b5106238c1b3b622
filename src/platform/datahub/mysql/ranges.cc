#include "platform/datahub/mysql/ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/key.h"
#include "platform/datahub/mysql/rows.h"
#include "platform/datahub/sql/text.h"

namespace holdfast::platform::datahub::mysql {

namespace {

constexpr unsigned k_pieces_per_range = 6;  // finer than the ranges, so that joining them can balance
constexpr unsigned k_splits_max = 400;      // dives of one planning
constexpr unsigned k_samples_per_range = 100;
constexpr std::uint64_t k_split_rows_min = 500;  // below this a range costs more than it saves

// The part of a key that a bound spells out.
struct Bound {
  std::string urn;
  std::optional<std::string> aspect;
  std::optional<std::int64_t> version;
  bool whole = true;  // false: bytes were left over that the predicate does not say
};

// The next text part: up to its end mark, or up to the end of a bound that stops inside it.
std::string take_text(base::ByteView& rest, bool& ended) {
  std::string out;
  ended = false;
  while (!rest.empty()) {
    if (rest[0] != '\0') {
      out += rest[0];
      rest.remove_prefix(1);
    } else if (rest.size() >= 2 && static_cast<unsigned char>(rest[1]) == 0xff) {
      out += '\0';
      rest.remove_prefix(2);
    } else {
      // "\0" alone is below "\0\0" and "\0\xff" both, as the plain prefix is.
      ended = rest.size() >= 2;
      rest.remove_prefix(std::min<std::size_t>(rest.size(), 2));
      return out;
    }
  }
  return out;
}

Bound parse_bound(base::ByteView key) {
  Bound out;
  bool ended = false;
  out.urn = take_text(key, ended);
  // A server compares text: a bound that cuts a character in two is widened to the whole characters before it.
  if (const auto bad = invalid_utf8(out.urn)) {
    out.urn.resize(*bad);
    out.whole = false;
    return out;
  }
  if (!ended || key.empty()) return out;
  std::string aspect = take_text(key, ended);
  if (const auto bad = invalid_utf8(aspect)) {
    aspect.resize(*bad);
    out.whole = false;
    ended = false;
  }
  out.aspect = std::move(aspect);
  if (!ended || key.empty() || !out.whole) return out;
  if (key.size() != sizeof(std::int64_t)) {
    out.whole = false;
    return out;
  }
  base::Bytes number;
  base::append_text(number, "");
  number.append(key);
  base::KeyReader reader(number);
  reader.text();
  out.version = reader.integer();
  return out;
}

struct Terms {  // of the comparison
  std::string urn;
  std::string aspect;
};
Terms terms_of(Order order) {
  if (order == Order::index) return {"`urn`", "`aspect`"};
  return {"CAST(`urn` AS BINARY)", "CAST(`aspect` AS BINARY)"};
}

std::string literal(std::string_view text, Order order) {
  return order == Order::index ? quote_text(text) : quote_bytes(text);
}

// Keys of at least the bound.
std::string from_sql(const Bound& bound, Order order) {
  const Terms terms = terms_of(order);
  const std::string urn = literal(bound.urn, order);
  if (!bound.aspect) return fmt::format("{} >= {}", terms.urn, urn);
  const std::string aspect = literal(*bound.aspect, order);
  const std::string version =
      bound.version ? fmt::format(" OR ({} = {} AND `version` >= {})", terms.aspect, aspect, *bound.version) : "";
  const std::string_view compare = bound.version ? ">" : ">=";
  // The first condition alone lets the optimizer use the index; the rest filters.
  return fmt::format("{0} >= {1} AND ({0} > {1} OR {2} {3} {4}{5})", terms.urn, urn, terms.aspect, compare, aspect,
                     version);
}

// Keys below the bound; where it says less than the whole, those that begin with it too.
std::string to_sql(const Bound& bound, Order order) {
  const Terms terms = terms_of(order);
  const std::string urn = literal(bound.urn, order);
  if (!bound.aspect) return fmt::format("{} < {}", terms.urn, urn);
  const std::string aspect = literal(*bound.aspect, order);
  const std::string version =
      bound.version ? fmt::format(" OR ({} = {} AND `version` < {})", terms.aspect, aspect, *bound.version) : "";
  return fmt::format("{0} <= {1} AND ({0} < {1} OR {2} < {3}{4})", terms.urn, urn, terms.aspect, aspect, version);
}

base::Bytes urn_bound(std::string_view urn) {
  base::Bytes key;
  base::append_text(key, urn);
  return key;
}

std::vector<base::KeyRange> ranges_between(const std::vector<std::string>& cuts) {
  std::vector<base::KeyRange> out(1);
  for (const std::string& cut : cuts) {
    out.back().to = urn_bound(cut);
    out.push_back({.from = urn_bound(cut), .to = std::nullopt});
  }
  return out;
}

// --- index order: split the heaviest piece until all are light

struct Piece {
  std::string first;  // URNs of rows, both included
  std::string last;
  std::uint64_t rows = 0;
  bool solid = false;  // cannot be split any more
};

// Text about half way, by the four characters behind the common prefix; it need not be the URN of a row.
std::string middle(const std::string& first, const std::string& last) {
  std::size_t common = 0;
  while (common < first.size() && common < last.size() && first[common] == last[common]) ++common;
  const auto digits = [&](const std::string& text) {
    std::uint64_t value = 0;
    for (std::size_t i = common; i < common + 4; ++i)
      value = value << 7 | (i < text.size() ? std::min<std::uint64_t>(static_cast<unsigned char>(text[i]), 0x7f) : 0);
    return value;
  };
  std::uint64_t value = (digits(first) + digits(last)) / 2;
  std::string tail(4, '\0');
  // Printable characters only: below the blank the server's padded comparison has an order of its own.
  for (std::size_t i = 4; i-- > 0; value >>= 7)
    tail[i] = static_cast<char>(std::clamp<std::uint64_t>(value & 0x7f, 0x21, 0x7e));
  std::string out = first.substr(0, common);
  if (const auto bad = invalid_utf8(out)) out.resize(*bad);
  return out + tail;
}

class Splitter {
public:
  Splitter(Client& client, const MysqlTable& table) : client_(client), name_(quote_name(table.shape.table)) {}

  std::vector<Piece> split(unsigned pieces_wanted) {
    const Text first = client_.value(fmt::format("SELECT `urn` FROM {} ORDER BY `urn` LIMIT 1", name_));
    const Text last = client_.value(fmt::format("SELECT `urn` FROM {} ORDER BY `urn` DESC LIMIT 1", name_));
    if (!first || !last) return {};
    std::vector<Piece> pieces{make_piece(*first, *last)};
    const std::uint64_t light = std::max<std::uint64_t>(k_split_rows_min, pieces[0].rows / pieces_wanted);
    for (unsigned i = 0; i < k_splits_max; ++i) {
      const auto heaviest = std::max_element(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
        return (a.solid ? 0 : a.rows) < (b.solid ? 0 : b.rows);
      });
      if (heaviest->solid || heaviest->rows <= light) break;
      split_one(pieces, heaviest);
    }
    return pieces;
  }

private:
  Piece make_piece(std::string first, std::string last) {
    const std::uint64_t rows = estimate(first, last);
    const bool solid = first >= last;
    return {.first = std::move(first), .last = std::move(last), .rows = rows, .solid = solid};
  }

  void split_one(std::vector<Piece>& pieces, std::vector<Piece>::iterator at) {
    const std::string half = quote_text(middle(at->first, at->last));
    const Text cut =
        client_.value(fmt::format("SELECT `urn` FROM {} WHERE `urn` >= {} ORDER BY `urn` LIMIT 1", name_, half));
    const Text before =
        client_.value(fmt::format("SELECT `urn` FROM {} WHERE `urn` < {} ORDER BY `urn` DESC LIMIT 1", name_, half));
    // Characters outside of ASCII are not told apart by the half way text; such a piece stays as it is.
    if (!cut || !before || *cut <= at->first || *cut > at->last || *before >= *cut || *before < at->first) {
      at->solid = true;
      return;
    }
    const Piece upper = make_piece(*cut, at->last);
    *at = make_piece(at->first, *before);
    pieces.insert(at + 1, upper);
  }

  std::uint64_t estimate(const std::string& first, const std::string& last) {
    const auto rows = client_.query_named(
        fmt::format("EXPLAIN SELECT 1 FROM {} FORCE INDEX (PRIMARY) WHERE `urn` >= {} AND `urn` <= {}", name_,
                    quote_text(first), quote_text(last)));
    std::uint64_t value = 0;
    if (rows.empty()) return value;
    const std::string text = find(rows[0], "rows").value_or("0");
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  Client& client_;
  std::string name_;
};

// Joins neighbouring pieces into ranges of about the same number of rows.
std::vector<std::string> choose_cuts(const std::vector<Piece>& pieces, unsigned wanted) {
  std::uint64_t total = 0;
  for (const Piece& piece : pieces) total += piece.rows;
  std::vector<std::string> cuts;
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
    passed += pieces[i].rows;
    const bool due = passed * wanted >= total * (cuts.size() + 1);
    if (due && cuts.size() + 1 < wanted) cuts.push_back(pieces[i + 1].first);
  }
  return cuts;
}

// --- sort order: quantiles of a sample

std::vector<std::string> sample_cuts(Client& client, const MysqlTable& table, unsigned wanted) {
  const double rows = static_cast<double>(std::max<std::uint64_t>(table.shape.estimated_rows, 1));
  const double share = std::min(1.0, wanted * static_cast<double>(k_samples_per_range) / rows);
  // Without a fixed seed two plannings cut differently, which nothing depends on.
  const auto found = client.query(fmt::format("SELECT CAST(`urn` AS BINARY) FROM {} WHERE RAND() < {:.9f} LIMIT {}",
                                              quote_name(table.shape.table), share, wanted * k_samples_per_range * 4));
  std::vector<std::string> urns;
  for (const TextRow& row : found) urns.push_back(row[0].value_or(""));
  std::sort(urns.begin(), urns.end());
  urns.erase(std::unique(urns.begin(), urns.end()), urns.end());
  std::vector<std::string> cuts;
  for (unsigned i = 1; i < wanted && urns.size() > 1; ++i) {
    const std::string& cut = urns[i * urns.size() / wanted];
    if (cut != urns.front() && (cuts.empty() || cut != cuts.back())) cuts.push_back(cut);
  }
  return cuts;
}

}  // namespace

Order order_of(const MysqlTable& table) noexcept {
  return table.shape.key_order_is_bytes ? Order::index : Order::sort;
}

Predicate range_predicate(const base::KeyRange& range, Order order) {
  Predicate out;
  if (!range.from.empty()) {
    const Bound bound = parse_bound(range.from);
    out.sql = from_sql(bound, order);
    out.exact = bound.whole;
  }
  if (range.to) {
    const Bound bound = parse_bound(*range.to);
    // A bound that says less than its bytes would cut off rows below it: the reader stops at it instead.
    if (bound.whole) out.sql += (out.sql.empty() ? "" : " AND ") + to_sql(bound, order);
    out.exact = out.exact && bound.whole;
  }
  if (out.sql.empty()) out.sql = "1";
  return out;
}

std::string select_range(const MysqlTable& table, const base::KeyRange& range, Predicate& predicate) {
  const Order order = order_of(table);
  predicate = range_predicate(range, order);
  const std::string name = quote_name(table.shape.table);
  if (order == Order::index)
    return fmt::format("SELECT {} FROM {} FORCE INDEX (PRIMARY) WHERE {} ORDER BY `urn`, `aspect`, `version`",
                       select_list(table), name, predicate.sql);
  return fmt::format("SELECT {} FROM {} WHERE {} ORDER BY CAST(`urn` AS BINARY), CAST(`aspect` AS BINARY), `version`",
                     select_list(table), name, predicate.sql);
}

std::vector<base::KeyRange> plan_ranges(Client& client, const MysqlTable& table, unsigned wanted) {
  if (wanted <= 1) return {base::KeyRange{}};
  if (order_of(table) == Order::sort) return ranges_between(sample_cuts(client, table, wanted));
  const std::vector<Piece> pieces = Splitter(client, table).split(wanted * k_pieces_per_range);
  return ranges_between(choose_cuts(pieces, wanted));
}

}  // namespace holdfast::platform::datahub::mysql
