// The columns of a step that are written behind the body: each is looked at before, and what somebody changed since the
// plan was made is left alone.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "engine/resources/apply.h"
#include "engine/resources/journal.h"
#include "engine/resources/seen_column.h"
#include "engine/resources/step_content.h"

namespace holdfast::engine {

// What is known of the columns of a resource.
struct ColumnBasis {
  enum class Known {
    fresh,  // a call of ours has just made it: nobody looks
    ours,   // it was made by us, or for us, some time ago: there may be what names us, and what is wanted
    seen,   // as `seen` says; of what was made, a column that is not in it as with `ours`
  } known = Known::fresh;
  std::map<std::string, std::string> seen{};  // by column; see seen_text()
};

class StepColumns {  // thread-safe: each step is done by one thread at a time
public:
  struct Tools {
    const ResourceApplication& application;
    const StepContents& contents;
    ResourceJournal& journal;
    const base::Clock& clock;
  };
  StepColumns(const Tools& tools, std::stop_token stop);

  // One column that cannot be written does not keep the others from it, nor does `body`, which failed before.  Throws
  // StepFailed naming all such.
  void write(const StepContent& wanted, const std::string& id, const ColumnBasis& basis,
             const std::optional<StepFailed>& body = {}) const;
  // Of what is about to be removed, also to be made again.  Throws StepFailed where somebody changed one of them.
  void require_as_seen(const model::ReadyKind& kind, const model::ResourceStep& step) const;
  // Keeps how the first pass left them, and gives it to the second one.
  void leave(std::size_t index, const StepContent& wanted, const std::string& id, const ColumnBasis& basis) const;
  ColumnBasis left(std::size_t index, const model::ResourceStep& step) const;

private:
  struct Target {
    const StepContent& wanted;
    const std::string& id;
    const model::KindColumn& column;
    const std::string& text;
  };
  using Marks = std::set<std::string>;
  void write_one(const Target& target, const ColumnBasis& basis) const;
  bool differs(const Target& target, const ColumnBasis& basis) const;
  bool is_expected(const Target& target, const ColumnBasis& basis, const std::string& mark,
                   const ColumnItem* now) const;
  void accept_what_is_wanted(const Target& target, const ColumnItems& wanted, Marks& doubtful) const;
  std::optional<std::string> read(const model::ReadyKind& kind, const std::string& id, const std::string& column) const;

  const ResourceApplication& application_;
  const StepContents& contents_;
  ResourceJournal& journal_;
  const base::Clock& clock_;
  std::stop_token stop_;
};

}  // namespace holdfast::engine
