#include "platform/databricks/resource_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <mutex>

#include "base/ascii.h"
#include "base/error.h"
#include "base/key.h"
#include "model/json_text.h"
#include "model/removal.h"
#include "platform/databricks/column_writer.h"
#include "platform/databricks/conf_keys.h"
#include "platform/databricks/definition_writer.h"
#include "platform/databricks/group_assignments.h"
#include "platform/databricks/inventory.h"
#include "platform/databricks/item_reader.h"
#include "platform/databricks/member_writes.h"
#include "platform/databricks/placeholders.h"
#include "platform/databricks/table_acls.h"
#include "platform/databricks/tree_writer.h"
#include "platform/databricks/workspace.h"
#include "platform/databricks/writes.h"
#include "platform/databricks/written_body.h"
#include "platform/unfinished.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;
using model::JsonText;
using model::Kind;
using Source = KindEntry::Source;

// A notebook takes three calls: at 0.2 s each, 18 at once are what the documented 30 imports a second need.
constexpr unsigned k_parallel = 24;

const KindEntry& entry_of(const Kind& kind) {
  const KindEntry* entry = find_kind(kind.collection.name);
  if (entry == nullptr)
    throw Error(ErrorKind::internal, fmt::format("there is no kind '{}' on Databricks", kind.collection.name));
  return *entry;
}

const KindWrites& writes_of(const Kind& kind) {
  const KindWrites* writes = find_writes(kind.collection.name);
  if (writes == nullptr)
    throw Error(ErrorKind::unsupported, fmt::format("a {} cannot be written", kind.one),
                "The platform gives no way to write it back; see the table of kinds.");
  return *writes;
}

// Milliseconds since 1970, or RFC 3339.
std::optional<base::Instant> instant_of(const std::string& text) {
  const std::optional<base::Instant> by_number = instant_of_milliseconds(text);
  return by_number ? by_number : base::parse_instant(text);
}

bool same_name(const Kind& kind, std::string_view a, std::string_view b) {
  if (kind.name_case == Kind::Case::counts) return a == b;
  return base::lower(a) == base::lower(b);
}

[[noreturn]] void refuse_taken(const std::string& name) {
  throw Error(ErrorKind::conflict, fmt::format("'{}' is there already", name), "Plan again.");
}

class Writer : public ResourceWriter {
public:
  Writer(const Client& client, const base::Clock& clock, const OptIns& opt_ins, const std::stop_token& stop)
      : client_(client),
        clock_(clock),
        calls_(client, stop),
        following_(client, {}),
        statements_(calls_, clock, opt_ins.sql_warehouse),
        reader_(client),
        columns_(client, SecretValues::read) {
    if (!opt_ins.commands.cluster.empty()) table_acls_.emplace(client, clock, opt_ins.commands, stop);
  }

  std::string who() override { return look().me; }
  base::Instant now() override {
    const Workspace& seen = look();
    return seen.taken + std::chrono::duration_cast<base::Duration>(clock_.elapsed() - looked_);
  }
  unsigned parallel() override { return k_parallel; }

  std::string create(const Kind& kind, const Content& content) override;
  void settle(const Kind& kind, const std::string& id) override;
  void update(const Kind& kind, const std::string& id, const Content& content) override;
  void remove(const Kind& kind, const std::string& id) override;
  void set_column(const Kind& kind, const std::string& id, const std::string& column,
                  const base::Bytes& value) override;
  void remove_items(const Kind& kind, const std::string& id, const std::string& column,
                    const std::vector<std::string>& keys) override;
  std::optional<base::Bytes> read_column(const Kind& kind, const std::string& id, const std::string& column) override;
  std::vector<Found> find(const Kind& kind, const std::string& name) override;
  std::optional<Found> read(const Kind& kind, const std::string& id) override;

private:
  const Workspace& look();
  void complete(const Kind& kind, const WriteValues& values, const std::string& answer);
  DefinitionTarget definitions(const Kind& kind) {
    return {.calls = calls_, .statements = statements_, .kind = kind.collection.name};
  }
  TableAcls* table_acls(const Kind& kind);
  std::optional<Found> found_acl(const Kind& kind, const std::string& name);
  void refuse_loss(const Kind& kind, const std::string& id);
  std::string permission_id(const Kind& kind, const KindWrites& writes, const std::string& id) const;
  std::optional<std::string> element(const KindEntry& entry, const std::string& id) const;
  std::optional<Found> found(const KindEntry& entry, std::string element) const;
  std::optional<Found> set_aside(const KindEntry& entry, const std::string& path) const;

  const Client& client_;
  const base::Clock& clock_;
  Calls calls_;
  Calls following_;  // what has to follow what was made: nobody's hurry comes between
  Statements statements_;
  ItemReader reader_;
  ItemReader columns_;                   // only of those that are about to be written over
  std::optional<TableAcls> table_acls_;  // where a cluster may be asked
  std::once_flag once_;
  Workspace workspace_;
  base::Duration looked_{};
};

const Workspace& Writer::look() {
  std::call_once(once_, [this] {
    workspace_ = look_at_workspace(client_, clock_, calls_.stop());
    looked_ = clock_.elapsed();
  });
  return workspace_;
}

// nullptr: the kind is another one, and has calls of its own.
TableAcls* Writer::table_acls(const Kind& kind) {
  return kind.collection.name == k_table_acls && table_acls_ ? &*table_acls_ : nullptr;
}

std::optional<ResourceWriter::Found> Writer::found_acl(const Kind& kind, const std::string& name) {
  std::optional<std::string> body = table_acls_->read(name);
  if (!body) return std::nullopt;
  base::Bytes key = key_of(entry_of(kind), *body);
  return Found{.id = name, .row = {std::move(key), {std::move(body)}}, .creator = {}, .created = {}};
}

std::string Writer::create(const Kind& kind, const Content& content) {
  if (TableAcls* acls = table_acls(kind)) {
    // What an earlier attempt of ours has set is no more than what is wanted.
    const std::optional<std::string> there = acls->read(content.name);
    if (there && !has_all_of(parse_table_acl(content.body), parse_table_acl(*there))) refuse_taken(content.name);
    acls->write(content.body);
    return content.name;
  }
  const KindWrites& writes = writes_of(kind);
  if (writes.overwrites && !find(kind, content.name).empty()) refuse_taken(content.name);
  if (is_written_as_tree(kind.collection.name)) {
    write_tree(calls_, kind.collection.name, content, Existing::refuse);
    return content.name;
  }
  if (is_written_as_definition(kind.collection.name)) return create_definition(definitions(kind), content);
  if (kind.collection.name == k_group_assignments) return assign_group(calls_, content.name, content.body);
  if (writes.create.path.empty())
    throw Error(ErrorKind::unsupported, fmt::format("a {} cannot be created", kind.one),
                "It comes with the workspace.");
  WriteValues values{.id = {}, .name = content.name, .body = accepted_body(kind, content.body)};
  const std::string made = calls_.send(writes.create, values);
  values.id = created_id(writes, content.name, made);
  try {
    complete(kind, values, made);
  } catch (const Error& error) {
    // It is there, and its id must not be lost with this error: what is set later is, and any other whoever looks for
    // it finds.
    if (!kind.set_later.empty()) throw Unfinished(values.id, error);
    throw LostAnswer(error.kind(),
                     fmt::format("'{}' was created and could not be completed: {}", content.name, error.message()),
                     error.hint());
  }
  return values.id;
}

// What creating it did not take.
void Writer::complete(const Kind& kind, const WriteValues& values, const std::string& answer) {
  const KindWrites& writes = writes_of(kind);
  if (!writes.completed) return;
  if (!writes.masked) {
    following_.send(writes.update, values, net::Repeat::safe);
    return;
  }
  const JsonText made(answer);
  const JsonText wanted(values.body);
  const bool lacks = std::any_of(kind.set_later.begin(), kind.set_later.end(), [&](const std::string& member) {
    return !scalar_at(wanted, member).empty() && scalar_at(wanted, member) != scalar_at(made, member);
  });
  // Nothing is amiss until then: who is in a hurry leaves it to the next run.
  if (lacks) calls_.send_masked(writes, kind, values);
}

void Writer::settle(const Kind& kind, const std::string& id) {
  if (table_acls(kind) != nullptr) return;
  for (const WriteCall& call : writes_of(kind).after) {
    try {
      following_.send(call, {.id = id, .name = id}, net::Repeat::safe);
    } catch (const Refused& refused) {
      throw Refused(
          Error(refused.kind(), fmt::format("it was created, and could not be stopped: {}", refused.message()),
                refused.hint()),
          refused.status());
    }
  }
}

void Writer::update(const Kind& kind, const std::string& id, const Content& content) {
  if (TableAcls* acls = table_acls(kind)) return acls->write(content.body);
  const KindWrites& writes = writes_of(kind);
  if (is_written_as_tree(kind.collection.name)) {
    write_tree(calls_, kind.collection.name, content, Existing::replace);
    return;
  }
  if (is_written_as_definition(kind.collection.name)) return update_definition(definitions(kind), id, content);
  const WriteValues values{.id = id,
                           .name = content.name,
                           .body = changing_body(writes, accepted_body(kind, content.body)),
                           .members = content.members};
  if (kind.collection.name == k_group_assignments) return change_assignment(calls_, writes.update, values);
  if (!writes.members.empty()) {
    const std::optional<Found> there = read(kind, id);
    if (!there) throw Error(ErrorKind::not_found, fmt::format("the {} '{}' is not there any more", kind.one, id));
    return write_members(calls_, writes, kind, values, there->row.columns.front().value());
  }
  if (!content.members.empty() && !writes.sent_back.definition.empty()) return calls_.send_back(writes, values);
  if (content.members.empty() && writes.masked) return calls_.send_masked(writes, kind, values);
  // What is sent is as it shall be: twice is once.
  calls_.send(goes_in_part(writes, content) ? writes.part : writes.update, values, net::Repeat::safe);
}

// What no snapshot has goes by nobody's hand but people's, and what others put into it by nobody's.
void Writer::refuse_loss(const Kind& kind, const std::string& id) {
  if (!kind.removal.harmless.empty())
    if (const auto one = element(entry_of(kind), id))
      if (const auto task = model::removal_task(kind, id, JsonText(*one))) throw ByHand(*task);
  if (!kind.brings_content) return;
  if (const auto one = read(kind, id))
    require_empty(calls_, kind.one, scalar_at(JsonText(one->row.columns.front().value_or("{}")), kind.name));
}

void Writer::remove(const Kind& kind, const std::string& id) {
  refuse_loss(kind, id);
  if (is_written_as_definition(kind.collection.name)) return remove_definition(definitions(kind), id);
  if (TableAcls* acls = table_acls(kind)) return acls->remove(id);
  const KindWrites& writes = writes_of(kind);
  if (writes.remove.path.empty())
    throw Error(ErrorKind::unsupported, fmt::format("a {} cannot be removed", kind.one),
                "It comes with the workspace.");
  if (!writes.release.path.empty()) calls_.remove(writes.release, {.id = id, .name = id});
  calls_.remove(writes.remove, {.id = id, .name = id});
}

// What a path or a name stands for in calls about permissions.
std::string Writer::permission_id(const Kind& kind, const KindWrites& writes, const std::string& id) const {
  if (writes.permission_id.empty()) return id;
  const KindEntry& entry = entry_of(kind);
  const auto one = element(entry, id);
  std::string out = one ? scalar_at(JsonText(*one), writes.permission_id) : std::string();
  if (out.empty() && one && !entry.read.path.empty()) {
    const JsonText json(*one);
    const JsonText answer(calls_.get(fill(entry.read, {&json})));
    out = scalar_at(answer, entry.member.empty() ? writes.permission_id : entry.member + "." + writes.permission_id);
  }
  if (out.empty()) throw Error(ErrorKind::not_found, fmt::format("the {} '{}' is not there any more", kind.one, id));
  return out;
}

void Writer::set_column(const Kind& kind, const std::string& id, const std::string& column, const base::Bytes& value) {
  const KindWrites& writes = writes_of(kind);
  const bool permissions = column == "permissions";
  write_column(calls_,
               {.kind = kind,
                .writes = writes,
                .id = id,
                .permission_id = permissions ? permission_id(kind, writes, id) : std::string()},
               column, value);
}

void Writer::remove_items(const Kind& kind, const std::string& id, const std::string& column,
                          const std::vector<std::string>& keys) {
  remove_from_column(calls_, {.kind = kind, .writes = writes_of(kind), .id = id, .permission_id = {}}, column, keys);
}

std::optional<base::Bytes> Writer::read_column(const Kind& kind, const std::string& id, const std::string& column) {
  const KindEntry& entry = entry_of(kind);
  // Most calls ask for no more than the id.
  const std::string& field = entry.kind.id.empty() ? entry.kind.name : entry.kind.id;
  Item item{.key = {}, .element = fmt::format("{{{}:{}}}", model::json_quoted(field), model::json_quoted(id))};
  const auto read = std::find_if(entry.columns.begin(), entry.columns.end(),
                                 [&](const ColumnRead& one) { return one.column == column; });
  if (read != entry.columns.end() && !can_fill(read->ask, JsonText(item.element))) {
    std::optional<std::string> one = element(entry, id);
    if (!one) throw Error(ErrorKind::not_found, fmt::format("the {} '{}' is not there any more", kind.one, id));
    item.element = *std::move(one);
  }
  return columns_.read_column(entry, item, column, calls_.stop());
}

// The element of a list, or what serves as one, of the resource of this id; a git folder's path is as good as its id.
std::optional<std::string> Writer::element(const KindEntry& entry, const std::string& id) const {
  if (entry.source == Source::cluster)
    throw Error(ErrorKind::unsupported, fmt::format("a {} cannot be looked for by itself", entry.kind.one),
                "Only a cluster tells of it, along with all others.");
  const auto get = [&](const Ask& ask) -> std::optional<std::string> {
    const net::Answer answer = client_.get(ask, calls_.stop());
    if (answer.ok()) return answer.response.body;
    if (answer.verdict.status == net::Status::not_found) return std::nullopt;
    throw Refused(net::to_error(answer), answer.verdict.status);
  };
  if (entry.source == Source::tree && (entry.tree_type != "REPO" || id.starts_with('/')))
    return get({.family = k_workspace, .path = "/api/2.0/workspace/get-status", .query = {{"path", id}}});
  if (entry.source == Source::dbfs)
    return get({.family = k_dbfs, .path = "/api/2.0/dbfs/get-status", .query = {{"path", id}}});
  if (entry.source == Source::once) return get(entry.read);
  if (entry.source == Source::conf) {
    WorkspaceConf conf = read_workspace_conf(client_, entry.read, calls_.stop());
    for (std::string& one : conf.set)
      if (JsonText(one).member(JsonText::k_root, id) != JsonText::k_none) return std::move(one);
    for (const WorkspaceConf::Unread& one : conf.unread)
      if (one.key == id) throw Refused(one.refused);
    return std::nullopt;
  }
  // What lies in another is listed there, and known by its full name.
  if (!entry.per.empty())
    return get({.family = entry.list.ask.family, .path = entry.list.ask.path + "/" + net::encode_segment(id)});
  // {placeholder: id} serves where a call reads one.
  const std::string all = entry.read.path + (entry.read.query.empty() ? "" : entry.read.query.front().second);
  if (const std::size_t open = all.find('{'); open != std::string::npos) {
    const std::string name = all.substr(open + 1, all.find('}', open) - open - 1);
    return fmt::format("{{{}:{}}}", model::json_quoted(name), model::json_quoted(id));
  }
  std::optional<std::string> out;
  const std::string& field = entry.kind.id.empty() ? entry.kind.name : entry.kind.id;
  client_.list(
      entry.list,
      [&](std::string_view one) {
        if (!out && scalar_at(JsonText(std::string(one)), field) == id) out = std::string(one);
      },
      calls_.stop());
  return out;
}

std::optional<ResourceWriter::Found> Writer::found(const KindEntry& entry, std::string element) const {
  Item item{.key = {}, .element = std::move(element)};
  ReadItem read = reader_.read(entry, item, calls_.stop());
  if (!read.row) {
    if (read.unread.empty()) return std::nullopt;
    throw Error(ErrorKind::unavailable, fmt::format("a {} cannot be read: {}", entry.kind.one, read.unread));
  }
  Found out{.id = {}, .row = *std::move(read.row), .creator = {}, .created = {}};
  const std::string& body = out.row.columns.front().value();
  const JsonText json(body);
  out.row.key = key_of(entry, body);
  const std::string& id = entry.kind.id.empty() ? entry.kind.name : entry.kind.id;
  out.id = id.empty() ? base::KeyReader(out.row.key).text() : scalar_at(json, id);
  if (!entry.kind.creator.empty()) out.creator = scalar_at(json, entry.kind.creator);
  if (!entry.kind.created.empty()) out.created = instant_of(scalar_at(json, entry.kind.created));
  return out;
}

std::vector<ResourceWriter::Found> Writer::find(const Kind& kind, const std::string& name) {
  if (table_acls(kind) != nullptr) {
    std::vector<Found> out;
    if (auto one = found_acl(kind, name)) out.push_back(*std::move(one));
    return out;
  }
  const KindEntry& entry = entry_of(kind);
  std::vector<std::string> elements;
  if (entry.source != Source::list || !entry.per.empty()) {
    if (auto one = element(entry, name)) elements.push_back(std::move(*one));
  } else {
    client_.list(
        entry.list,
        [&](std::string_view one) {
          if (same_name(kind, scalar_at(JsonText(std::string(one)), kind.name), name)) elements.emplace_back(one);
        },
        calls_.stop());
  }
  std::vector<Found> out;
  for (std::string& one : elements)
    if (auto resource = found(entry, std::move(one))) out.push_back(*std::move(resource));
  return out;
}

// It can still be read by its id for some weeks, and is listed no more.
bool is_thrown_away(const ResourceWriter::Found& found) {
  const JsonText json(found.row.columns.front().value_or("{}"));
  return scalar_at(json, "lifecycle_state") == "TRASHED" || scalar_at(json, "lifecycle_stage") == "deleted";
}

std::optional<ResourceWriter::Found> Writer::read(const Kind& kind, const std::string& id) {
  if (table_acls(kind) != nullptr) return found_acl(kind, id);
  const KindEntry& entry = entry_of(kind);
  if (auto one = element(entry, id)) {
    std::optional<Found> out = found(entry, *std::move(one));
    return out && is_thrown_away(*out) ? std::nullopt : out;
  }
  return entry.source == Source::dbfs ? set_aside(entry, id) : std::nullopt;
}

// A run that was killed between the removal of a file and the move of what replaces it left the latter: that is what
// the file is then.
std::optional<ResourceWriter::Found> Writer::set_aside(const KindEntry& entry, const std::string& path) const {
  auto one = element(entry, unfinished_name(path));
  auto out = one ? found(entry, *std::move(one)) : std::nullopt;
  if (!out) return std::nullopt;
  JsonText body(*out->row.columns.front());
  body.replace(body.member(JsonText::k_root, "path"), model::json_quoted(path));
  out->row.columns.front() = body.print();
  out->row.key = key_of(entry, *out->row.columns.front());
  out->id = path;
  return out;
}

// Tells who was signed out from who may not do one thing.
class Believed : public ResourceWriter {
public:
  Believed(const Client& client, const base::Clock& clock, const OptIns& opt_ins, const std::stop_token& stop)
      : inner_(client, clock, opt_ins, stop) {}

  std::string who() override {
    return asked([&] { return inner_.who(); });
  }
  base::Instant now() override {
    return asked([&] { return inner_.now(); });
  }
  unsigned parallel() override { return inner_.parallel(); }
  std::string create(const Kind& kind, const Content& content) override {
    return asked([&] { return inner_.create(kind, content); });
  }
  void settle(const Kind& kind, const std::string& id) override {
    asked([&] { inner_.settle(kind, id); });
  }
  void update(const Kind& kind, const std::string& id, const Content& content) override {
    asked([&] { inner_.update(kind, id, content); });
  }
  void remove(const Kind& kind, const std::string& id) override {
    asked([&] { inner_.remove(kind, id); });
  }
  void set_column(const Kind& kind, const std::string& id, const std::string& column,
                  const base::Bytes& value) override {
    asked([&] { inner_.set_column(kind, id, column, value); });
  }
  void remove_items(const Kind& kind, const std::string& id, const std::string& column,
                    const std::vector<std::string>& keys) override {
    asked([&] { inner_.remove_items(kind, id, column, keys); });
  }
  std::optional<base::Bytes> read_column(const Kind& kind, const std::string& id, const std::string& column) override {
    return asked([&] { return inner_.read_column(kind, id, column); });
  }
  std::vector<Found> find(const Kind& kind, const std::string& name) override {
    return asked([&] { return inner_.find(kind, name); });
  }
  std::optional<Found> read(const Kind& kind, const std::string& id) override {
    return asked([&] { return inner_.read(kind, id); });
  }

private:
  template <typename Call>
  static auto asked(const Call& call) -> decltype(call()) {
    try {
      return call();
    } catch (const LostAnswer&) {
      throw;
    } catch (const Unfinished&) {
      throw;
    } catch (const Error& error) {
      if (is_signed_out(error)) throw SignedOut(error.kind(), error.message(), error.hint());
      throw;
    }
  }

  Writer inner_;
};

}  // namespace

std::unique_ptr<ResourceWriter> make_resource_writer(const Client& client, const base::Clock& clock,
                                                     const OptIns& opt_ins, std::stop_token stop) {
  return std::make_unique<Believed>(client, clock, opt_ins, stop);
}

}  // namespace holdfast::platform::databricks
