// The one exception of Holdfast.  It says what was being done (frames, outermost first when shown), what happened, and
// one hint that can be followed.  Messages are lower case without a full stop and name the object; hints are full
// sentences.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::base {

enum class ErrorKind {
  usage,          // the caller asked for something that makes no sense
  config,         // holdfast.toml or the environment is wrong
  not_found,      // the named thing is not there
  no_repository,  // there is no repository at the location
  conflict,       // it is there already, or changed meanwhile
  busy,           // somebody else holds it
  wrong_key,      // no key slot opens with the key that was given
  auth,           // the other side refused who we are, or what we may do
  refused,        // our own policy refuses: target not empty, source still writing, brake
  unsupported,    // a newer format, an unknown table shape, a server that cannot do this
  unavailable,    // the other side does not answer, or broke off; it may work later
  corruption,     // stored bytes are not what was written
  io,             // disk full, permission, file system
  cancelled,      // the user, or a stop request
  internal,       // our bug
};

std::string_view to_string(ErrorKind kind) noexcept;
// The documented exit code of the command that ends with this error (docs/operations/exit-codes.md).
int exit_code(ErrorKind kind) noexcept;

class Error : public std::exception {
public:
  Error(ErrorKind kind, std::string message, std::string hint = {})
      : kind_(kind), message_(std::move(message)), hint_(std::move(hint)) {}

  ErrorKind kind() const noexcept { return kind_; }
  const std::string& message() const noexcept { return message_; }
  const std::string& hint() const noexcept { return hint_; }
  // Innermost first; each reads "while …" on the screen.
  const std::vector<std::string>& frames() const noexcept { return frames_; }
  const char* what() const noexcept override { return message_.c_str(); }

  void add_frame(std::string frame) { frames_.push_back(std::move(frame)); }
  void set_hint(std::string hint) { hint_ = std::move(hint); }
  // "message", then "  while …" lines outermost first, then "hint: …".
  std::string describe() const;

private:
  ErrorKind kind_;
  std::string message_;
  std::string hint_;
  std::vector<std::string> frames_;
};

// Runs `work`; an Error that leaves it carries the frame that `frame()` makes, for example "restoring snapshot
// 7f3c9a12".
template <class Frame, class Work>
decltype(auto) in_context(Frame&& frame, Work&& work) {
  try {
    return work();
  } catch (Error& error) {
    error.add_frame(frame());
    throw;
  }
}

// The error of the current exception: ours as it is, a foreign one as `internal` (out of memory as `io`).
// To be called inside a catch clause at thread and main boundaries only.
Error current_error();

}  // namespace holdfast::base
