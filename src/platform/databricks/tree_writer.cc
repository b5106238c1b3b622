#include "platform/databricks/tree_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "model/base64.h"
#include "model/json_text.h"
#include "platform/databricks/placeholders.h"

namespace holdfast::platform::databricks {

namespace {

using base::Bytes;
using base::ByteView;
using base::Error;
using base::ErrorKind;
using model::json_quoted;
using model::JsonText;

constexpr std::string_view k_unfinished = ".holdfast-unfinished";
constexpr std::size_t k_dbfs_piece = 1U << 20U;    // most that one call takes
constexpr std::size_t k_import_most = 10'000'000;  // of a file in one call, below the limit of 10 MiB

const Bytes* column(const ResourceWriter::Content& content, std::string_view name) {
  for (const auto& [known, value] : content.columns)
    if (known == name) return &value;
  return nullptr;
}

const Bytes& bytes_of(const ResourceWriter::Content& content) {
  const Bytes* bytes = column(content, "content");
  if (bytes == nullptr)
    throw Error(ErrorKind::refused, fmt::format("the snapshot has no content of '{}'", content.name),
                "It could not be read when the backup was made; restore it from an earlier snapshot.");
  return *bytes;
}

// Whoever makes a folder that is there is not told so: it is asked first, since what others made is theirs.
void write_folder(const Calls& calls, const ResourceWriter::Content& content, Existing existing) {
  const Ask status{.family = k_workspace, .path = "/api/2.0/workspace/get-status", .query = {{"path", content.name}}};
  if (existing == Existing::refuse) {
    const net::Answer answer = calls.client().get(status, calls.stop());
    if (answer.ok()) throw Error(ErrorKind::conflict, fmt::format("'{}' is there already", content.name));
    if (answer.verdict.status != net::Status::not_found) throw Refused(net::to_error(answer), answer.verdict.status);
  }
  calls.post("/api/2.0/workspace/mkdirs", fmt::format(R"({{"path":{}}})", json_quoted(content.name)), k_import);
}

void write_notebook(const Calls& calls, const ResourceWriter::Content& content, Existing existing) {
  const Bytes* format = column(content, "format");
  const JsonText body(content.body);
  const std::string language = scalar_at(body, "language");
  std::string sent = fmt::format(R"({{"path":{},"format":{},"overwrite":{})", json_quoted(content.name),
                                 json_quoted(format == nullptr ? "SOURCE" : *format), existing == Existing::replace);
  if (!language.empty()) sent += fmt::format(R"(,"language":{})", json_quoted(language));
  sent += fmt::format(R"(,"content":"{}"}})", model::base64_encode(bytes_of(content)));
  calls.post("/api/2.0/workspace/import", std::move(sent), k_import);
}

// RAW keeps a file that begins like a notebook a file; what takes larger ones makes a notebook of it.
void write_file(const Calls& calls, const ResourceWriter::Content& content, Existing existing) {
  const Bytes& bytes = bytes_of(content);
  if (bytes.size() <= k_import_most) {
    calls.post("/api/2.0/workspace/import",
               fmt::format(R"({{"path":{},"format":"RAW","overwrite":{},"content":"{}"}})", json_quoted(content.name),
                           existing == Existing::replace, model::base64_encode(bytes)),
               k_import);
    return;
  }
  net::Request request =
      calls.request(net::Method::post, "/api/2.0/workspace-files/import-file" + net::encode_path(content.name), bytes);
  request.url.query = existing == Existing::replace ? "overwrite=true" : "overwrite=false";
  std::erase_if(request.headers, [](const net::Header& header) { return header.name == "Content-Type"; });
  request.headers.push_back({"Content-Type", "application/octet-stream"});
  calls.send(std::move(request), k_import);
}

// A file is written by many calls, of which any may be the last: beside its place, and moved there when it is whole.
// Nothing can be moved onto what is there, which is removed only then.
void write_dbfs_file(const Calls& calls, const ResourceWriter::Content& content, Existing existing) {
  ByteView rest = bytes_of(content);
  const std::string aside = json_quoted(unfinished_name(content.name));
  const std::string made =
      calls.post("/api/2.0/dbfs/create", fmt::format(R"({{"path":{},"overwrite":true}})", aside), k_dbfs);
  const std::string handle = scalar_at(JsonText(made), "handle");
  while (!rest.empty()) {
    const ByteView piece = rest.substr(0, k_dbfs_piece);
    calls.post("/api/2.0/dbfs/add-block",
               fmt::format(R"({{"handle":{},"data":"{}"}})", handle, model::base64_encode(piece)), k_dbfs);
    rest.remove_prefix(piece.size());
  }
  calls.post("/api/2.0/dbfs/close", fmt::format(R"({{"handle":{}}})", handle), k_dbfs);
  if (existing == Existing::replace)
    calls.remove({.path = "/api/2.0/dbfs/delete", .family = k_dbfs, .sent = R"({"path":{id},"recursive":false})"},
                 {.id = content.name, .name = content.name});
  try {
    // What it replaces is gone by now: nobody's hurry comes between.
    Calls(calls.client(), {})
        .post("/api/2.0/dbfs/move",
              fmt::format(R"({{"source_path":{},"destination_path":{}}})", aside, json_quoted(content.name)), k_dbfs);
  } catch (const Refused& refused) {
    if (refused.status() != net::Status::already_exists) throw;
    calls.post("/api/2.0/dbfs/delete", fmt::format(R"({{"path":{},"recursive":false}})", aside), k_dbfs);
    throw;
  }
}

void write_scope(const Calls& calls, const ResourceWriter::Content& content) {
  const JsonText body(content.body);
  const std::string type = scalar_at(body, "backend_type");
  std::string sent = fmt::format(R"({{"scope":{})", json_quoted(content.name));
  if (!type.empty()) sent += fmt::format(R"(,"scope_backend_type":{})", json_quoted(type));
  const JsonText::Id vault = body.member(JsonText::k_root, "keyvault_metadata");
  if (vault != JsonText::k_none) sent += fmt::format(R"(,"backend_azure_keyvault":{})", body.raw(vault));
  calls.post("/api/2.0/secrets/scopes/create", sent + "}", k_secrets);
}

}  // namespace

std::string unfinished_name(std::string_view path) {
  return std::string(path).append(k_unfinished);
}

bool is_unfinished(std::string_view path) noexcept {
  return path.ends_with(k_unfinished);
}

bool is_written_as_tree(std::string_view kind) noexcept {
  return kind == "folders" || kind == "notebooks" || kind == "files" || kind == "dbfs-files" || kind == "secret-scopes";
}

void write_tree(const Calls& calls, std::string_view kind, const ResourceWriter::Content& content, Existing existing) {
  // Nothing but the content can be changed of what has one.
  const bool has_content = kind == "notebooks" || kind == "files" || kind == "dbfs-files";
  if (existing == Existing::replace && has_content && column(content, "content") == nullptr) return;
  if (kind == "folders") return write_folder(calls, content, existing);
  if (kind == "notebooks") return write_notebook(calls, content, existing);
  if (kind == "files") return write_file(calls, content, existing);
  if (kind == "dbfs-files") return write_dbfs_file(calls, content, existing);
  // A scope has nothing that could be changed: its access list is a column.
  if (existing == Existing::refuse) write_scope(calls, content);
}

void require_empty(const Calls& calls, std::string_view one, const std::string& path) {
  constexpr std::size_t k_named = 3;
  std::vector<std::string> there;
  std::size_t all = 0;
  const Listing listing{.ask = {.family = k_workspace, .path = "/api/2.0/workspace/list", .query = {{"path", path}}},
                        .items = "objects"};
  calls.client().list(
      listing,
      [&](std::string_view element) {
        if (++all <= k_named) there.push_back(scalar_at(JsonText(std::string(element)), "path"));
      },
      calls.stop());
  if (all == 0) return;
  const std::string more = all > k_named ? fmt::format(" and {} more", all - k_named) : std::string();
  throw HoldsMore(base::ErrorKind::conflict,
                  fmt::format("{}{} would go along with the {}", fmt::join(there, ", "), more, one),
                  "Remove what lies in it, or keep it elsewhere, and plan again.");
}

}  // namespace holdfast::platform::databricks
