// What lies outside of a platform and its resources refer to, as far as a Connector knows it.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "model/kind.h"
#include "platform/platform.h"

namespace holdfast::platform {

// A field that names a place outside in a way that texts alone do not tell (model/endpoint.h).
struct OutsideField {
  std::string kind{};   // empty: of every kind
  std::string field{};  // as in model/kind.h
  std::string what{};   // what the place is: "git host"
  enum class Form {
    urls,    // text with URLs in it, of whatever scheme
    host,    // one or several hosts, with or without scheme and port
    name,    // the value is the name of the place
    base64,  // text in base64
    hidden,  // `true` says that there is an address, which cannot be read
  } form = Form::urls;
  std::string column{model::k_body};
};

// What the management of a cloud tells of a storage account.
struct StorageFacts {
  std::string name{};        // as model::Endpoint has it
  std::string location{};    // "westeurope"
  std::string redundancy{};  // in the cloud's word: "Standard_LRS"
  enum class Copies { in_one_region, in_two_regions, not_known } copies = Copies::not_known;
  std::string second_location{};             // where there is one
  std::optional<base::Instant> last_sync{};  // what was written before that is in the second location
  std::string trouble{};                     // why that is not known, or what is wrong with the replication
};

struct CloudFacts {
  bool asked = false;                   // the lists below mean something: what is not in them is not there
  std::vector<StorageFacts> storage{};  // by name
  std::vector<Diagnosis> lines{};       // of the workspace itself, and of what was not let be read
};

// One thing that a side of two says of itself.
struct Trait {
  std::string name{};   // "region"
  std::string value{};  // empty: not known
  enum class Wanted { same, different } wanted = Wanted::same;
  std::string advice{};  // where they are not as wanted; {first} and {second} stand for the connectors, {value} for it
};

// What a side offers, for resources to name: node types.  Rules of a mapping go by its name.
struct Offer {
  std::string name{};
  std::string one{};  // "a node type"
  std::vector<std::string> values{};
  bool all_wanted = false;  // also what nothing uses
  std::string advice{};
};

// Resources of a kind by their natural names.
struct Listed {
  std::string kind{};
  enum class Compared { names, values } compared = Compared::names;
  std::vector<std::pair<std::string, std::string>> resources{};  // name, value
  std::string advice{};
};

struct Side {
  std::string identity{};  // equal where two connectors lead to one and the same
  std::vector<Trait> traits{};
  std::vector<Offer> offers{};
  std::vector<Listed> lists{};
  std::vector<Diagnosis> lines{};  // what could not be read
};

// A field of the body of a resource that names a value of an offer.
struct UsedField {
  std::string offer{};
  std::string kind{};
  std::string field{};   // as in model/kind.h
  std::string inside{};  // where the field holds a document as a string: the field in that
};

// What a cloud makes a place like this one by.
struct ProvisionWish {
  std::string name{};                  // of what is to be made
  std::vector<std::string> storage{};  // accounts that its resources refer to
};
struct Provision {
  std::string text{};  // a template in the cloud's own format; ends with a line feed
  enum class Made { after_its_resource, as_skeleton } made = Made::as_skeleton;
  std::vector<std::string> parameters{};  // that have to be filled in
  std::vector<std::string> by_hand{};     // what the template does not do; full sentences
  std::vector<Diagnosis> lines{};         // what could not be read
};

class KnowsOutside {
public:
  virtual ~KnowsOutside() = default;
  virtual const std::vector<OutsideField>& outside_fields() const = 0;
  // How `accounts`, storage by its names, are kept.  What hinders it is a line of the answer.
  virtual CloudFacts ask_cloud(const std::vector<std::string>& accounts, std::stop_token stop) = 0;
  // Deploys nothing.  What hinders it is a line of the answer, and a parameter of the template.
  virtual Provision provision(const ProvisionWish& wish, std::stop_token stop) = 0;
  // k_workspace_attribute of its captures; empty: it does not say.  Throws what keeps us from asking.
  virtual std::string workspace(std::stop_token stop) = 0;
  // What it is and has, to be held against another one.  Throws what keeps us from asking at all.
  virtual Side describe_side(std::stop_token stop) = 0;
  virtual const std::vector<UsedField>& used_fields() const = 0;
};

}  // namespace holdfast::platform
