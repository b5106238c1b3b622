// The forms in which a notebook leaves and enters a workspace.  The platform keeps cells; here a notebook is its
// source, in which a marker line comes first and cells are parted by command lines.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::sim::databricks {

// "# Databricks notebook source" in the comment style of the language; empty for an unknown one.
std::string_view marker_of(std::string_view language);
std::string_view file_type_of(std::string_view language);  // py, scala, sql, r
// The language whose marker `source` begins with.
std::optional<std::string_view> language_of_source(std::string_view source);
// By the extension of a file name: ".py" → PYTHON.
std::optional<std::string_view> language_of_extension(std::string_view name);
// "a.py" → "a", for the extensions of notebooks only.
std::string_view without_extension(std::string_view name);
// With the marker line put before it when it is not there.
std::string with_marker(std::string_view source, std::string_view language);

std::string to_jupyter(std::string_view source, std::string_view language, std::size_t outputs_size);
struct ParsedNotebook {
  std::string source;
  std::string language;
};
// nullopt when it is no notebook of that form.
std::optional<ParsedNotebook> from_jupyter(std::string_view text);
std::string to_html(std::string_view source, std::string_view language, std::size_t outputs_size);
std::optional<ParsedNotebook> from_html(std::string_view text);

}  // namespace holdfast::sim::databricks
