// Hands every call on to another writer; what a test wants to be otherwise it overrides.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/platform.h"

namespace holdfast::test {

class ForwardingWriter : public platform::ResourceWriter {  // as thread-safe as the other one, which outlives it
public:
  explicit ForwardingWriter(platform::ResourceWriter& to) : to_(to) {}
  std::string who() override { return to_.who(); }
  base::Instant now() override { return to_.now(); }
  unsigned parallel() override { return to_.parallel(); }
  std::string create(const model::Kind& kind, const Content& content) override { return to_.create(kind, content); }
  void settle(const model::Kind& kind, const std::string& id) override { to_.settle(kind, id); }
  void update(const model::Kind& kind, const std::string& id, const Content& content) override {
    to_.update(kind, id, content);
  }
  void remove(const model::Kind& kind, const std::string& id) override { to_.remove(kind, id); }
  void set_column(const model::Kind& kind, const std::string& id, const std::string& column,
                  const base::Bytes& value) override {
    to_.set_column(kind, id, column, value);
  }
  void remove_items(const model::Kind& kind, const std::string& id, const std::string& column,
                    const std::vector<std::string>& keys) override {
    to_.remove_items(kind, id, column, keys);
  }
  std::optional<base::Bytes> read_column(const model::Kind& kind, const std::string& id,
                                         const std::string& column) override {
    return to_.read_column(kind, id, column);
  }
  std::vector<Found> find(const model::Kind& kind, const std::string& name) override { return to_.find(kind, name); }
  std::optional<Found> read(const model::Kind& kind, const std::string& id) override { return to_.read(kind, id); }

private:
  platform::ResourceWriter& to_;
};

}  // namespace holdfast::test
