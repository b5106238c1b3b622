#include "base/suggest.h"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::base {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the table suffice: a swap looks back two.
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + differs});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) current[j] = std::min(current[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(current);
  }
  return last[b.size()];
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
  const std::size_t tolerated = std::max<std::size_t>(1, word.size() / 3);
  std::optional<std::string> best;
  std::size_t best_distance = tolerated + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  if (best) return best;
  // Somebody who types "snap" means "snapshots".
  const auto longer = std::find_if(known.begin(), known.end(), [&](const std::string& candidate) {
    return word.size() >= 3 && candidate.starts_with(word);
  });
  return longer == known.end() ? std::nullopt : std::optional(*longer);
}

std::string hint_for(std::string_view word, const std::vector<std::string>& known) {
  constexpr std::size_t k_list_most = 12;
  if (const auto near = nearest(word, known)) return fmt::format("Did you mean \"{}\"?", *near);
  if (known.empty() || known.size() > k_list_most) return {};
  return fmt::format("Known here: {}.", fmt::join(known, ", "));
}

}  // namespace holdfast::base
