// Export and import of notebooks and files.
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "model/base64.h"
#include "sim/databricks/api_error.h"
#include "sim/databricks/archive.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/notebook_format.h"
#include "sim/databricks/rate_limits.h"
#include "sim/databricks/workspace.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::size_t k_largest_content = 10'485'760;

struct Exported {
  std::string content;
  std::string file_type;
};

// What is imported, from a JSON body or from a form.
struct Import {
  std::string path;
  std::string format = "SOURCE";
  std::string language;
  std::string content;
  bool overwrite = false;
};

// The platform refuses in two shapes: notebooks by an error code, files by a reason among the details.
void check_export_size(NodeKind kind, std::size_t size) {
  if (size <= k_largest_content) return;
  const auto text = fmt::format("content size ({}) exceeded the limit {}", size, k_largest_content);
  if (kind == NodeKind::notebook) throw ApiError(400, "MAX_NOTEBOOK_SIZE_EXCEEDED", text);
  throw ApiError(400, "BAD_REQUEST", text).with_reason("MAX_READ_SIZE_EXCEEDED");
}

ApiError wrong_format(const std::string& format, const Node& node) {
  return invalid(fmt::format("The format {} is not supported for {}.", format, path_of(node)));
}

Exported export_notebook(const Node& node, const std::string& format) {
  Exported out;
  const bool native_jupyter = node.jupyter && (format == "AUTO" || format == "RAW");
  if (format == "JUPYTER" || native_jupyter) {
    check_export_size(node.kind, node.content.size() + node.outputs_size);
    out = {to_jupyter(node.content, node.language, node.outputs_size), "ipynb"};
  } else if (format == "HTML") {
    check_export_size(node.kind, node.content.size() + node.outputs_size);
    out = {to_html(node.content, node.language, node.outputs_size), "html"};
  } else if (format == "DBC") {
    out = {to_archive(node, ArchiveContent::dbc), "dbc"};
  } else if (format == "SOURCE" || format == "AUTO" || format == "RAW" ||
             (format == "R_MARKDOWN" && node.language == "R")) {
    out = {node.content, format == "R_MARKDOWN" ? "Rmd" : std::string(file_type_of(node.language))};
  } else {
    throw wrong_format(format, node);
  }
  check_export_size(node.kind, out.content.size());
  return out;
}

Exported export_node(const Node& node, const std::string& format) {
  if (node.kind == NodeKind::notebook) return export_notebook(node, format);
  if (node.kind == NodeKind::file) {
    if (format != "AUTO" && format != "RAW" && format != "SOURCE") throw wrong_format(format, node);
    check_export_size(node.kind, node.content.size());
    const auto dot = node.name.rfind('.');
    return {node.content, dot == std::string::npos ? "" : node.name.substr(dot + 1)};
  }
  if (node.kind != NodeKind::directory && node.kind != NodeKind::repo) throw wrong_format(format, node);
  if (format != "SOURCE" && format != "DBC" && format != "AUTO") throw wrong_format(format, node);
  auto content = ArchiveContent::sources;
  if (format == "DBC") content = ArchiveContent::dbc;
  if (format == "AUTO") content = ArchiveContent::everything;
  Exported out{to_archive(node, content), format == "DBC" ? "dbc" : "zip"};
  check_export_size(NodeKind::notebook, out.content.size());
  return out;
}

Reply export_content(Call& call) {
  const auto& node = required_node(call.world(), call.required_query("path"));
  const auto format = call.query("format").value_or("SOURCE");
  check_enum(Json{{"format", format}}, "format", {"SOURCE", "HTML", "JUPYTER", "DBC", "R_MARKDOWN", "AUTO", "RAW"});
  auto exported = export_node(node, format);
  if (call.query_flag("direct_download")) return bytes_reply(std::move(exported.content));
  return reply({{"content", model::base64_encode(exported.content)}, {"file_type", exported.file_type}});
}

std::string decoded(const std::string& content) {
  try {
    return model::base64_decode(content);
  } catch (const base::Error&) {
    throw invalid("content is not valid base64");
  }
}

Import import_of(const Call& call) {
  Import out;
  Json fields = Json::object();
  const auto* type = call.request().header("content-type");
  if (const auto form = type == nullptr ? std::nullopt : parse_form(*type, call.request().body)) {
    for (const auto& part : *form) {
      if (part.name == "content") {
        out.content = part.content;
      } else {
        fields[part.name] = part.content;
      }
    }
  } else {
    fields = call.body();
    out.content = decoded(optional_string(fields, "content").value_or(""));
  }
  check_enum(fields, "format", {"SOURCE", "HTML", "JUPYTER", "DBC", "R_MARKDOWN", "AUTO", "RAW"});
  check_enum(fields, "language", {"SCALA", "PYTHON", "SQL", "R"});
  out.path = required_string(fields, "path");
  out.format = optional_string(fields, "format").value_or("SOURCE");
  out.language = optional_string(fields, "language").value_or("");
  out.overwrite = optional_flag(fields, "overwrite");
  if (out.content.size() > k_largest_content) {
    throw ApiError(400, "MAX_NOTEBOOK_SIZE_EXCEEDED",
                   fmt::format("File size imported is ({} bytes), exceeded max size ({} bytes)", out.content.size(),
                               k_largest_content));
  }
  return out;
}

Node& place_for(World& world, const Import& import, NodeKind kind, const std::string& path) {
  const auto [folder, name] = parent_and_name(world, path);
  const auto found = folder->children.find(name);
  if (found == folder->children.end()) return add_node(world, *folder, kind, name);
  auto& node = *found->second;
  if (!import.overwrite) throw exists(fmt::format("Path ({}) already exists.", path));
  if (node.kind != kind) {
    throw invalid(fmt::format("Cannot overwrite {} with an object of another type.", path));
  }
  node.modified_ms = world.now_ms();
  return node;
}

void put_notebook(World& world, const Import& import, const std::string& path, const ParsedNotebook& parsed) {
  auto& node = place_for(world, import, NodeKind::notebook, path);
  node.language = parsed.language;
  node.content = with_marker(parsed.source, parsed.language);
  node.jupyter = import.format == "JUPYTER" || import.path.ends_with(".ipynb");
  node.outputs_size = 0;
}

void put_file(World& world, const Import& import) {
  place_for(world, import, NodeKind::file, import.path).content = import.content;
}

// What AUTO takes for a notebook: a file of Jupyter, or one that says it is a notebook.  Its extension goes.
void put_what_it_is(World& world, const Import& import) {
  const auto slash = import.path.rfind('/');
  const auto bare = import.path.substr(0, slash + 1) +
                    std::string(without_extension(std::string_view(import.path).substr(slash + 1)));
  if (import.path.ends_with(".ipynb")) {
    const auto parsed = from_jupyter(import.content);
    if (parsed) return put_notebook(world, import, bare, *parsed);
  }
  const auto language = language_of_extension(import.path);
  if (language && import.content.starts_with(marker_of(*language))) {
    return put_notebook(world, import, bare, {import.content, std::string(*language)});
  }
  put_file(world, import);
}

ParsedNotebook required_notebook(std::optional<ParsedNotebook> parsed, const Import& import) {
  if (!parsed)
    throw invalid(fmt::format("The content of {} is no notebook in the format {}.", import.path, import.format));
  return std::move(*parsed);
}

Reply import_content(Call& call) {
  const auto import = import_of(call);
  auto& world = call.world();
  if (import.format == "RAW") {
    put_file(world, import);
  } else if (import.format == "AUTO") {
    put_what_it_is(world, import);
  } else if (import.format == "JUPYTER") {
    put_notebook(world, import, import.path, required_notebook(from_jupyter(import.content), import));
  } else if (import.format == "HTML") {
    put_notebook(world, import, import.path, required_notebook(from_html(import.content), import));
  } else if (import.format == "DBC") {
    if (import.overwrite) throw invalid("Overwrite is not supported for the format DBC.");
    from_archive(world, import.path, import.content);
  } else {
    const auto language = import.format == "R_MARKDOWN" ? "R" : import.language;
    if (language.empty()) throw invalid("A language is needed to import a single file as SOURCE.");
    put_notebook(world, import, import.path, {import.content, language});
  }
  return reply(Json::object());
}

// The endpoints that the vendor's own command line uses for large files; they are not in the published reference.
Reply import_file(Call& call) {
  Import import;
  import.path = "/" + call.placeholder("path");
  if (import.path.starts_with("//")) import.path.erase(0, 1);
  import.format = "AUTO";
  import.content = call.request().body;
  import.overwrite = call.query_flag("overwrite");
  try {
    put_what_it_is(call.world(), import);
  } catch (const ApiError& error) {
    if (error.code() != "RESOURCE_ALREADY_EXISTS") throw;
    throw ApiError(409, error.code(), error.message());
  }
  return reply(Json::object());
}

Reply read_file(Call& call) {
  auto path = "/" + call.placeholder("path");
  if (path.starts_with("//")) path.erase(0, 1);
  const auto& node = required_node(call.world(), path);
  if (node.kind != NodeKind::file && node.kind != NodeKind::notebook) throw wrong_format("RAW", node);
  return bytes_reply(node.content);
}

}  // namespace

void add_content_routes(Router& router) {
  router.add({"GET", "/api/2.0/workspace/export", export_content, family::k_workspace_export,
              "a notebook or file, or a folder as an archive"});
  router.add({"POST", "/api/2.0/workspace/import", import_content, family::k_workspace_import,
              "a notebook or file, or an archive of them"});
  router.add({"POST", "/api/2.0/workspace-files/import-file/{path…}", import_file, family::k_workspace_import,
              "a file of any size"});
  router.add({"GET", "/api/2.0/workspace-files/{path…}", read_file, family::k_workspace_export,
              "the bytes of a file of any size"});
}

}  // namespace holdfast::sim::databricks
