// A FakeWorkspace behind the Connector interface.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "platform/runs.h"
#include "support/fake_workspace.h"

namespace holdfast::test {

struct WorkspaceAccount {
  explicit WorkspaceAccount(ManualClock& given, std::uint64_t first_id, std::string name)
      : clock(given), workspace(given, first_id), id(std::move(name)) {}
  ManualClock& clock;
  FakeWorkspace workspace;
  std::string id;                         // "workspace_id" of its captures
  bool administrator = true;              // "admin" of its captures
  std::string told_by_cluster;            // of its captures: kinds, each followed by a blank
  bool writable = true;                   // else whoever wants to write is refused
  bool switchable = true;                 // else whoever wants to set what fires is
  std::set<std::string> absent;           // kinds that are not offered
  std::set<std::string> unlisted;         // kinds whose list fails
  std::map<std::string, unsigned> blank;  // kinds of which so many captures find none, although nothing fails
  std::set<std::string> unread;           // resources of any kind that cannot be read, by name
  std::set<std::string> hidden;           // resources of any kind that no list shows, by name
  std::string me{};                       // "me" of its captures; empty: they do not say
  std::set<std::string> withheld;         // columns that its captures give of no resource
  std::string not_seen{"[]"};             // "not_seen" of its captures
  platform::RunsThings* runs = nullptr;   // outlives it
};

// Several may be of one account, which outlives them and what they open.
std::unique_ptr<platform::Connector> connect(WorkspaceAccount& account);

}  // namespace holdfast::test
