#include "base/events.h"

namespace holdfast::base {

namespace {
class Silent : public Events {
public:
  void progress(const Progress&) override {}
  void note(std::string_view) override {}
  void detail(std::string_view) override {}
  void warning(std::string_view) override {}
  void summary(std::string_view, const std::vector<Fact>&) override {}
  void error(const Error&) override {}
};
}  // namespace

Events& silent_events() {
  static Silent silent;
  return silent;
}

}  // namespace holdfast::base
