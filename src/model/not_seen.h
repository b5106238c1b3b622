// What a capture left out although it may be there: a member of its attributes, for whoever would take its absence for
// a deletion.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::model {

inline constexpr std::string_view k_not_seen_attribute = "not_seen";

// Of one kind.
struct NotSeen {
  std::string kind{};
  std::vector<std::string> paths{};    // patterns of path_match(): what is called so, or lies below, was not looked at
  std::vector<std::string> columns{};  // they were asked for, and given of no resource
  std::string reason{};
};

// The value of the member: a list of objects with these members, the empty ones left out.
std::string to_json(const std::vector<NotSeen>& all);
// Of the attributes of a capture.  What is not as above says nothing; throws Error{corruption} where they are no JSON.
std::vector<NotSeen> not_seen_of(const std::string& attributes);

// Whether a resource of this natural name may not have been looked at.  Where its name is not known: any of the kind.
bool leaves_out(const std::vector<NotSeen>& all, std::string_view kind, const std::optional<std::string>& name);

}  // namespace holdfast::model
