// What a step of a plan of resources writes, made ready for the target as it is by now.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "engine/resources/apply.h"
#include "engine/resources/body.h"

namespace holdfast::engine {

// What the platform refused; the run goes on.
class StepFailed : public std::exception {
public:
  StepFailed(ResourceOutcome::What what, std::string text, std::string hint = {})
      : what_(what), text_(std::move(text)), hint_(std::move(hint)) {}
  explicit StepFailed(const platform::ByHand& task)
      : what_(ResourceOutcome::What::manual), text_(task.message()), way_(task.way()) {}
  ResourceOutcome::What outcome() const noexcept { return what_; }
  platform::ByHand::Way way() const noexcept { return way_; }
  const std::string& text() const noexcept { return text_; }
  const std::string& hint() const noexcept { return hint_; }  // what to do about it; may be empty
  const char* what() const noexcept override { return text_.c_str(); }

private:
  ResourceOutcome::What what_;
  std::string text_;
  std::string hint_;
  platform::ByHand::Way way_ = platform::ByHand::Way::instead;
};

// Steps that are patched are written twice.
enum class Pass {
  first,  // less all links at which a cycle may be cut to what the plan brings
  whole,
};

struct StepContent {
  const model::ResourceStep& step;
  const model::ReadyKind& kind;
  Pass pass = Pass::whole;
  model::Resource resource;
  std::string body;      // definition, as it is written
  std::string compared;  // and as it is compared
  std::string resting;   // and with all paused that fires: create may not take that
  LinkReport report;
  const base::Row* live = nullptr;  // where it counts
};

bool written_with_create(const model::ReadyKind& kind, const std::string& column);
bool has_column(const model::ResourceStep& step, const std::string& column);
// Where whoever it belongs to passes for its creator, and a second call gives it away: to whom.
std::string given_to(const StepContent& wanted);

class StepContents {  // thread-safe
public:
  StepContents(const ResourceApplication& application, const LinkTargets& targets);
  const ResourceContext& context() const noexcept { return whole_; }

  // Of a step that is patched, the first pass is the same whatever is there by now: what an earlier run has sent is
  // known again by it.  Throws StepFailed where something that it needs is not there.
  StepContent prepare(const model::ResourceStep& step, const base::Row* live, Pass pass) const;
  // nullopt: something that it names is not there yet, and the second pass writes it.
  std::optional<std::string> column(const StepContent& wanted, const std::string& column) const;
  platform::ResourceWriter::Content content(const StepContent& wanted) const;

  // A body may say no more than a path, and a large content is written by several calls.
  enum class Content { equal, begun, other };
  Content compare(const StepContent& wanted, const base::Row& there) const;
  // Whether all that is written is there.
  bool holds(const StepContent& wanted, const base::Row& there) const;
  // Whether it is as the first pass leaves it: all of that is there, and nothing in the places of what is still to
  // come.
  bool is_first_pass(const StepContent& first, const StepContent& whole, const base::Row& there) const;

private:
  const ResourceApplication& application_;
  ResourceContext whole_;
  ResourceContext first_;
};

}  // namespace holdfast::engine
