#include "engine/cutover/charge.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace holdfast::engine {

bool ends_failback(const Pair& pair, const std::optional<Fence>& primary) noexcept {
  return pair.active == pair.source && primary && primary->active == pair.target && primary->since <= pair.since;
}

namespace {

using base::Error;
using base::ErrorKind;

[[noreturn]] void refuse(std::string message, std::string hint) {
  throw Error(ErrorKind::refused, std::move(message), std::move(hint));
}

[[noreturn]] void refuse_taken_over(const Charge& charge, const std::string& source, const std::string& target) {
  if (charge.told == Charge::Told::by_snapshot)
    refuse(fmt::format("{} took over from {}, as its newest snapshot says", target, source),
           fmt::format(
               "This host does not know how.  \"holdfast idmap import\" brings the id map of the two here, by which "
               "\"holdfast failback {0} {1}\" goes; without it \"holdfast fence {0}\" and \"holdfast activate {1} "
               "--from {1}\" bring nothing back and let {1} fire as it did.",
               target, source));
  refuse(fmt::format("{} took over from {}", target, source),
         fmt::format("What is done there goes back by \"holdfast failback {} {}\".", target, source));
}

// Ids, states and fences of one workspace are known by one name.
[[noreturn]] void refuse_other_name(const OtherTakeover& known, const std::string& name) {
  refuse(fmt::format("{} took over from {}, which leads to the same workspace as {}", known.target, known.source, name),
         fmt::format("What is known of that workspace goes by the name {0}: use that, and where the connector was "
                     "renamed call it {0} again in holdfast.toml.  The way back is \"holdfast failback {1} {0}\".",
                     known.source, known.target));
}

[[noreturn]] void refuse_standby(const std::string& active, const std::string& standby) {
  refuse(fmt::format("{} is in charge, and {} is kept up to date from it", active, standby),
         fmt::format("To let {} take over: \"holdfast failover {} {}\".", standby, active, standby));
}

// Either decision could let both sides fire, or neither.
void refuse_doubted(const Charge& charge) {
  if (charge.doubted.empty()) return;
  const std::string& fires = charge.doubted;
  const std::string& other = fires == charge.pair.source ? charge.pair.target : charge.pair.source;
  refuse(
      fmt::format("{1} took over from {0}, as this host knows, and {0} was set to fire since, as its newest snapshot "
                  "says: who is in charge is not clear",
                  fires, other),
      fmt::format("Where {0} came home on another host, \"holdfast failback {1} {0}\" again or a backup of {1} there "
                  "says so to this one.  Else \"holdfast fence {0}\" pauses it here, and {1} stays in charge.",
                  fires, other));
}

const std::string& active_of(const Pair& pair) noexcept {
  return pair.active.empty() ? pair.source : pair.active;
}

bool says_something(const Pair& pair) noexcept {
  return !pair.active.empty() || pair.replicated.has_value();
}

// The newer word of two that speak of the same connectors.
bool goes_before(const Pair& one, const Pair& other) noexcept {
  if (one.active.empty() != other.active.empty()) return !one.active.empty();
  if (!one.active.empty()) return one.since >= other.since;
  if (one.replicated && other.replicated) return one.replicated->at >= other.replicated->at;
  return one.replicated.has_value() || !other.replicated.has_value();
}

const Pair& deciding(const Charge& charge) noexcept {
  return goes_before(charge.pair, charge.back) ? charge.pair : charge.back;
}

// From the target of the pair to its source.  Once that was set to fire, it is not given up.
BegunFailback failback_of(const Pair& pair) {
  BegunFailback out{
      .what = fmt::format("a failback from {} to {} was begun and has not ended", pair.target, pair.source),
      .way = fmt::format("\"holdfast failback {} {}\" goes on with it", pair.target, pair.source)};
  if (pair.active != pair.source) out.way += fmt::format(", \"holdfast activate {}\" gives it up", pair.target);
  return out;
}

void refuse_fenced_target(const Charge& charge) {
  if (!charge.target) return;
  const std::string& source = charge.pair.source;
  const std::string& target = charge.pair.target;
  const std::string& active = charge.target->active;
  // It was lost while the source came back, and has been paused since: it is as any other that was replaced.
  if (active == source && charge.pair.active == source && !ends_failback(charge.pair, charge.source)) {
    if (charge.target->state == Fence::State::confirmed) return;
    refuse(fmt::format("not all that fires on {} was paused since {} is in charge again", target, source),
           fmt::format("\"holdfast fence {}\" pauses it and looks again.", target));
  }
  if (active == source) {
    const BegunFailback begun = failback_of(charge.pair);
    refuse(fmt::format("{} is fenced: {}", target, begun.what), begun.way + ".");
  }
  if (!active.empty())
    refuse(fmt::format("{} is fenced: {} took over from it", target, active),
           fmt::format("Bring it back by \"holdfast failback {} {}\" first.", active, target));
  refuse(fmt::format("{} is fenced", target),
         fmt::format("\"holdfast activate {}\" sets what was recorded of it, and lifts the fence.", target));
}

// It would be written over, and what fires there paused: what came from one origin goes by the same names.  What
// another workspace has goes beside it.
void refuse_in_charge(const Charge& charge) {
  const std::string& source = charge.pair.source;
  const std::string& target = charge.pair.target;
  for (const OtherTakeover& one : charge.others) {
    if (!one.is_target || !(one.from_source || one.copied)) continue;
    if (one.from_source && one.source != source) refuse_other_name(one, source);
    refuse(one.target == target ? fmt::format("{} is in charge in place of {}", target, one.source)
                                : fmt::format("{} leads to the same workspace as {}, which is in charge in place of {}",
                                              target, one.target, one.source),
           fmt::format("Nothing of {0} is brought there before \"holdfast failback {1} {2}\" lets {2} be in charge "
                       "again.",
                       source, one.target, one.source));
  }
}

// Fenced by hand, it was no rival of others that took over from the same one.
void refuse_beside(const Pair& own, const std::vector<Pair>& pairs) {
  for (const Pair& one : pairs)
    if (one.source == own.source && one.target != own.target && one.active == one.target)
      refuse(fmt::format("{} took over from {}, too", one.target, one.source),
             fmt::format("Bring that back by \"holdfast failback {} {}\" first.", one.target, one.source));
}

// Both would fire.
void refuse_other_takeover(const Charge& charge) {
  const std::string& source = charge.pair.source;
  for (const OtherTakeover& one : charge.others) {
    if (!one.from_source) continue;
    if (one.source != source) refuse_other_name(one, source);
    refuse(fmt::format("{} took over from {}, and is in charge in place of it", one.target, source),
           fmt::format("First \"holdfast failback {0} {1}\" lets {1} be in charge again.  To go on from {0}, with what "
                       "was done there: \"holdfast failover {0} {2}\".",
                       one.target, source, charge.pair.target));
  }
}

}  // namespace

Pair turned_round(const Pair& pair) {
  Pair out{.source = pair.target, .target = pair.source};
  if (!pair.replicated) return out;
  out.replicated = LastRun{.source_snapshot = pair.replicated->target_snapshot,
                           .target_snapshot = pair.replicated->source_snapshot,
                           .at = pair.replicated->at};
  // What the source lacks cannot have been left alone there.
  for (const LeftAlone& one : pair.replicated->differed)
    if (!one.source_id.empty()) out.replicated->differed.push_back({one.kind, one.target_id, one.source_id});
  if (out.replicated->source_snapshot.empty()) out.replicated.reset();
  return out;
}

Pair turned_round(const Pair& pair, const std::vector<LeftAlone>& not_brought) {
  Pair out = turned_round(pair);
  if (!out.replicated) return out;
  std::vector<LeftAlone>& differed = out.replicated->differed;
  for (const LeftAlone& one : not_brought) {
    const auto same = [&](const LeftAlone& known) {
      return known.kind == one.kind && known.target_id == one.source_id;
    };
    if (std::none_of(differed.begin(), differed.end(), same))
      differed.push_back({one.kind, one.target_id, one.source_id});
  }
  return out;
}

bool goes_home(const Charge& charge) noexcept {
  return charge.back.active == charge.pair.source;
}

bool goes_back(const Charge& charge) {
  const bool begun = charge.pair.replicated && charge.pair.replicated->at > charge.back.since;
  return goes_home(charge) && !begun;
}

Pair split_of(const Charge& charge) {
  // By an earlier run of this way, or where both parted when the other one took over.
  return goes_back(charge) ? turned_round(charge.back) : charge.pair;
}

bool Charge::known() const noexcept {
  return says_something(pair) || says_something(back);
}

Charge charge_of(CutoverStore& store, const std::string& source, const std::string& target) {
  return {.pair = store.pair(source, target),
          .back = store.pair(target, source),
          .source = store.fence(source),
          .target = store.fence(target)};
}

void take_from_snapshot(Charge& charge, Side active, base::Instant since) {
  charge.told = Charge::Told::by_snapshot;
  // How both parted, and what was given, was so before that.  What a failback left paused nobody else heard of.
  for (Pair* one : {&charge.pair, &charge.back})
    if (!one->active.empty()) *one = {.source = one->source, .target = one->target, .left = one->left};
  Pair& pair = active == Side::target ? charge.pair : charge.back;
  pair.active = pair.target;
  pair.since = since;
}

Pair put_in_charge(Pair pair, const std::string& active, const std::string& recorded, base::Instant now) {
  if (pair.active != active) {
    pair.since = now;
    // On the way back they say what fires on the source, until that has ended.
    if (active == pair.target) {
      pair.behind.clear();
      pair.given = GivenStates();
      pair.before.clear();
    }
  }
  pair.active = active;
  pair.recorded = recorded;
  pair.complete = false;
  return pair;
}

Pair with_given(Pair pair, const GivenStates& given) {
  if (pair.active == pair.target && pair.given)
    for (const auto& [key, values] : given) pair.given->insert_or_assign(key, values);
  return pair;
}

Pair going_back(Pair pair, const std::string& recorded) {
  if (pair.active == pair.target && pair.before.empty()) pair.before = pair.recorded;
  pair.recorded = recorded;
  return pair;
}

Pair given_back(Pair pair, std::vector<LeftPaused> left, base::Instant now) {
  if (pair.active != pair.source) pair.since = now;  // all of it is left paused
  pair.active = pair.source;
  pair.complete = true;
  pair.behind.clear();
  pair.given.reset();
  pair.before.clear();
  pair.left = std::move(left);
  return pair;
}

std::optional<BegunFailback> begun_failback(CutoverStore& store, const Fence& fence) {
  if (fence.active.empty()) return std::nullopt;
  const Pair to_it = store.pair(fence.connector, fence.active);
  if (ends_failback(to_it, fence)) return failback_of(to_it);
  // Fenced for what it took over from.
  const Pair from_it = store.pair(fence.active, fence.connector);
  if (from_it.active == from_it.target || ends_failback(from_it, store.fence(fence.active)))
    return failback_of(from_it);
  return std::nullopt;
}

std::size_t left_paused(const Pair& pair) noexcept {
  return active_of(pair) == pair.source ? pair.left.size() : 0;
}

std::string in_charge(const Charge& charge) {
  if (!charge.known()) return {};
  return active_of(deciding(charge));
}

bool took_over(CutoverStore& store, const Fence& fence) {
  return !fence.active.empty() && in_charge(charge_of(store, fence.connector, fence.active)) == fence.active;
}

void require_writable(const Charge& charge) {
  refuse_doubted(charge);
  const std::string& source = charge.pair.source;
  const std::string& target = charge.pair.target;
  if (in_charge(charge) == target) {
    if (deciding(charge).source == source) refuse_taken_over(charge, source, target);
    refuse_standby(target, source);
  }
  refuse_in_charge(charge);
}

FailoverStep failover_step(const Charge& charge) {
  refuse_doubted(charge);
  const std::string& source = charge.pair.source;
  const std::string& target = charge.pair.target;
  const std::string active = in_charge(charge);
  const Pair& word = deciding(charge);
  if (active == source && word.source == target)
    refuse(fmt::format("{} took over from {}", source, target),
           fmt::format("\"holdfast failback {} {}\" lets {} be in charge again; where {} is lost, add --source-lost.",
                       source, target, target, source));
  refuse_fenced_target(charge);
  refuse_other_takeover(charge);
  if (active != target) {
    refuse_in_charge(charge);
    return FailoverStep::begin;
  }
  if (word.source == target)
    refuse(fmt::format("{} is in charge already, and {} is kept up to date from it", target, source),
           "See who is in charge with \"holdfast status\".");
  if (charge.told == Charge::Told::by_snapshot) refuse_taken_over(charge, source, target);
  return word.complete ? FailoverStep::nothing : FailoverStep::activate;
}

FailbackStep failback_step(const Charge& charge) {
  refuse_doubted(charge);
  const std::string& primary = charge.pair.source;
  const std::string& secondary = charge.pair.target;
  const Pair& pair = charge.pair;
  if (pair.active == primary && charge.source) {
    if (ends_failback(pair, charge.source)) return FailbackStep::finish;
    if (charge.source->active != secondary)
      refuse(fmt::format("{} is in charge already, and was fenced since", primary),
             fmt::format("\"holdfast activate {} --from {}\" sets what was recorded then, and lifts the fence.",
                         primary, primary));
  }
  if (pair.active != secondary && charge.source && charge.source->active == secondary)
    refuse(fmt::format("{} did not take over from {} yet: a failover was begun and has not ended", secondary, primary),
           fmt::format("Go on with \"holdfast failover {} {}\", or give it up with \"holdfast activate {} --from {}\".",
                       primary, secondary, primary, primary));
  if (pair.active == primary && in_charge(charge) == primary) return FailbackStep::nothing;
  if (pair.active != secondary || in_charge(charge) != secondary) {
    require_own_name(charge);
    refuse(fmt::format("{} did not take over from {}", secondary, primary),
           fmt::format("See who is in charge with \"holdfast status\".  Where this host lost its local state, "
                       "\"holdfast idmap import\" brings the id map back, and \"holdfast activate {} --from {}\" says "
                       "here that {} is in charge.",
                       secondary, primary, secondary));
  }
  if (charge.target && !charge.target->active.empty() && charge.target->active != primary)
    refuse(fmt::format("{} took over from {}", charge.target->active, secondary),
           fmt::format("Bring that back by \"holdfast failback {} {}\" first.", charge.target->active, secondary));
  // The fence is that one's as well: lifted, both would fire.
  for (const OtherTakeover& one : charge.others)
    if (one.from_source && one.target != secondary && !one.paused)
      refuse(
          fmt::format("{} took over from {}, too, and may fire beside it", one.target, one.source),
          fmt::format("\"holdfast fence {0}\" pauses it; then the same command goes on, and what was done on {0} goes "
                      "back by \"holdfast failback {0} {1}\".",
                      one.target, one.source));
  return FailbackStep::begin;
}

void require_activation(const Charge& charge) {
  refuse_doubted(charge);
  const std::string& source = charge.pair.source;
  const std::string& target = charge.pair.target;
  if (charge.target)
    refuse(fmt::format("{} is fenced", target),
           fmt::format("\"holdfast activate {} --from {}\" sets what was recorded of it, and lifts the fence.", target,
                       target));
  refuse_other_takeover(charge);
  if (deciding(charge).source != target || !charge.known()) return;
  if (in_charge(charge) == source) refuse_taken_over(charge, target, source);
  refuse(fmt::format("{} is in charge, and {} is kept up to date from it: nothing of {} says what shall fire", target,
                     source, source),
         fmt::format("\"holdfast activate {} --from {}\" sets what was recorded of it.", target, target));
}

void require_own_name(const Charge& charge) {
  for (const OtherTakeover& one : charge.others)
    if (one.from_source && one.source != charge.pair.source) refuse_other_name(one, charge.pair.source);
}

void require_own_activation(const std::string& connector, const std::optional<Fence>& fence,
                            const std::vector<Pair>& pairs, const std::vector<Charge>& told) {
  for (const Charge& charge : told) {
    const std::string& other = charge.pair.target;
    const bool fenced = charge.target && (charge.target->active.empty() || charge.target->active == connector);
    if (charge.pair.source != connector || in_charge(charge) != other || fenced) continue;
    refuse(
        fmt::format("{} took over from {}, as its newest snapshot says", other, connector),
        fmt::format("With the id map of the two, which \"holdfast idmap import\" brings here, what was done there goes "
                    "back by \"holdfast failback {0} {1}\".  Without it \"holdfast fence {0}\" and this command again "
                    "bring nothing back and let {1} fire as it did.",
                    other, connector));
  }
  for (const Pair& pair : one_of_each(pairs)) {
    if (pair.source == connector && ends_failback(pair, fence))
      refuse(fmt::format("a failback from {} to {} was begun and has not ended", pair.target, connector),
             fmt::format("Go on with \"holdfast failback {} {}\".", pair.target, connector));
    if (!says_something(pair)) continue;
    const std::string& active = active_of(pair);
    if (active == connector && pair.target == connector) refuse_beside(pair, pairs);
    if (active == connector) continue;
    if (pair.source == connector) refuse_taken_over({}, connector, pair.target);
    // Fenced by hand, or for a third, it gets back what it was before, and no more.
    const bool own_fence = fence && fence->active != pair.source;
    if (pair.target == connector && !own_fence) {
      if (fence)
        refuse(fmt::format("{} is in charge again in place of {}", pair.source, connector),
               fmt::format("Go on with \"holdfast failback {} {}\".", connector, pair.source));
      refuse_standby(active, connector);
    }
  }
}

void throw_unconfirmed(const std::string& fenced, const Unconfirmed& what) {
  const std::string error = fmt::format("not all that fires on {} was paused, so {}", fenced, what.not_done);
  if (what.lost == Unconfirmed::Lost::does_not_help)
    refuse(error, "See what was said about each of them and run it again once it is paused there.");
  refuse(
      error + ": what was paused fires on neither side",
      fmt::format("See what was said about each of them and run it again, or add --source-lost.  \"holdfast activate "
                  "{0} --from {0}\" gives it up, and lets {0} fire as it did.",
                  fenced));
}

std::vector<Pair> one_of_each(const std::vector<Pair>& pairs) {
  std::vector<Pair> out;
  for (const Pair& pair : pairs) {
    const auto same = [&](const Pair& one) { return one.source == pair.target && one.target == pair.source; };
    const auto known = std::find_if(out.begin(), out.end(), same);
    if (known == out.end())
      out.push_back(pair);
    else if (!goes_before(*known, pair))
      *known = pair;
  }
  return out;
}

}  // namespace holdfast::engine
