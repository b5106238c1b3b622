// One call that writes, and what becomes of its answer.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/databricks/client.h"
#include "platform/databricks/writes.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

struct WriteValues {
  std::string id;
  std::string name;
  std::string body = "{}";
  std::vector<std::string> members{};  // at the top of the body, that differ; a masked update: also those it lacks
};

// The id of what was created, by the answer to that, or its name where that is its id.  Throws LostAnswer where there
// is none: it is there, and whoever looks for it finds it.
std::string created_id(const KindWrites& writes, const std::string& name, const std::string& answer);

// Told to stop, each throws Error{cancelled} where it would wait or only read; a change that was sent is waited for.
class Calls {  // thread-safe
public:
  Calls(const Client& client, std::stop_token stop) : client_(client), stop_(std::move(stop)) {}
  const Client& client() const noexcept { return client_; }
  const std::stop_token& stop() const noexcept { return stop_; }

  // The answer's body: JSON, or nothing.  Throws LostAnswer when it may have taken effect and nobody knows, also where
  // something else was answered; Error{conflict} when the name
  // is taken; Refused for every other refusal.
  std::string send(const WriteCall& call, const WriteValues& values, net::Repeat repeat = net::Repeat::by_method) const;
  // As KindWrites::sent_back says.  LostAnswer also where it may have been done: who calls it again reads again.
  void send_back(const KindWrites& writes, const WriteValues& values) const;
  // As KindWrites::masked says: what differs from what is there now goes, and nothing where nothing does.
  void send_masked(const KindWrites& writes, const model::Kind& kind, WriteValues values) const;
  // A JSON body, as it is, to a path that is encoded already.
  std::string post(std::string_view path, std::string body, std::string_view family = k_other) const;
  // The same where what is not there is no error.
  void remove(const WriteCall& call, const WriteValues& values) const;
  std::string send(net::Request request, std::string_view family, net::Repeat repeat = net::Repeat::by_method) const;
  net::Request request(net::Method method, std::string_view path, std::string body) const;
  // Of a read; absent where there is none.
  std::string get(const Ask& ask) const { return client_.fetch(ask, stop_); }

private:
  const Client& client_;
  const std::stop_token stop_;
};

}  // namespace holdfast::platform::databricks
