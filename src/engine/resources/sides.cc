#include "engine/resources/sides.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/key.h"
#include "base/task_group.h"
#include "engine/browse.h"
#include "engine/difference_filter.h"
#include "engine/losses.h"
#include "engine/meter.h"
#include "engine/row_layout.h"
#include "engine/stop_guard.h"
#include "model/json_text.h"

namespace holdfast::engine {

namespace {

using base::Error;
using base::ErrorKind;

constexpr unsigned k_ranges_per_reader = 4;

struct Loss {
  base::KeyRange keys;
  std::string reason;
};

// One range of one kind, read by one worker.
struct Part {
  std::size_t kind = 0;
  const model::Collection* live = nullptr;
  base::KeyRange range{};
  std::vector<model::Resource> resources{};
  std::vector<Loss> lost{};
};

class PartSink : public platform::RowSink {
public:
  PartSink(const model::KindSet& kinds, Part& part, const Shrink& shrink, Meter& meter, std::stop_token stop)
      : kinds_(kinds),
        part_(part),
        shrink_(shrink),
        layout_(*part.live, kinds.at(part.kind).kind.collection),
        tally_(meter),
        stop_(std::move(stop)),
        next_(part.range.from) {}

  void row(const base::RowView& row) override {
    throw_if_stopped(stop_);
    next_ = base::after_key(row.key);
    const base::RowView projected = layout_(row);
    part_.resources.push_back(kinds_.resource(part_.kind, base::to_row(projected)));
    if (shrink_) shrink_(part_.resources.back());
    tally_.add(plain_size(projected));
  }
  void unread(const base::KeyRange& stretch, std::string reason) override {
    part_.lost.push_back({stretch, std::move(reason)});
  }
  // It is there, and its id is known: that is what others name.
  void partial(const base::RowView& partly, const std::vector<bool>&, std::string reason) override {
    row(partly);
    unread(base::range_of_key(partly.key), std::move(reason));
  }
  // What came is good; of the rest nothing is known.
  void broke_off(const std::string& reason) { part_.lost.push_back({{next_, part_.range.to}, reason}); }

private:
  const model::KindSet& kinds_;
  Part& part_;
  const Shrink& shrink_;
  RowProjection layout_;
  Tally tally_;
  std::stop_token stop_;
  base::Bytes next_;
};

bool ends_the_run(const Error& error) {
  return error.kind() == ErrorKind::cancelled || error.kind() == ErrorKind::internal ||
         error.kind() == ErrorKind::corruption;
}

class LiveReader {
public:
  struct Parts {
    platform::Capture& capture;
    const model::KindSet& kinds;
    const Shrink& shrink;
  };
  LiveReader(const Parts& parts, unsigned readers, std::stop_token stop)
      : capture_(parts.capture),
        kinds_(parts.kinds),
        shrink_(parts.shrink),
        readers_(std::max(1U, std::min(readers, capture_.readers()))),
        stop_(std::move(stop)) {}

  std::vector<Part> read(base::Events& events) {
    std::vector<Part> parts = list();
    std::uint64_t rows = 0;
    for (const platform::CollectionEstimate& one : capture_.collections()) rows += one.rows;
    Meter meter(events, "reading the target", rows, 0, readers_);
    capture_.expect(names_in_order(parts));
    std::atomic<std::size_t> next{0};
    base::TaskGroup group(stop_);
    for (unsigned i = 0; i < readers_; ++i) {
      group.spawn([&](std::stop_token stop) {
        for (std::size_t k = next++; k < parts.size() && !stop.stop_requested(); k = next++)
          if (parts[k].lost.empty()) read_part(parts[k], meter, stop);
      });
    }
    group.wait();
    throw_if_stopped(stop_);
    return parts;
  }

private:
  std::vector<Part> list() {
    std::vector<Part> parts;
    for (const platform::CollectionEstimate& one : capture_.collections()) {
      const std::optional<std::size_t> kind = kinds_.find(one.collection.name);
      if (!kind) continue;  // not of this table: it is not restored by calls
      try {
        for (base::KeyRange& range : capture_.ranges(one.collection, readers_ * k_ranges_per_reader))
          parts.push_back({.kind = *kind, .live = &one.collection, .range = std::move(range)});
      } catch (const Error& error) {
        if (ends_the_run(error)) throw;
        parts.push_back({.kind = *kind, .live = &one.collection, .lost = {{base::KeyRange{}, error.message()}}});
      }
    }
    return parts;
  }

  static std::vector<std::string> names_in_order(const std::vector<Part>& parts) {
    std::vector<std::string> out;
    for (const Part& part : parts)
      if (part.lost.empty() && (out.empty() || out.back() != part.live->name)) out.push_back(part.live->name);
    return out;
  }

  void read_part(Part& part, Meter& meter, const std::stop_token& stop) {
    PartSink sink(kinds_, part, shrink_, meter, stop);
    try {
      capture_.read(*part.live, part.range, sink, stop);
    } catch (const Error& error) {
      if (ends_the_run(error)) throw;
      sink.broke_off(error.message());
    }
  }

  platform::Capture& capture_;
  const model::KindSet& kinds_;
  const Shrink& shrink_;
  const unsigned readers_;
  std::stop_token stop_;
};

void tell_losses(const model::Collection& collection, const std::string& connector,
                 const std::vector<const Loss*>& lost, base::Events& events) {
  Losses losses(collection);
  for (const Loss* one : lost) losses.add(one->keys, fmt::format("was not read on {}: {}", connector, one->reason));
  const Losses::Lines told = losses.lines(k_loss_lines_max);
  for (const std::string& line : told.lines) events.warning(line);
  if (told.left_out != 0) events.warning(fmt::format("{} more could not be read", told.left_out));
}

}  // namespace

LiveSide read_live_side(const LiveConnector& from, const model::KindSet& kinds, base::Events& events,
                        std::stop_token stop, const Shrink& shrink) {
  const std::unique_ptr<platform::Capture> capture = from.connector.capture(from.capture, stop);
  for (const std::string& note : capture->notes()) events.note(note);
  std::vector<Part> parts = LiveReader({*capture, kinds, shrink}, from.capture.readers, std::move(stop)).read(events);
  LiveSide out;
  out.unread.resize(kinds.size());
  std::vector<std::vector<const Loss*>> lost(kinds.size());
  for (Part& part : parts) {
    std::move(part.resources.begin(), part.resources.end(), std::back_inserter(out.resources));
    for (const Loss& one : part.lost) {
      out.unread[part.kind].push_back(one.keys);
      lost[part.kind].push_back(&one);
    }
  }
  // "Not available here" may be a mistake of the platform: what is there then would be made a second time.
  const auto& offered = capture->collections();
  for (std::size_t kind = 0; kind < kinds.size(); ++kind)
    if (std::none_of(offered.begin(), offered.end(),
                     [&](const auto& one) { return one.collection.name == kinds.at(kind).label(); }))
      out.unread[kind].push_back({});
  for (std::size_t kind = 0; kind < kinds.size(); ++kind)
    if (!lost[kind].empty()) {
      out.partial.push_back(kind);
      tell_losses(kinds.at(kind).kind.collection, from.name, lost[kind], events);
    }
  out.attributes = capture->attributes();
  return out;
}

std::vector<model::Resource> read_stored_side(repository::Repository& repository, const repository::Snapshot& snapshot,
                                              const model::KindSet& kinds, std::stop_token stop, const Shrink& shrink) {
  std::vector<model::Resource> out;
  bool any = false;
  StoppableSource source(repository.blocks(), stop);
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    const repository::Tree* tree = find_tree(snapshot, kinds.at(kind).label());
    if (!tree) continue;
    any = true;
    RowProjection layout(collection_of(*tree), kinds.at(kind).kind.collection);
    for (repository::TreeCursor cursor(source, *tree); cursor.valid(); cursor.next()) {
      throw_if_stopped(stop);
      out.push_back(kinds.resource(kind, base::to_row(layout(cursor.current()))));
      if (shrink) shrink(out.back());
    }
  }
  if (!any)
    throw Error(ErrorKind::unsupported,
                fmt::format("snapshot {} of {} has nothing that the target's platform knows", snapshot.id.short_id(),
                            snapshot.connector),
                "Name a snapshot of a connector of the same platform.");
  return out;
}

std::optional<model::Selection> selection_of(const std::string& text) {
  constexpr std::string_view k_between = " | ";
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t at = text.find(k_between); at != std::string::npos; at = text.find(k_between, from)) {
    parts.push_back(text.substr(from, at - from));
    from = at + k_between.size();
  }
  if (from < text.size()) parts.push_back(text.substr(from));
  try {
    return model::Selection(parts);
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

model::Selection taught(model::Selection selection, const model::KindSet& kinds,
                        std::initializer_list<const std::vector<model::Resource>*> sides) {
  std::vector<base::ColumnView> columns;
  for (const std::vector<model::Resource>* side : sides)
    for (const model::Resource& one : *side) {
      const model::Collection& collection = kinds.at(one.kind).kind.collection;
      if (selection.other_rows_decide(collection)) selection.learn(collection, base::to_view(one.row, columns));
    }
  return selection;
}

void require_each_selected(const model::Selection& selection, const model::KindSet& kinds,
                           std::initializer_list<const std::vector<model::Resource>*> sides) {
  for (const model::Selection& one : selection.each()) {
    const bool any = std::any_of(sides.begin(), sides.end(), [&](const std::vector<model::Resource>* side) {
      return std::any_of(side->begin(), side->end(),
                         [&](const model::Resource& resource) { return selected(one, kinds, resource); });
    });
    if (!any) throw nothing_selected(one);
  }
}

bool selected(const model::Selection& selection, const model::KindSet& kinds, const model::Resource& resource) {
  std::vector<base::ColumnView> columns;
  return selection.matches(kinds.at(resource.kind).kind.collection, base::to_view(resource.row, columns));
}

std::optional<base::Row> stored_row(repository::Repository& repository, const repository::Snapshot& snapshot,
                                    const model::ReadyKind& kind, base::ByteView key) {
  const repository::Tree* tree = find_tree(snapshot, kind.label());
  if (!tree) return std::nullopt;
  const std::optional<base::Row> row = repository::find(repository.blocks(), repository.boundary_key(), *tree, key);
  if (!row) return std::nullopt;
  RowProjection layout(collection_of(*tree), kind.kind.collection);
  std::vector<base::ColumnView> columns;
  return base::to_row(layout(base::to_view(*row, columns)));
}

}  // namespace holdfast::engine
