#include "sim/databricks/notebook_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "model/base64.h"
#include "model/json_depth.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/json.h"

namespace holdfast::sim::databricks {
namespace {

struct Form {
  std::string_view language;
  std::string_view comment;
  std::string_view marker;
  std::string_view extension;
};

constexpr std::array k_forms = {
    Form{"PYTHON", "#", "# Databricks notebook source", ".py"},
    Form{"SCALA", "//", "// Databricks notebook source", ".scala"},
    Form{"SQL", "--", "-- Databricks notebook source", ".sql"},
    // R shares its comments with Python, so the marker does not tell one from the other.
    Form{"R", "#", "# Databricks notebook source", ".r"},
};

constexpr std::size_t k_deepest_notebook = 64;
constexpr std::string_view k_embedded = "<script type=\"text/plain\" id=\"notebook\" data-language=\"";

const Form* form_of(std::string_view language) {
  const auto* found =
      std::find_if(k_forms.begin(), k_forms.end(), [&](const Form& each) { return each.language == language; });
  return found == k_forms.end() ? nullptr : found;
}

std::string command_line(const Form& form) {
  return fmt::format("\n\n{} COMMAND ----------\n\n", form.comment);
}

std::vector<std::string> cells_of(std::string_view source, const Form& form) {
  if (source.starts_with(form.marker)) source.remove_prefix(form.marker.size());
  if (source.starts_with('\n')) source.remove_prefix(1);
  const auto separator = command_line(form);
  std::vector<std::string> cells;
  while (true) {
    const auto end = source.find(separator);
    cells.emplace_back(source.substr(0, end));
    if (end == std::string_view::npos) return cells;
    source.remove_prefix(end + separator.size());
  }
}

std::string text_of_cell(const Json& cell) {
  const auto source = cell.find("source");
  if (source == cell.end()) return "";
  if (source->is_string()) return source->get<std::string>();
  std::string text;
  for (const auto& line : *source) {
    if (line.is_string()) text += line.get<std::string>();
  }
  return text;
}

std::string language_of_jupyter(const Json& notebook) {
  const auto name = notebook.value("/metadata/language_info/name"_json_pointer, std::string("python"));
  for (const auto& form : k_forms) {
    if (name == lower_case(form.language)) return std::string(form.language);
  }
  return "PYTHON";
}

std::string dump(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string_view marker_of(std::string_view language) {
  const auto* form = form_of(language);
  return form == nullptr ? std::string_view() : form->marker;
}

std::string_view file_type_of(std::string_view language) {
  const auto* form = form_of(language);
  return form == nullptr ? std::string_view() : form->extension.substr(1);
}

std::optional<std::string_view> language_of_source(std::string_view source) {
  for (const auto& form : k_forms) {
    if (source.starts_with(form.marker)) return form.language;
  }
  return std::nullopt;
}

std::optional<std::string_view> language_of_extension(std::string_view name) {
  for (const auto& form : k_forms) {
    if (name.ends_with(form.extension)) return form.language;
  }
  return name.ends_with(".R") ? std::optional<std::string_view>("R") : std::nullopt;
}

std::string_view without_extension(std::string_view name) {
  const bool known = language_of_extension(name) || name.ends_with(".ipynb");
  return known ? name.substr(0, name.rfind('.')) : name;
}

std::string with_marker(std::string_view source, std::string_view language) {
  const auto marker = marker_of(language);
  if (source.starts_with(marker)) return std::string(source);
  return fmt::format("{}\n{}", marker, source);
}

std::string to_jupyter(std::string_view source, std::string_view language, std::size_t outputs_size) {
  const auto* form = form_of(language);
  Json cells = Json::array();
  for (const auto& cell : cells_of(source, *form)) {
    Json outputs = Json::array();
    if (outputs_size > 0) {
      outputs.push_back({{"output_type", "stream"}, {"name", "stdout"}, {"text", std::string(outputs_size, '.')}});
      outputs_size = 0;
    }
    cells.push_back({{"cell_type", "code"},
                     {"execution_count", nullptr},
                     {"metadata", Json::object()},
                     {"outputs", std::move(outputs)},
                     {"source", Json::array({cell})}});
  }
  return dump({{"cells", std::move(cells)},
               {"metadata", {{"language_info", {{"name", lower_case(language)}}}}},
               {"nbformat", 4},
               {"nbformat_minor", 0}});
}

std::optional<ParsedNotebook> from_jupyter(std::string_view text) {
  if (model::nests_deeper_than(text, k_deepest_notebook)) return std::nullopt;
  const auto notebook = Json::parse(text, nullptr, false);
  if (!notebook.is_object() || !notebook.contains("cells") || !notebook["cells"].is_array()) return std::nullopt;
  ParsedNotebook out;
  out.language = language_of_jupyter(notebook);
  const auto& form = *form_of(out.language);
  bool first = true;
  for (const auto& cell : notebook["cells"]) {
    if (!cell.is_object()) return std::nullopt;
    if (!first) out.source += command_line(form);
    first = false;
    const bool markdown = cell.value("cell_type", "code") == "markdown";
    if (markdown) out.source += fmt::format("{} MAGIC %md\n", form.comment);
    out.source += text_of_cell(cell);
  }
  out.source = with_marker(out.source, out.language);
  return out;
}

std::string to_html(std::string_view source, std::string_view language, std::size_t outputs_size) {
  return fmt::format(
      "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>\n{}{}\">{}</script>\n"
      "<pre>{}</pre>\n</body></html>\n",
      k_embedded, language, model::base64_encode(source), std::string(outputs_size, '.'));
}

std::optional<ParsedNotebook> from_html(std::string_view text) {
  const auto at = text.find(k_embedded);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + k_embedded.size());
  const auto quote = text.find("\">");
  const auto end = text.find("</script>");
  if (quote == std::string_view::npos || end == std::string_view::npos || end < quote) return std::nullopt;
  ParsedNotebook out;
  out.language = text.substr(0, quote);
  if (form_of(out.language) == nullptr) return std::nullopt;
  try {
    out.source = model::base64_decode(text.substr(quote + 2, end - quote - 2));
  } catch (const base::Error&) {
    return std::nullopt;
  }
  return out;
}

}  // namespace holdfast::sim::databricks
