// Which resource of a target stands for which resource of a source: learnt while restoring, kept for every later run,
// so that a second run changes what the first one created.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::model {

enum class Learnt { created, matched, imported, adopted };
std::string_view to_string(Learnt learnt) noexcept;

struct IdEntry {
  std::string kind;
  std::string source_id;
  std::string target_id;
  std::string source_name;  // natural names, for people
  std::string target_name;
  Learnt learnt = Learnt::created;
  friend bool operator==(const IdEntry&, const IdEntry&) = default;
};
// Of the other direction.
IdEntry turned_round(IdEntry entry);

// Not thread-safe.
class IdMap {
public:
  IdMap(std::string source, std::string target) : source_(std::move(source)), target_(std::move(target)) {}

  const std::string& source() const noexcept { return source_; }  // connectors
  const std::string& target() const noexcept { return target_; }
  // Throws Error{conflict} naming both, when the target resource stands for another source already, or the source
  // resource has another target.  The same pair again changes nothing.
  void add(IdEntry entry);
  // For a source whose target is gone and was created again.
  void replace(IdEntry entry);
  bool remove(std::string_view kind, std::string_view source_id);
  const IdEntry* by_source(std::string_view kind, std::string_view id) const noexcept;  // nullptr: none
  const IdEntry* by_target(std::string_view kind, std::string_view id) const noexcept;
  std::size_t size() const noexcept { return by_source_.size(); }
  std::vector<IdEntry> entries() const;  // by kind, then source id

private:
  using Key = std::pair<std::string, std::string>;  // kind, id
  std::string source_;
  std::string target_;
  std::map<Key, IdEntry, std::less<>> by_source_;
  std::map<Key, Key, std::less<>> by_target_;
};

// kind,source_id,target_id,source_name,target_name,learnt; RFC 4180.
std::string to_csv(const IdMap& map);
std::string to_json(const IdMap& map);  // one entry a line
// What people and scripts write: columns in any order, of which kind, source_id and target_id must be there; `learnt`
// is "imported" where it is not given.  Throws Error{config} naming the line: bad quotes, too few fields, an unknown
// column, a conflict.
IdMap id_map_from_csv(std::string_view text, std::string source, std::string target);
// Throws Error{config} also where the file is of other connectors.
IdMap id_map_from_json(std::string_view text, std::string source, std::string target);

}  // namespace holdfast::model
