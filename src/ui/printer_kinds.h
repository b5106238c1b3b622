// The printers one by one; callers use printers.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ui/printers.h"

namespace holdfast::ui {

std::unique_ptr<base::Events> make_terminal_printer(const Screen& screen, const base::Clock& clock);
std::unique_ptr<base::Events> make_plain_printer(const Screen& screen, const base::Clock& clock);
std::unique_ptr<base::Events> make_json_printer(const Screen& screen, const base::Clock& clock);

// The summary for people: a heading, then names and values in two columns.
std::string summary_text(std::string_view verb, const std::vector<base::Fact>& facts);

// "warning" and "error" in front of a message, in colour where the screen has it.
enum class Severity { warning, error };
std::string severity_label(Severity severity, Color color);

}  // namespace holdfast::ui
