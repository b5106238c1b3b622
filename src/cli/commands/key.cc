#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/suggest.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "ui/printers.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

class KeyAddCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"key add", "add a key to the repository",
            "Several keys may open one repository: a passphrase for people, a file for a host.\n"
            "The new key comes from --new-key-file, --new-key-command or HOLDFAST_NEW_KEY; on a\n"
            "terminal it is asked for, twice.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.text("--new-key-file", "FILE", file_, "file that holds the new key").offer = Offer::files;
    flags.text("--new-key-command", "COMMAND", command_, "command that prints the new key");
    flags.text("--label", "TEXT", label_, "what it is, for \"key list\"");
    flags.dry_run(dry_run_);
  }

  int run(Context& context) override {
    repository::Repository& repository = context.repository();
    const auto [material, kind] = new_key(context);
    if (dry_run_ == DryRun::yes) {
      context.events().summary("key add",
                               {ui::fact_text("kind", kind), ui::fact_text("label", label_), dry_run_fact()});
      return k_exit_ok;
    }
    const repository::SlotInfo slot = repository.add_key(material, kind, label_, repository::KdfCost{});
    context.events().summary("key add", {ui::fact_text("slot", slot.id), ui::fact_text("kind", slot.kind),
                                         ui::fact_text("label", slot.label)});
    return k_exit_ok;
  }

private:
  struct NewKey {
    repository::KeyMaterial material;
    std::string kind;
  };

  NewKey new_key(Context& context) const {
    using Form = SecretSource::Form;
    constexpr std::string_view k_purpose = "the new key";
    if (file_) return {{read_secret({Form::file, *file_}, k_purpose)}, "file"};
    if (command_) return {{read_secret({Form::command, *command_}, k_purpose)}, "command"};
    if (variable("HOLDFAST_NEW_KEY")) return {{read_secret({Form::env, "HOLDFAST_NEW_KEY"}, k_purpose)}, "passphrase"};
    if (can_prompt()) return {{prompt_secret("new passphrase", Confirm::twice, context.stop())}, "passphrase"};
    throw base::Error(base::ErrorKind::usage, "there is no new key",
                      "Give --new-key-file or --new-key-command, or set HOLDFAST_NEW_KEY.");
  }

  std::optional<std::string> file_;
  std::optional<std::string> command_;
  std::string label_;
  DryRun dry_run_ = DryRun::no;
};

class KeyListCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"key list", "list the keys of the repository", "The key in use is marked with an asterisk."};
  }

  void declare(FlagTable&) override {}

  int run(Context& context) override {
    const auto slots = context.repository().key_slots();
    if (context.json()) {
      auto list = nlohmann::ordered_json::array();
      for (const auto& slot : slots)
        list.push_back({{"slot", slot.id},
                        {"kind", slot.kind},
                        {"label", slot.label},
                        {"created", base::to_rfc3339(slot.created)},
                        {"current", slot.current}});
      auto out = document();
      out["keys"] = std::move(list);
      print_document(context, out);
      return k_exit_ok;
    }
    ui::Table table({{""}, {"SLOT"}, {"KIND"}, {"CREATED (UTC)"}, {"LABEL"}});
    for (const auto& slot : slots)
      table.row({slot.current ? "*" : "", slot.id, slot.kind, short_time(slot.created), slot.label});
    context.out().write(table.text());
    return k_exit_ok;
  }
};

class KeyRemoveCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"key remove", "remove a key from the repository",
            "SLOT is an id of \"holdfast key list\", or its beginning.  The last key stays (exit 5).\n"
            "Removing a slot does not take back what was read with it: who copied the\n"
            "repository and knew the key can still read that copy.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SLOT", slot_, "which one");
    flags.dry_run(dry_run_);
  }

  int run(Context& context) override {
    repository::Repository& repository = context.repository();
    std::vector<std::string> matches;
    std::vector<std::string> known;
    for (const auto& slot : repository.key_slots()) {
      known.push_back(slot.id);
      if (slot.id.starts_with(slot_)) matches.push_back(slot.id);
    }
    if (matches.empty())
      throw base::Error(base::ErrorKind::not_found, fmt::format("there is no key slot \"{}\"", slot_),
                        base::hint_for(slot_, known));
    if (matches.size() > 1)
      throw base::Error(base::ErrorKind::usage, fmt::format("\"{}\" begins {} key slots", slot_, matches.size()),
                        fmt::format("Write more of one of: {}.", fmt::join(matches, ", ")));
    if (dry_run_ == DryRun::yes) {
      const std::string_view would = known.size() == 1 ? "be refused: it is the last one" : "remove it";
      context.events().summary("key remove", {ui::fact_text("slot", matches.front()),
                                              ui::fact_text("would", std::string(would)), dry_run_fact()});
      return k_exit_ok;
    }
    repository.remove_key(matches.front());
    context.events().summary("key remove", {ui::fact_text("slot", matches.front())});
    context.events().warning(
        "whoever knew this key and copied the repository can still read that copy: removing a slot takes nothing back");
    return k_exit_ok;
  }

private:
  std::string slot_;
  DryRun dry_run_ = DryRun::no;
};

}  // namespace

std::unique_ptr<Command> make_key_add_command() {
  return std::make_unique<KeyAddCommand>();
}
std::unique_ptr<Command> make_key_list_command() {
  return std::make_unique<KeyListCommand>();
}
std::unique_ptr<Command> make_key_remove_command() {
  return std::make_unique<KeyRemoveCommand>();
}

}  // namespace holdfast::cli
