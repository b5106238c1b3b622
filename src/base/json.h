// nlohmann::json, with what costs most to compile instantiated once (json.cc) instead of in every file that uses it: a
// file takes half the time, with sanitizers above all.  Include this, never <nlohmann/json.hpp>.
#pragma once

#include <nlohmann/json.hpp>

// The list is what a parse and a dump go through in this version of the library; another version compiles as it always
// did.
#if NLOHMANN_JSON_VERSION_MAJOR == 3 && NLOHMANN_JSON_VERSION_MINOR == 11
#define HOLDFAST_JSON_TEMPLATES(prefix)                              \
  prefix template class nlohmann::basic_json<>;                      \
  prefix template class nlohmann::basic_json<nlohmann::ordered_map>; \
  HOLDFAST_JSON_TEMPLATES_OF(prefix, nlohmann::json)                 \
  HOLDFAST_JSON_TEMPLATES_OF(prefix, nlohmann::ordered_json)
#define HOLDFAST_JSON_TEMPLATES_OF(prefix, json)                                                              \
  prefix template class nlohmann::detail::serializer<json>;                                                   \
  prefix template class nlohmann::detail::json_sax_dom_parser<json>;                                          \
  prefix template class nlohmann::detail::json_sax_dom_callback_parser<json>;                                 \
  prefix template class nlohmann::detail::lexer<json, nlohmann::detail::iterator_input_adapter<const char*>>; \
  prefix template class nlohmann::detail::parser<json, nlohmann::detail::iterator_input_adapter<const char*>>;
HOLDFAST_JSON_TEMPLATES(extern)
#endif
