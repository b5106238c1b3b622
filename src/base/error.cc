#include "base/error.h"

#include <fmt/format.h>

#include <new>

namespace holdfast::base {

std::string_view to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::config:
      return "config";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::no_repository:
      return "no_repository";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::busy:
      return "busy";
    case ErrorKind::wrong_key:
      return "wrong_key";
    case ErrorKind::auth:
      return "auth";
    case ErrorKind::refused:
      return "refused";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::corruption:
      return "corruption";
    case ErrorKind::io:
      return "io";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

int exit_code(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::usage:
    case ErrorKind::config:
      return 2;
    case ErrorKind::refused:
      return 5;
    case ErrorKind::no_repository:
      return 10;
    case ErrorKind::busy:
      return 11;
    case ErrorKind::wrong_key:
      return 12;
    case ErrorKind::corruption:
      return 13;
    case ErrorKind::auth:
      return 14;
    case ErrorKind::cancelled:
      return 130;
    default:
      return 1;
  }
}

std::string Error::describe() const {
  std::string out = message_;
  for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) out += fmt::format("\n  while {}", *frame);
  if (kind_ == ErrorKind::internal) out += "\n  this is a defect of Holdfast: please report it with the lines above";
  if (!hint_.empty()) out += fmt::format("\nhint: {}", hint_);
  return out;
}

Error current_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ErrorKind::io, "out of memory", "Lower the number of readers, or give the process more memory.");
  } catch (const std::exception& error) {
    return Error(ErrorKind::internal, error.what());
  } catch (...) {
    return Error(ErrorKind::internal, "an exception of an unknown type");
  }
}

}  // namespace holdfast::base
