// What a Connector may be beside: one that knows what lies outside of its platform and that its resources refer to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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

class KnowsOutside {
public:
  virtual ~KnowsOutside() = default;
  virtual const std::vector<OutsideField>& outside_fields() const = 0;
};

// nullptr: nothing is known of what lies outside of this one.
inline KnowsOutside* knows_outside(Connector& connector) {
  return dynamic_cast<KnowsOutside*>(&connector);
}

}  // namespace holdfast::platform
