#include "cli/cutover/beside_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "ui/table.h"

namespace holdfast::cli {

void tell_kept_beside(Context& context, const engine::Fence& fence, const std::string& recorded) {
  std::set<std::string> paths;
  for (const engine::PausedState& one : fence.beside) paths.insert(one.path);
  context.events().note(fmt::format("{} that snapshot {} does not show firing {} kept with the fence of {}: {}",
                                    ui::format_counted(paths.size(), "resource"), recorded,
                                    paths.size() == 1 ? "is" : "are", fence.connector, fmt::join(paths, ", ")));
  const std::uint64_t no_room = engine::without_room(fence.beside);
  if (no_room == 0) return;
  const bool one = no_room == 1;
  context.events().warning(
      fmt::format("{0} of the {1} that the fence of {2} keeps beside its snapshot {3} no room in the repository: "
                  "only this host knows {4}, and sets {4} when what fires on {2} is activated from here",
                  no_room, ui::format_counted(fence.beside.size(), "value"), fence.connector, one ? "has" : "have",
                  one ? "it" : "them"));
}

void tell_left_out(Context& context, const std::string& connector, std::uint64_t left_out) {
  if (left_out == 0) return;
  context.events().warning(
      fmt::format("{0} that the fence of {1} paused beside its snapshot had no room in the repository and {2} paused: "
                  "only the host that fenced it knows which; activate it from there, or look at what is paused on {1}",
                  ui::format_counted(left_out, "value"), connector, left_out == 1 ? "stays" : "stay"));
}

}  // namespace holdfast::cli
