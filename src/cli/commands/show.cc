#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/suggest.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "cli/resolve.h"
#include "engine/browse.h"
#include "engine/reference.h"
#include "model/kind.h"
#include "model/secret_column.h"
#include "ui/json_text.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

std::string shown_column(const model::Column& column, const std::string& value) {
  if (column.content == model::ColumnContent::json && ui::valid_utf8_prefix(value) == value.size()) {
    std::string text;
    // Line by line: the layout keeps its breaks, a control character inside a string does not reach the terminal.
    const std::string laid_out = ui::indent_json(value);
    for (std::size_t at = 0; at <= laid_out.size();) {
      const std::size_t end = std::min(laid_out.find('\n', at), laid_out.size());
      text += "\n    " + ui::printable(std::string_view(laid_out).substr(at, end - at));
      at = end + 1;
    }
    return text;
  }
  return " " + ui::printable(value);
}

// The document that a resource is; what else belongs to it may be large, or no text at all.
bool is_body(const model::Column& column) {
  return column.name == model::k_body;
}

class ShowCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"show", "show one row of a snapshot",
            "  holdfast show latest:jobs/nightly-load\n"
            "  holdfast show primary:/notebooks/Users/anna/etl --column content\n"
            "  holdfast show latest:aspect/urn:li:corpuser:anna/corpUserInfo\n"
            "  holdfast show 7f3c9a12:aspect/URN/ownership/2      an older version\n"
            "JSON is laid out for reading; numbers, escapes and the order of keys stay as they\n"
            "are stored.  --column NAME prints one column byte for byte, but none that holds\n"
            "secrets.  Of a resource, which has a body, the body is shown and of its other\n"
            "columns the size."};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SNAPSHOT:PATH", reference_, "which row").offer = Offer::snapshots;
    flags.text("--column", "NAME", column_, "only this column, exactly as stored");
    flags.text("--connector", "NAME", connector_, "whose latest").offer = Offer::connectors;
  }

  int run(Context& context) override {
    const engine::Reference reference = engine::parse_reference(reference_);
    if (reference.path.empty())
      throw Error(ErrorKind::usage, fmt::format("\"{}\" names no row", reference_),
                  "Write SNAPSHOT:PATH, such as latest:aspect/urn:li:corpuser:anna/corpUserInfo.");
    repository::Repository& repository = context.repository();
    const repository::Snapshot snapshot = resolve_reference(context, reference, connector_);
    const base::Row row = engine::show(repository, snapshot, reference.path);
    const model::Collection collection =
        engine::collection_of(engine::tree_of(snapshot, engine::collection_in(reference.path)));
    if (column_)
      print_column(context, collection, row);
    else if (context.json())
      print_json(context, snapshot, collection, row);
    else
      print_text(context, collection, row);
    return k_exit_ok;
  }

private:
  void print_column(Context& context, const model::Collection& collection, const base::Row& row) const {
    std::vector<std::string> known;
    for (std::size_t i = 0; i < collection.columns.size(); ++i) {
      known.push_back(collection.columns[i].name);
      if (known.back() != *column_) continue;
      if (model::is_secret(collection.columns[i]))
        throw Error(ErrorKind::refused, fmt::format("the {} of {} are never shown", *column_, collection.name),
                    "They are compared and restored; look at them where they are used.");
      if (i < row.columns.size() && row.columns[i]) context.out().write(*row.columns[i]);
      return;
    }
    throw Error(ErrorKind::usage, fmt::format("{} has no column \"{}\"", collection.name, *column_),
                base::hint_for(*column_, known));
  }

  static void print_json(Context& context, const repository::Snapshot& snapshot, const model::Collection& collection,
                         const base::Row& row) {
    auto out = document();
    out["snapshot"] = snapshot.id.short_id();
    out["path"] = full_path(collection, row.key);
    out.update(to_json(collection, row));
    print_document(context, out);
  }

  static void print_text(Context& context, const model::Collection& collection, const base::Row& row) {
    context.out().line(ui::printable(full_path(collection, row.key)));
    const bool resource = std::any_of(collection.columns.begin(), collection.columns.end(), is_body);
    for (std::size_t i = 0; i < collection.columns.size() && i < row.columns.size(); ++i) {
      const model::Column& column = collection.columns[i];
      std::string value = " NULL";
      if (row.columns[i] && model::is_secret(column))
        value = " not shown";
      else if (row.columns[i] && resource && !is_body(column))
        value = fmt::format(" {}; see --column {}", ui::format_bytes(row.columns[i]->size()), column.name);
      else if (row.columns[i])
        value = shown_column(column, *row.columns[i]);
      context.out().line(fmt::format("  {}:{}", column.name, value));
    }
  }

  std::string reference_;
  std::optional<std::string> column_;
  std::string connector_;
};

}  // namespace

std::unique_ptr<Command> make_show_command() {
  return std::make_unique<ShowCommand>();
}

}  // namespace holdfast::cli
