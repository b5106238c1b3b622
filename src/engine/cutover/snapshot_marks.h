// What Holdfast itself says of a connector in a snapshot of it, beside what the platform says: kept in the repository,
// it outlives the local state of the host that knew it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backup.h"
#include "engine/cutover/charge.h"
#include "engine/cutover/never_read.h"
#include "engine/cutover/store.h"
#include "model/kind.h"
#include "repository/repository.h"
#include "storage/backend.h"

namespace holdfast::engine {

// The name of the snapshot that recorded what fires on the connector, where it was taken while we held it paused.
inline constexpr std::string_view k_states_mark = "states_recorded_in";
// What was paused beside that: beside_mark.h.
// The connector that it took over from, and is in charge in place of.
inline constexpr std::string_view k_took_over_mark = "took_over_from";
// The name of the snapshot whose rows it has, as of the same instant: only a mark was set, and nothing was read.
inline constexpr std::string_view k_repeats_mark = "repeats";

// Sees to it that the newest snapshot of a connector has these marks; an empty value: not this one.  Where it does not,
// one is made that repeats it: that asks no platform, and shows nothing newer.  Returns what it had of them before.
// Throws Error{not_found} where there is no snapshot, Error{conflict} where others come in between again and again.
SnapshotMarks say(repository::Repository& repository, const std::string& connector, const SnapshotMarks& marks);
// The same of what took over from `other`; empty: from nobody.
std::string say_took_over(repository::Repository& repository, const std::string& connector, const std::string& other);
// The same of one that we are about to pause: which snapshot recorded its states, and what is paused beside that.
void say_paused(CutoverStore& store, repository::Repository& repository, const std::string& connector);
bool is_repeated(const repository::Snapshot& snapshot);
// When it was said what it says of the connector: the word of a repeated one is younger than its rows.
base::Instant said_at(const repository::Snapshot& snapshot);

// Those of a backup that is about to be taken.  What its newest snapshot says goes on to hold until the local state
// knows better: that somebody was put in charge since the states were recorded, or who is of those two.
SnapshotMarks marks_of(CutoverStore& store, repository::Repository& repository, const std::string& connector);

// Those that a snapshot has.
SnapshotMarks said_by(const repository::Snapshot& snapshot);
// What fires on a connector that is about to be backed up: as marks say, or as it was just set, which ends what they
// say.
enum class MarkedStates { by_marks, own };
// For BackupOptions::marks of a backup that begins now, of a platform with these kinds, which outlive it.  It need not
// keep out of the way of a fence that is opened, or lifted, while it reads: what it reads is paused in part, and is
// told as paused.  What says where the states were recorded ends only by a backup that reads all that may fire.
std::function<SnapshotMarks(const std::vector<repository::Tree>&)> marks_while_read(
    storage::Backend& state, repository::Repository& repository, const std::string& connector,
    const std::vector<model::Kind>& kinds, MarkedStates states = MarkedStates::by_marks);
// Of a connector that is held paused, or was when its newest snapshot was taken: the full name of the one that recorded
// its states.  Empty: there is none.
std::string recorded_name(CutoverStore& store, repository::Repository& repository, const std::string& connector);
// That one, whoever was put in charge since.  Absent: it is gone, or there is none.
std::optional<repository::Snapshot> recorded_before(CutoverStore& store, repository::Repository& repository,
                                                    const std::string& connector);
// When the states were that the snapshot of this name recorded.  Absent: it is gone.
std::optional<base::Instant> recorded_at(repository::Repository& repository, const std::string& name);
// Whether any snapshot of the connector that was begun later shows all that may fire there as it was since, less what
// is not `known` (unread_firing()).
bool shown_since(repository::Repository& repository, const std::string& connector,
                 const std::vector<model::Kind>& kinds, base::Instant since, const KnownGap& known = {});

// The full name of the snapshot whose states are those of this one: mostly itself.
std::string states_of(const repository::Snapshot& snapshot);
// The same snapshot.  Throws Error{refused} where it is gone.
repository::Snapshot recorded_by(repository::Repository& repository, const repository::Snapshot& snapshot);

// charge_of, by the newest snapshots of both where the local state knows in neither direction who was put in charge
// (that something was replicated does not say it), or knew so before another host put the other one in charge, or
// ended what it knows (other_hosts.h).
Charge charge_by_all(CutoverStore& store, repository::Repository& repository, const std::string& source,
                     const std::string& target);
// Of these connectors, all that took over from another one as their newest snapshots say and the local state does not.
std::vector<Charge> told_by_snapshots(CutoverStore& store, repository::Repository& repository,
                                      const std::vector<std::string>& connectors);
// The oldest snapshot of a connector that was begun since the first word that it took over from the other one, and was
// read, as they say themselves; absent: there is none.
std::optional<repository::Snapshot> first_in_charge(repository::Repository& repository, const std::string& connector,
                                                    const std::string& other);

}  // namespace holdfast::engine
