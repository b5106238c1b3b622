// How resources are written: the calls of each kind, beside the table that says how they are read.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.h"
#include "platform/databricks/client.h"

namespace holdfast::platform::databricks {

struct WriteCall {
  net::Method method = net::Method::post;
  std::string path{};  // with {id} and {name}; empty: there is no such call
  std::string_view family = k_other;
  // What is sent: {body} is the definition, {id} the id as a JSON string, {number} the id as it is, {name} the name as
  // a JSON string, {member:x} the body's member x, {changed} those of its members that differ, {differing} their names
  // joined by commas, {permissions} a reply of /permissions as a request.  Empty: nothing is sent.
  std::string sent{"{body}"};
  std::string with_id{};  // a member that is added to the body: the id
  net::Pairs query{};     // values as in `sent`, unquoted
};

// A call that changes one member of the definition, and nothing else.
struct MemberWrite {
  std::string member{};
  WriteCall set{};
  std::string none{"null"};  // what is sent where the definition has no such member
  // tags: the member is an array of objects, each with a `key`.  `set` goes for each that is new or otherwise, `unset`
  // for each that is there and not wanted; the tag is then what placeholders take for the body.
  enum class Sent { whole, tags } sent = Sent::whole;
  WriteCall unset{};  // without a path no call does it: people do
};

struct KindWrites {
  std::string_view kind;
  WriteCall create{};
  bool overwrites = false;         // creating does not tell that there is one: it is looked for before
  std::string created_id{};        // member of the answer; empty: the name is the id
  std::vector<WriteCall> after{};  // what stops what creating it has started
  WriteCall update{};
  // In place of the update, each where its member differs from what is there.
  std::vector<MemberWrite> members{};
  // The update takes the names of what it is to change, and refuses those that no update takes.
  bool masked = false;
  // Takes some members of the definition, and leaves all others as they are.
  WriteCall part{};
  // Where there is no such call: what a GET of the update's path shows is sent back, with the members that differ.
  struct SentBack {
    std::string definition{};  // member of what is read; empty: it is not sent back
    std::string modified{};    // when it was changed last, and …
    std::string expected{};    // … under which name that is sent: it is refused where somebody was faster
  } sent_back{};
  // What the update leaves as it is where it is not named, and as what it is named then: {"comment", "\"\""}.
  std::vector<std::pair<std::string, std::string>> cleared{};
  bool completed = false;  // creating takes a part of the body only: it is updated at once
  WriteCall release{};     // what keeps one from being removed is taken off it by this
  WriteCall remove{};
  std::string permissions{};    // type in /permissions/TYPE/ID
  std::string permission_id{};  // field of the resource that is the ID there; empty: the id
};

// nullptr: resources of this kind cannot be written.  The tree, secret scopes and DBFS have code of their own beside
// it.
const KindWrites* find_writes(std::string_view kind);

}  // namespace holdfast::platform::databricks
