// The journal of a restore, of which anything may have become: the plan is applied, or refused because of the record;
// a target is never left half written.
#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "engine/restore.h"
#include "storage/memory/memory_backend.h"
#include "support/fake_connector.h"
#include "support/fakes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  static const base::Row row = test::aspect_row("urn:li:corpuser:a", "status", "{}");
  static const model::Plan plan = [] {
    model::Plan out;
    out.id = "p";
    out.target = "catalog";
    out.steps.push_back({.collection = "aspect",
                         .path = model::key_to_path(test::aspect_collection(), row.key),
                         .action = model::Action::create,
                         .reason = "",
                         .fields = {},
                         .key = row.key,
                         .before = {},
                         .after = row});
    return out;
  }();
  const test::ManualClock clock(base::Instant{});
  test::FakeConnector target(clock);
  const auto journal = storage::make_memory_backend();
  journal->put("restore/p/0000000000-intent", {reinterpret_cast<const char*>(data), size});
  try {
    engine::apply_plan(plan, target, test::aspect_collection(), *journal, base::silent_events(), clock, {});
    if (target.rows().size() != 1) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::corruption && error.kind() != base::ErrorKind::conflict) std::abort();
    if (!target.rows().empty()) std::abort();
  }
  return 0;
}
