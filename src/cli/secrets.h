// Secrets come from the environment, from a file or from a command, and from nowhere else: never from an argument,
// never from the text of a configuration file.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace holdfast::cli {

struct SecretSource {
  enum class Form { env, file, command } form = Form::env;
  std::string value;            // name of the variable, path, or command line for /bin/sh
  std::string display() const;  // "environment variable X", "file X", "command X"
};

// Reads it.  One line end at the end is dropped, so that `echo` and editors may write key files.  Throws Error{config}
// when there is none, or it is empty, naming the source and what it is for.
base::Secret read_secret(const SecretSource& source, std::string_view purpose);

// A variable of the environment; one that is set to nothing counts as absent.
std::optional<std::string> variable(const char* name);

// Asks on the terminal, without echo; twice where a mistyped answer would be found out too late.  Throws Error{config}
// where standard input or standard error are no terminal, Error{cancelled} on a stop request.
enum class Confirm { once, twice };
bool can_prompt() noexcept;
base::Secret prompt_secret(std::string_view question, Confirm confirm, std::stop_token stop);

}  // namespace holdfast::cli
