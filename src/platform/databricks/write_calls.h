// One call that writes, and what becomes of its answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/databricks/client.h"
#include "platform/databricks/writes.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

struct WriteValues {
  std::string id;
  std::string name;
  std::string body = "{}";
  std::vector<std::string> members{};  // of the body, that differ
};

class Calls {  // thread-safe
public:
  explicit Calls(const Client& client) : client_(client) {}
  const Client& client() const noexcept { return client_; }

  // The answer's body.  Throws LostAnswer when it may have taken effect and nobody knows; Error{conflict} when the name
  // is taken; Refused for every other refusal.
  std::string send(const WriteCall& call, const WriteValues& values, net::Repeat repeat = net::Repeat::by_method) const;
  // As KindWrites::sent_back says.  LostAnswer also where it may have been done: who calls it again reads again.
  void send_back(const KindWrites& writes, const WriteValues& values) const;
  // A JSON body, as it is, to a path that is encoded already.
  std::string post(std::string_view path, std::string body, std::string_view family = k_other) const;
  // The same where what is not there is no error.
  void remove(const WriteCall& call, const WriteValues& values) const;
  std::string send(net::Request request, std::string_view family, net::Repeat repeat = net::Repeat::by_method) const;
  net::Request request(net::Method method, std::string_view path, std::string body) const;
  // Of a read; absent where there is none.
  std::string get(const Ask& ask) const { return client_.fetch(ask, {}); }

private:
  const Client& client_;
};

}  // namespace holdfast::platform::databricks
