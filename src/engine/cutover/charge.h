// Who is in charge of two connectors, and what a command may do to them by that.  Decisions are made from what is
// known of both directions and of both fences: by the local state, and what charge_by_all() adds of the snapshots.  Of
// other connectors add_other_takeovers() (other_takeovers.h) adds what concerns the two.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/cutover/store.h"

namespace holdfast::engine {

// Of others: its target is in charge in place of its source, by what is known here or its newest snapshot says.
struct OtherTakeover {
  std::string source{};  // connectors
  std::string target{};
  bool from_source = false;  // what it took over from leads to the workspace of the charge's source
  bool copied = false;       // into the charge's source, which is a standby of that as well
  bool is_target = false;    // it leads to the workspace of the charge's target, and nobody took over from it since
  bool paused = false;       // somebody fenced it since, and it was seen to be paused
};

// What is known of a source and a target.
struct Charge {
  Pair pair{};  // from the source into the target
  Pair back{};  // the other way
  std::optional<Fence> source{};
  std::optional<Fence> target{};
  // The local state, or where it knows of neither direction, or only what was before, what the newest snapshots of the
  // two say of themselves: that one took over, or is in charge no more.
  enum class Told { by_state, by_snapshot } told = Told::by_state;
  // The one that the other one took over from, and that another host let fire since: who is in charge is not known.
  std::string doubted{};
  std::vector<OtherTakeover> others{};  // that concern one of the two

  bool known() const noexcept;
};
Charge charge_of(CutoverStore& store, const std::string& source, const std::string& target);
// Nothing is known here of the two, or nothing as new, and the newest snapshot of the target, or of the source, says
// that it took over from the other one.
enum class Side { source, target };
void take_from_snapshot(Charge& charge, Side active, base::Instant since);

// Which of the two it is; empty where nothing is known of them.
std::string in_charge(const Charge& charge);

// Whether the one that a fence was entered for is it; else a gate stands before that, or it was interrupted.
bool took_over(CutoverStore& store, const Fence& fence);

// The pair as it looks from the other side: how the last run ended, and nothing of who is in charge.
Pair turned_round(const Pair& pair);
// The same of a way back that has ended: what it did not bring is held against the next run the other way.
Pair turned_round(const Pair& pair, const std::vector<LeftAlone>& not_brought);
// The source took over from the target.
bool goes_home(const Charge& charge) noexcept;
// And no run has gone back since.
bool goes_back(const Charge& charge);
// By which a run from the source into the target goes.  Of what took over it is that of the way back.
Pair split_of(const Charge& charge);

// What becomes of the pair.  One that is put in charge in place of the other was given nothing yet, and is not
// complete.  What a failback left paused stays known: snapshots of the source show it as paused.
Pair put_in_charge(Pair pair, const std::string& active, const std::string& recorded, base::Instant now);
// What of it was set, beside what was set by earlier commands.
Pair with_given(Pair pair, const GivenStates& given);
// A failback begins: what the target had taken over by is kept beside what it has now.
Pair going_back(Pair pair, const std::string& recorded);
// It has ended.
Pair given_back(Pair pair, std::vector<LeftPaused> left, base::Instant now);

// How many resources stay paused on what is in charge, as a failback left them: of a target that took over since they
// were set, or it is not complete.
std::size_t left_paused(const Pair& pair) noexcept;

// A failback that was begun and has not ended, of which a fence of either side tells.
struct BegunFailback {
  std::string what{};  // "a failback from … to … was begun and has not ended"
  std::string way{};   // the commands that lead on
};
std::optional<BegunFailback> begun_failback(CutoverStore& store, const Fence& fence);

// For all of these: throws Error{refused} with the way that leads on.

// What writes the source's contents into the target, and pauses there what fires.
void require_writable(const Charge& charge);

enum class FailoverStep {
  begin,     // or go on: what was done already is nothing to be done
  activate,  // the target is in charge, and not all of it was activated
  nothing,   // it ended; what was not chosen then is still paused
};
FailoverStep failover_step(const Charge& charge);

enum class FailbackStep {
  begin,    // or go on
  finish,   // the source is in charge again, and was not activated as a whole, or the fences are still there
  nothing,  // it ended
};
// A failback that said who is in charge, and has not lifted the fences.  A fence that was opened later is another
// story: a failover that was begun, or somebody's hand.
bool ends_failback(const Pair& pair, const std::optional<Fence>& primary) noexcept;
// Of a charge whose source is the primary and whose target is the secondary.
FailbackStep failback_step(const Charge& charge);

// The target is to fire as it was recorded of the source.
void require_activation(const Charge& charge);
// What nobody took over from by another name.  Of a charge of the connector and itself.
void require_own_name(const Charge& charge);
// A connector is to fire as it was recorded of itself.  `pairs` are all that there are, `told` what only snapshots say:
// who took over by that has to be fenced first.
void require_own_activation(const std::string& connector, const std::optional<Fence>& fence,
                            const std::vector<Pair>& pairs, const std::vector<Charge>& told);

// What is said where a fence that had to be confirmed was not.
struct Unconfirmed {
  std::string not_done{};                                               // "nothing was replicated"
  enum class Lost { helps, does_not_help } lost = Lost::does_not_help;  // to say that the fenced one is lost
};
[[noreturn]] void throw_unconfirmed(const std::string& fenced, const Unconfirmed& what);

// One of each two connectors: the direction that says who is in charge.
std::vector<Pair> one_of_each(const std::vector<Pair>& pairs);

}  // namespace holdfast::engine
