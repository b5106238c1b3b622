#include "platform/databricks/item_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/base64.h"
#include "model/json_path.h"
#include "model/json_text.h"
#include "platform/databricks/errors.h"
#include "platform/databricks/placeholders.h"

namespace holdfast::platform::databricks {

namespace {

using base::Bytes;
using base::Error;
using base::ErrorKind;
using model::JsonText;
using net::Status;

constexpr std::size_t k_dbfs_piece = 1U << 20U;  // most that one call gives
constexpr std::size_t k_pages_most = 100;        // of one resource: a job has at most a thousand tasks
constexpr unsigned k_read_again_most = 2;        // what comes in several calls and changes between them

Error too_large(const std::string& path) {
  return {ErrorKind::unsupported, fmt::format("'{}' is larger than 16 MiB", path),
          "Copy it by other means: it is not part of the backup."};
}

Bytes decoded(const std::string& base64, const std::string& path) {
  try {
    return model::base64_decode(base64);
  } catch (const Error&) {
    throw Error(ErrorKind::unavailable, fmt::format("what DBFS gives of '{}' is no base64", path));
  }
}

void refuse_other_size(const std::string& path, const std::string& size, std::size_t came) {
  if (size != std::to_string(came))
    throw Error(ErrorKind::unavailable, fmt::format("{} bytes came of '{}', which has {}", came, path, size),
                "Run the backup again; if it stays so, look at what lies between here and the workspace.");
}

net::Pairs export_query(const std::string& path, const std::string& format) {
  return {{"path", path}, {"format", format}, {"direct_download", "true"}};
}

}  // namespace

struct ItemReader::Reading {
  const KindEntry& entry;
  const Item& item;
  std::stop_token stop;
  JsonText element;
  std::optional<JsonText> whole;  // the body
  base::Row row{};
  std::string unread{};
  std::vector<bool> missing{};

  void set(std::string_view name, std::optional<Bytes> value) {
    const auto& columns = entry.kind.collection.columns;
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& one) { return one.name == name; });
    row.columns.at(static_cast<std::size_t>(found - columns.begin())) = std::move(value);
  }
  const std::optional<Bytes>& get(std::string_view name) const {
    const auto& columns = entry.kind.collection.columns;
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& one) { return one.name == name; });
    return row.columns.at(static_cast<std::size_t>(found - columns.begin()));
  }
  void cannot_read(std::string_view what, const Error& error) {
    if (unread.empty()) unread = fmt::format("{}: {}", what, error.message());
    const auto& columns = entry.kind.collection.columns;
    // The format says what the content is: without that of now, that of the last time holds.
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (columns[i].name == what || (what == "content" && columns[i].name == "format")) missing[i] = true;
  }
};

std::vector<std::string> ItemReader::pages(const Reading& reading) const {
  const KindEntry& entry = reading.entry;
  Ask ask = fill(entry.read, {&reading.element});
  std::vector<std::string> out;
  for (;;) {
    const net::Answer answer = client_.get(ask, reading.stop);
    if (!answer.ok()) throw Refused(net::to_error(answer), of_one_resource(answer.verdict));
    out.push_back(answer.response.body);
    if (entry.joined.empty()) return out;
    const std::string next = scalar_at(JsonText(out.back()), "next_page_token");
    if (next.empty()) return out;
    if (out.size() == k_pages_most)
      throw Error(ErrorKind::unavailable, fmt::format("{}: more than {} pages", answer.request, k_pages_most));
    ask = fill(entry.read, {&reading.element});
    ask.query.emplace_back("page_token", next);
  }
}

// Pages are calls of their own, and nothing in them tells which version of the resource they are of.  Read twice and
// found equal, all of them held between both times.
std::string ItemReader::unchanged_pages(const Reading& reading) const {
  const KindEntry& entry = reading.entry;
  std::vector<std::string> first = pages(reading);
  std::string whole = join_pages(first, entry.joined);
  if (first.size() == 1) return whole;
  for (unsigned time = 0; time != k_read_again_most; ++time) {
    const std::string before = std::exchange(whole, join_pages(pages(reading), entry.joined));
    if (whole == before) return whole;
  }
  throw Error(ErrorKind::unavailable, "it changed each time while its pages were read",
              "Run the backup again when nobody changes it.");
}

std::string ItemReader::body(const Reading& reading) const {
  const KindEntry& entry = reading.entry;
  if (entry.read.path.empty() || entry.source == KindEntry::Source::once || entry.source == KindEntry::Source::conf)
    return reading.item.element;
  std::string whole = unchanged_pages(reading);
  if (entry.member.empty()) return whole;
  const JsonText json(whole);
  const JsonText::Id member = json.member(JsonText::k_root, entry.member);
  if (member == JsonText::k_none)
    throw Error(ErrorKind::unavailable, fmt::format("the platform's answer has no '{}'", entry.member));
  return std::string(json.raw(member));
}

bool ItemReader::is_read(const Reading& reading, const ColumnRead& column) const {
  if (column.read == ColumnRead::Read::with_secret_values && secrets_ == SecretValues::left_out) return false;
  if (column.without.field.empty()) return true;
  const JsonText& body = *reading.whole;
  const JsonText::Id id = model::JsonPath(column.without.field).find(body);
  return id == JsonText::k_none || body.raw(id) != column.without.equals;
}

Bytes ItemReader::each(const Reading& reading, const ColumnRead& column) const {
  const std::optional<Bytes>& of = reading.get(column.of);
  if (!of) throw Error(ErrorKind::unavailable, fmt::format("the {} could not be listed", column.items));
  const JsonText listed(*of);
  const JsonText::Id array = listed.member(JsonText::k_root, column.items);
  std::string answers;
  for (JsonText::Id item = array == JsonText::k_none ? array : listed.first(array); item != JsonText::k_none;
       item = listed.next(item)) {
    const JsonText one{std::string(listed.raw(item))};
    const net::Answer answer = client_.get(fill(column.ask, {&one, &*reading.whole}), reading.stop);
    if (answer.verdict.status == Status::not_found) continue;
    if (!answer.ok()) throw Refused(net::to_error(answer), answer.verdict.status);
    answers += fmt::format("{}{}", answers.empty() ? "" : ",", answer.response.body);
    if (answers.size() > k_content_most)
      throw Error(ErrorKind::unsupported, fmt::format("the {} are larger than 16 MiB together", column.column),
                  "Copy them by other means: they are not part of the backup.");
  }
  return fmt::format("{{{}:[{}]}}", model::json_quoted(column.column), answers);
}

std::optional<Bytes> ItemReader::column(Reading& reading, const ColumnRead& column) const {
  if (!is_read(reading, column)) return std::nullopt;
  if (column.form == ColumnRead::Form::each) return each(reading, column);
  if (column.form == ColumnRead::Form::flag) {
    const bool set = reading.whole->member(JsonText::k_root, column.items) != JsonText::k_none;
    return fmt::format("{{{}:[{}]}}", model::json_quoted(column.column), set ? "true" : "");
  }
  const Ask ask = fill(column.ask, {&reading.element, &*reading.whole});
  if (column.form == ColumnRead::Form::answer) return client_.fetch(ask, reading.stop);
  std::string items;
  client_.list(
      {.paging = column.paging, .ask = ask, .items = column.items},
      [&](std::string_view element) {
        if (!items.empty()) items += ',';
        items += element;
      },
      reading.stop);
  return fmt::format("{{{}:[{}]}}", model::json_quoted(column.items), items);
}

Bytes ItemReader::notebook(Reading& reading, const std::string& path) const {
  const Ask status{.family = k_workspace,
                   .path = "/api/2.0/workspace/get-status",
                   .query = {{"path", path}, {"return_export_info", "true"}}};
  const JsonText info(client_.fetch(status, reading.stop));
  // A notebook that is an .ipynb at heart would lose its outputs and its layout as source.
  std::string format = scalar_at(info, "repos_export_format") == "JUPYTER" ? "JUPYTER" : "SOURCE";
  const auto fetch = [&] {
    return client_.fetch_bytes(
        {.family = k_export, .path = "/api/2.0/workspace/export", .query = export_query(path, format)}, reading.stop);
  };
  Bytes content;
  try {
    content = fetch();
  } catch (const Refused& refused) {
    if (refused.status() != Status::too_large || format == "SOURCE") throw;
    format = "SOURCE";  // without outputs it may fit
    content = fetch();
    reading.cannot_read("outputs of cells", refused);
  }
  reading.set("format", format);
  return content;
}

// What came, against what was listed.  A file that was written meanwhile has another size now; anything else is a file
// cut short, or an answer that is not the file.
void ItemReader::check_size(const Reading& reading, const Sized& sized, std::size_t came) const {
  const std::string wanted = std::to_string(came);
  std::string size = scalar_at(reading.element, sized.field);
  if (size.empty() || size == wanted) return;
  size = scalar_at(JsonText(client_.fetch(sized.status, reading.stop)), sized.field);
  refuse_other_size(sized.path, size, came);
}

Bytes ItemReader::workspace_file(const Reading& reading, const std::string& path) const {
  Bytes content = exported_file(reading, path);
  if (content.size() > k_content_most) throw too_large(path);
  const Ask status{.family = k_workspace, .path = "/api/2.0/workspace/get-status", .query = {{"path", path}}};
  check_size(reading, {.path = path, .field = "size", .status = status}, content.size());
  return content;
}

Bytes ItemReader::exported_file(const Reading& reading, const std::string& path) const {
  try {
    return client_.fetch_bytes(
        {.family = k_export, .path = "/api/2.0/workspace/export", .query = export_query(path, "AUTO")}, reading.stop);
  } catch (const Refused& refused) {
    if (refused.status() != Status::too_large) throw;
  }
  // What is over 10 MB can only be had where the vendor's own client gets it.
  return client_.fetch_bytes({.family = k_export, .path = "/api/2.0/workspace-files" + net::encode_path(path)},
                             reading.stop);
}

ItemReader::Pieces ItemReader::dbfs_pieces(const Reading& reading, const std::string& path,
                                           const std::string& size) const {
  Pieces out;
  // A piece may be shorter than was asked for: only an empty one is the end.
  while (std::to_string(out.whole.size()) != size) {
    const JsonText piece(client_.fetch({.family = k_dbfs,
                                        .path = "/api/2.0/dbfs/read",
                                        .query = {{"path", path},
                                                  {"offset", std::to_string(out.whole.size())},
                                                  {"length", std::to_string(k_dbfs_piece)}}},
                                       reading.stop));
    const Bytes data = decoded(scalar_at(piece, "data"), path);
    if (data.empty()) break;
    out.whole += data;
    ++out.count;
    if (out.whole.size() > k_content_most) throw too_large(path);
  }
  return out;
}

// Of a file that is written while it is read, pieces of two files come: behind the last one it must be what it was
// before the first.
Bytes ItemReader::dbfs_file(const Reading& reading, const std::string& path) const {
  const Ask status{.family = k_dbfs, .path = "/api/2.0/dbfs/get-status", .query = {{"path", path}}};
  std::string known = reading.item.element;
  for (unsigned time = 0; time != k_read_again_most; ++time) {
    Pieces read = dbfs_pieces(reading, path, scalar_at(JsonText(known), "file_size"));
    if (read.count <= 1) {
      check_size(reading, {.path = path, .field = "file_size", .status = status}, read.whole.size());
      return std::move(read.whole);
    }
    const std::string before = std::exchange(known, client_.fetch(status, reading.stop));
    const JsonText was(before);
    const JsonText is(known);
    if (scalar_at(was, "modification_time") != scalar_at(is, "modification_time") ||
        scalar_at(was, "file_size") != scalar_at(is, "file_size"))
      continue;
    refuse_other_size(path, scalar_at(is, "file_size"), read.whole.size());
    return std::move(read.whole);
  }
  throw Error(ErrorKind::unavailable, fmt::format("'{}' was written each time while it was read", path),
              "Run the backup again when nobody writes it.");
}

// Asking for what the repository refuses would only cost time and memory.
void ItemReader::refuse_too_large(const Reading& reading, const std::string& path, std::string_view field) {
  const std::string size = scalar_at(reading.element, field);
  const std::string most = std::to_string(k_content_most);
  if (size.size() > most.size() || (size.size() == most.size() && size > most)) throw too_large(path);
}

void ItemReader::content(Reading& reading) const {
  const std::string path = scalar_at(reading.element, "path");
  switch (reading.entry.content) {
    case KindEntry::Content::none:
      return;
    case KindEntry::Content::notebook:
      return reading.set("content", notebook(reading, path));
    case KindEntry::Content::file:
      refuse_too_large(reading, path, "size");
      return reading.set("content", workspace_file(reading, path));
    case KindEntry::Content::dbfs:
      refuse_too_large(reading, path, "file_size");
      return reading.set("content", dbfs_file(reading, path));
  }
}

// Where a part of it is said not to be there: is the resource gone, or has it no such part?
bool ItemReader::still_there(const Reading& reading) const {
  const KindEntry& entry = reading.entry;
  Ask ask;
  if (entry.source == KindEntry::Source::tree) {
    ask = {.family = k_workspace,
           .path = "/api/2.0/workspace/get-status",
           .query = {{"path", scalar_at(reading.element, "path")}}};
  } else if (entry.source == KindEntry::Source::dbfs) {
    ask = {
        .family = k_dbfs, .path = "/api/2.0/dbfs/get-status", .query = {{"path", scalar_at(reading.element, "path")}}};
  } else if (!entry.read.path.empty()) {
    ask = fill(entry.read, {&reading.element});
  } else {
    return true;  // nobody can be asked: then it is not taken for deleted
  }
  return of_one_resource(client_.get(ask, reading.stop).verdict) != Status::not_found;
}

ItemReader::Reading ItemReader::begin(const KindEntry& entry, const Item& item, std::stop_token stop) {
  Reading reading{
      .entry = entry, .item = item, .stop = std::move(stop), .element = JsonText(item.element), .whole = {}};
  reading.row.key = item.key;
  reading.row.columns.resize(entry.kind.collection.columns.size());
  reading.missing.resize(entry.kind.collection.columns.size());
  return reading;
}

ReadItem ItemReader::end(Reading reading) {
  return {.row = std::move(reading.row), .unread = std::move(reading.unread), .missing = std::move(reading.missing)};
}

// Runs the calls for a part of the resource; false when the resource is gone.
bool ItemReader::attempt(Reading& reading, std::string_view what, ColumnRead::Absent absent,
                         const std::function<void()>& work) const {
  try {
    work();
  } catch (const Refused& refused) {
    if (ends_the_run(refused)) throw;
    const bool not_here = refused.status() == Status::feature_absent;
    if (not_here && absent == ColumnRead::Absent::may_tier) return true;  // as it is at this tier
    if (refused.status() != Status::not_found) {
      reading.cannot_read(what, refused);
      return true;
    }
    if (absent == ColumnRead::Absent::may) return true;  // this one has none
    if (!still_there(reading)) return false;
    reading.cannot_read(what, refused);
  } catch (const Error& error) {
    if (breaks_off(error) || reading.stop.stop_requested()) throw;
    reading.cannot_read(what, error);
  }
  return true;
}

ReadItem ItemReader::read(const KindEntry& entry, const Item& item, std::stop_token stop) const {
  Reading reading = begin(entry, item, std::move(stop));
  bool there = attempt(reading, entry.kind.one, ColumnRead::Absent::never, [&] {
    std::string text = body(reading);
    reading.whole.emplace(text);
    reading.set(model::k_body, std::move(text));
  });
  if (!there) return {};
  if (!reading.whole)
    return {.row = {}, .unread = reading.unread.empty() ? "the workspace has no way to read it" : reading.unread};
  there = attempt(reading, "content", ColumnRead::Absent::never, [&] { content(reading); });
  for (const ColumnRead& one : entry.columns)
    there = there && attempt(reading, one.column, one.absent, [&] { reading.set(one.column, column(reading, one)); });
  return there ? end(std::move(reading)) : ReadItem{};
}

ReadItem ItemReader::renew(const KindEntry& entry, const Item& item, base::Row earlier, std::stop_token stop) const {
  const auto is_reused = [](const ColumnRead& one) { return one.unmodified == ColumnRead::Unmodified::reused; };
  if (std::all_of(entry.columns.begin(), entry.columns.end(), is_reused)) return {.row = std::move(earlier)};
  Reading reading = begin(entry, item, std::move(stop));
  reading.row = std::move(earlier);
  reading.whole.emplace(reading.row.columns.front().value());
  for (const ColumnRead& one : entry.columns) {
    if (is_reused(one)) continue;
    reading.set(one.column, std::nullopt);
    if (!attempt(reading, one.column, one.absent, [&] { reading.set(one.column, column(reading, one)); })) return {};
  }
  return end(std::move(reading));
}

std::optional<Bytes> ItemReader::read_column(const KindEntry& entry, const Item& item, std::string_view name,
                                             std::stop_token stop) const {
  const auto named = [&](std::string_view wanted) -> const ColumnRead& {
    for (const ColumnRead& one : entry.columns)
      if (one.column == wanted) return one;
    throw Error(ErrorKind::internal, fmt::format("the {} of a {} are read by nothing", wanted, entry.kind.one));
  };
  const ColumnRead& asked = named(name);
  Reading reading = begin(entry, item, std::move(stop));
  const bool by_id = asked.form != ColumnRead::Form::flag && can_fill(asked.ask, reading.element);
  reading.whole.emplace(by_id ? item.element : body(reading));
  try {
    if (!asked.of.empty()) reading.set(asked.of, column(reading, named(asked.of)));
    return column(reading, asked);
  } catch (const Refused& refused) {
    const bool no_such = refused.status() == Status::not_found && asked.absent == ColumnRead::Absent::may;
    const bool not_here = refused.status() == Status::feature_absent && asked.absent == ColumnRead::Absent::may_tier;
    if (!no_such && !not_here) throw;
  }
  return std::nullopt;
}

bool ItemReader::is_unchanged(const KindEntry& entry, const Item& item, base::ByteView earlier_body) {
  if (entry.modified.empty()) return false;
  if (entry.read.path.empty()) return earlier_body == item.element;
  const std::string now = scalar_at(JsonText(item.element), entry.modified);
  return !now.empty() && now == scalar_at(JsonText(std::string(earlier_body)), entry.modified);
}

}  // namespace holdfast::platform::databricks
