// A kind of resource, described so that the engine can plan and apply changes to its resources without knowing the
// platform.  A platform keeps a table of these; adding a kind is adding a row to it.
//
// A resource is a row of the kind's collection.  Its column `body` holds the JSON document of the platform; other
// columns hold what else belongs to the resource.  Fields that nobody declared here come back as they were.
//
// Field paths start at the root of a column's document:
//   settings.tasks[*].task_key   members are joined by '.', [*] is every item of an array
//   settings.**.pool_id          ** is any number of members and items, none included
//   spark_conf.*                 a name may hold the wildcards * and ?; alone, * is every member
//   ["a.b"].value                a name that holds dots or brackets is quoted
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/collection.h"

namespace holdfast::model {

inline constexpr std::string_view k_body = "body";

enum class LinkForm {
  id,       // the whole value is the id of a resource of `to`
  name,     // the whole value is its natural name; where the table has no kind `to`, a value that rules may map
  path,     // the value, after `prefix`, is a path in the space `to`, or leads below one
  secret,   // text with any number of {{secrets/SCOPE/KEY}} in it; `to` has the scopes
  storage,  // text with storage URLs in it; rules map their prefixes
  json,     // a string that holds a JSON document; `inside` are the links in that
};

// A field that names something else.  Several links on one field are alternatives: the first whose `to` knows the
// value counts.
struct Link {
  std::string field{};
  LinkForm form = LinkForm::id;
  std::string to{};            // name of a kind, or of a space; see Kind::space
  std::string column{k_body};  // which document the field is in
  std::string prefix{};        // the link holds only for values that begin so; kept in front of what is mapped
  std::vector<Link> inside{};  // of LinkForm::json; their `column` does not count
  // A cycle may be cut here: the field (of an array, the item that holds it, see `cut_item`) is left out when the
  // resource is created and patched in afterwards.
  enum class Cut { never, may } cut = Cut::never;
  std::string cut_item{};  // what is left out in place of the field itself: "settings.tasks[*]"
  // What becomes of a value that nobody knows on the target.  by_form: an id makes the step a conflict, all else stays
  // as it is and is reported.  leave_out: the field, or its `cut_item`, is left out, and reported.
  enum class Unknown { by_form, leave_out } unknown = Unknown::by_form;
};

// Holds where the field is there and its value is this JSON; with `equals` empty, where the field is there at all.
struct Condition {
  std::string field{};
  std::string equals{};  // "true", "\"admins\""
};

// Items of arrays that are no part of what a user set: inherited grants, those of administrators.
struct OmittedItem {
  std::string items{};  // "access_control_list[*]"
  Condition when{};     // its field starts at the item
};

// An array whose order means nothing.  Items are paired by the values of `keys`, by their whole value without.
struct UnorderedArray {
  std::string field{};
  std::vector<std::string> keys{};
};

// What the platform takes a field for when it is not there.  Nothing is assumed of fields without one.
struct FieldDefault {
  std::string field{};
  std::string value{};  // JSON
};

// What starts something by itself.  It arrives with `paused`; activating puts back what was recorded.
struct Firing {
  // Fires only where this is there: "settings.schedule"; empty: always.  Where it leads to several ("triggers[*]"), one
  // is known again by all that it holds beside `field`, never by its place.
  std::string within{};
  std::string field{};         // "settings.schedule.pause_status"
  std::string paused{};        // JSON: "\"PAUSED\""
  std::string absent{};        // JSON of what it means when the field is not there: "\"UNPAUSED\""
  std::string column{k_body};  // which document it is in
  // It guards, and starts nothing: it arrives switched off and is activated with the rest, but where it stands, nothing
  // but an activation touches it.
  bool guards = false;
};

// What no API can do.
struct Manual {
  enum class What { instead, besides } what = What::besides;  // of creating it
  Condition when{};                                           // with an empty field: always
  // Full sentences that say what to do; {name} is the resource's natural name, {users} are the resources of the
  // snapshot that name it.
  std::string text{};
  // Which document `when` is in.  What another one than the body asks for remains to be done whenever that is written;
  // of a column that holds secrets, where the snapshot has none: for as long as the target lacks one of them.  Their
  // keys then stand below the sentence.
  std::string column{k_body};
  // What comes along with the task, whole lines below the sentence: a notebook, a script.  Made of the body as it is to
  // be on the target.
  std::string (*content)(const std::string& body) = nullptr;
};

struct Cost {
  unsigned calls = 1;
  std::string family{};  // whose rate limit they count against
};

// A column beside the body.  They are written in the order in which they are listed.
struct KindColumn {
  std::string name{};
  enum class Written { with_create, afterwards, never } written = Written::afterwards;
  Cost cost{};
  Cost read{};  // of one look at it, before it is written over
  std::vector<std::string> server_fields{};
  std::vector<OmittedItem> omitted{};
  std::vector<UnorderedArray> unordered{};
  // Of a column that holds secrets: the one that tells when each of its items changed, in an unordered array with the
  // same keys.  What a plan keeps of the column is made from that, and never from a secret.
  std::string told_by{};
  // What the target has in this array and the snapshot has not stays, unless removals are asked for.
  struct Kept {
    std::string items{};  // a member of the document: "values"; empty: all is written as the snapshot has it
    std::string key{};    // of an item: "key"
    std::string one{};    // for messages: "secret"
  } kept{};
};

enum class Names {
  unique,  // the key is the natural name
  shared,  // several may have one name: the last part of the key is the id, the parts before it are the name
};

struct Kind {
  Collection collection{};  // its name is the kind's name: "jobs"
  std::string one{};        // for messages: "job"
  Names names = Names::unique;
  // Names that differ only in the case of ASCII letters are one name.
  enum class Case { counts, ignored } name_case = Case::counts;

  // Where the body has these; empty: it has not.
  std::string id{};       // without it, the natural name is the id
  std::string name{};     // rewritten where rules map the name; text, also where the key has several parts
  std::string creator{};  // natural name of whoever created it
  std::string created{};  // when: milliseconds since 1970 or RFC 3339
  // Changes whenever its body or a content does, whoever changes it.  Without it, the contents themselves tell.
  std::string modified{};
  std::string tags{};  // an object of tags
  // Fields that tell a resource across accounts, tried before its name: "externalId".
  std::vector<std::string> same_by{};

  // Natural names are paths in this space ("workspace", "dbfs"): a resource needs what lies above it, and path rules
  // map its name.  Several kinds may share a space.
  std::string space{};
  // Below `homes_below` ("/Users/") the next part of the path is the name of a resource of `home_of` ("users").
  std::string homes_below{};
  std::string home_of{};
  // What lies in it may have come with it, as the files of a git folder do, and goes with it when it is removed.
  bool brings_content = false;

  // Natural names are those of what the resource lies in, of another kind, and a part of its own behind the last
  // separator: it needs what it lies in, and rules map the name in front by those of that kind.
  struct Above {
    std::string kind{};  // empty: natural names are whole
    char separator = '.';
    std::vector<std::string> fields{};  // where the body has the parts, the own one last: "catalog_name", "name"
  } above{};

  // The part of the body that users write and create takes; empty: all of it.
  std::string definition{};
  std::vector<std::string> server_fields{};  // filled in by the server: dropped when written, ignored when compared
  std::vector<std::string> create_only{};    // cannot be changed later
  // Which only a second call sets: what a create whose answer was lost has left may have them otherwise.
  std::vector<std::string> set_later{};
  std::vector<OmittedItem> omitted{};
  std::vector<UnorderedArray> unordered{};
  std::vector<FieldDefault> defaults{};
  std::vector<Link> links{};
  std::vector<Firing> firing{};
  // Neither compared nor printed: never given back by the platform, not to be shown, or the platform's own.
  std::vector<std::string> secret_fields{};
  // May hold what is secret: compared, and no value in it is ever shown.  Wherever a name says so ("token"), the same.
  std::vector<std::string> sensitive{};
  std::vector<KindColumn> columns{};  // beside the body

  // Resources that the platform brings along: matched by name, never created, removed or given another body; their
  // columns are written.  Any of these makes it one.
  std::vector<Condition> system{};
  // Whether deleting and creating it again is a way to change it.
  enum class Recreate { may, never } recreate = Recreate::may;
  // Whether it is removed along with everything else that the snapshot does not have, or only where somebody chose
  // resources of this kind.
  enum class Removed { with_others, when_chosen } removed = Removed::with_others;
  // What goes with one that is removed, and no snapshot has, as the documentation says it.
  struct Removal {
    std::string loses{};  // "its files"; empty: nothing
    // Bodies that say that they lose nothing.  Where some do, the others are removed by people only.
    std::vector<Condition> harmless{};
  } removal{};
  std::vector<Manual> manual{};

  int rank = 0;  // lower first, where links do not decide
  Cost create{};
  Cost update{};
  Cost remove{};
};

}  // namespace holdfast::model
