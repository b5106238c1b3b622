#include "cli/global_flags.h"

namespace holdfast::cli {

void GlobalFlags::declare(FlagTable& flags) {
  flags.text("--config", "FILE", config, "configuration file").offer = Offer::files;
  flags.text("--repository", "NAME|URL", repository, "which repository, where the configuration has several or none")
      .offer = Offer::repositories;
  flags.text("--key-file", "FILE", key_file, "file that holds the repository's key").offer = Offer::files;
  flags.text("--key-command", "COMMAND", key_command, "command that prints the repository's key");
  flags.toggle("--json", json, "results for machines");
  flags.toggle("--quiet", quiet, "only warnings and errors").short_name = "-q";
  flags.toggle("--verbose", verbose, "more about what happens").short_name = "-v";
  flags.toggle("--no-color", no_color, "no colours, as NO_COLOR says too");
  flags.toggle("--help", help, "this text").short_name = "-h";
}

}  // namespace holdfast::cli
