// What every plan file has in common (plan.h, resource_plan.h): how texts that are no UTF-8 stand in it, how it is laid
// out, and how it is refused.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace holdfast::model {

// Plans are not written by hand: what to do with one that cannot be read.
inline constexpr std::string_view k_plan_hint =
    "Plans are neither written nor changed by hand: make it anew with \"holdfast plan … --out FILE\", or \"holdfast "
    "migrate … --plan-out FILE\".";

// A text as a JSON string; bytes that are not UTF-8 as {"base64": "…"}.
nlohmann::ordered_json text_to_json(base::ByteView text);
nlohmann::ordered_json optional_text_to_json(const std::optional<std::string>& text);  // absent: null
std::string text_from_json(const nlohmann::ordered_json& value);
std::optional<std::string> optional_text_from_json(const nlohmann::ordered_json& value);

// Throws Error{config} naming the first field of `value` that is not known.
void refuse_unknown_fields(const nlohmann::ordered_json& value, const std::set<std::string_view>& known,
                           std::string_view where);

// The fields of `head` on lines of their own and one step a line: a plan is read, and reviewed as a text file.
std::string plan_text(const nlohmann::ordered_json& head, std::size_t steps,
                      const std::function<nlohmann::ordered_json(std::size_t)>& step);
// Hands the document to `read`.  Throws Error{config} when it is empty, cut off, no object of JSON, nests deeper than
// any that we write, or has not what `read` looks for.
void read_plan(std::string_view text, const std::function<void(const nlohmann::ordered_json&)>& read);

}  // namespace holdfast::model
