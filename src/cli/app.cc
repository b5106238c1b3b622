#include "cli/app.h"

#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "cli/help.h"
#include "cli/signals.h"
#include "ui/printers.h"

namespace holdfast::cli {
namespace {

ui::Color color_of(const GlobalFlags& global) {
  if (global.no_color || variable("NO_COLOR") || variable("TERM").value_or("dumb") == "dumb") return ui::Color::none;
  return ui::is_terminal(STDERR_FILENO) ? ui::Color::ansi : ui::Color::none;
}

ui::Screen screen_of(const GlobalFlags& global, Kind kind) {
  ui::Screen screen;
  screen.color = color_of(global);
  if (global.verbose) screen.verbosity = ui::Verbosity::verbose;
  if (global.quiet) screen.verbosity = ui::Verbosity::quiet;
  if (ui::is_terminal(STDERR_FILENO) && variable("TERM").value_or("dumb") != "dumb")
    screen.format = ui::Format::terminal;
  if (global.json) screen.format = ui::Format::json;
  // The one document of a query must not be mixed with its progress.
  screen.output = global.json && kind == Kind::query ? STDERR_FILENO : STDOUT_FILENO;
  screen.errors = STDERR_FILENO;
  return screen;
}

int report(base::Events& events) {
  const base::Error error = base::current_error();
  events.error(error);
  return base::exit_code(error.kind());
}

int run_command(const Composition& composition, const Parsed& parsed, base::Events& events) {
  std::stop_source stop;
  try {
    const SignalWatch watch(stop);
    Context context({composition, parsed.global, events, stop.get_token()});
    const int code = parsed.command->run(context);
    context.out().flush();
    context.tell_warnings();
    return code;
  } catch (...) {
    return report(events);
  }
}

}  // namespace

int run_app(const Composition& composition, const Commands& commands, const std::vector<std::string>& arguments) {
  Parsed parsed;
  try {
    parsed = parse(arguments, commands);
    if (parsed.global.help) {
      ui::Output out(STDOUT_FILENO);
      out.write(parsed.command == nullptr ? help_overview(commands) : help_of(*parsed.command));
      out.flush();
      return k_exit_ok;
    }
  } catch (...) {
    // The flags were not understood, so --json is looked for by hand: a script shall be able to read this error too.
    GlobalFlags guessed;
    guessed.json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
    return report(*ui::make_events(screen_of(guessed, Kind::query), *composition.clock));
  }
  const std::unique_ptr<base::Events> events =
      ui::make_events(screen_of(parsed.global, parsed.command->doc().kind), *composition.clock);
  return run_command(composition, parsed, *events);
}

}  // namespace holdfast::cli
