#include "engine/resources/body.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "engine/fingerprint.h"
#include "engine/resources/firing.h"

namespace holdfast::engine {

namespace {

using model::JsonText;
using model::Kind;
using model::Link;
using model::LinkAnswer;
using model::LinkForm;
using model::LinkUse;
using model::ReadyDocument;
using model::ReadyKind;
using State = LinkTargets::State;

// A name in parts, each in a member of its own ("main", "sales"): beside a link to what it lies in stands one whose
// value is no whole name.
struct SplitName {
  JsonText::Id above = JsonText::k_none;
  JsonText::Id own = JsonText::k_none;
  std::size_t kind = 0;  // of the whole
};

std::vector<SplitName> split_names(const ResourceContext& context, const ReadyDocument& document,
                                   const JsonText& json) {
  struct Named {
    JsonText::Id id = JsonText::k_none;
    std::size_t kind = 0;
  };
  std::vector<Named> named;
  document.link_paths.visit(json, [&](std::size_t link, JsonText::Id id) {
    if (document.links[link]->form != LinkForm::name || json.is_gone(id)) return;
    for (const std::size_t kind : context.kinds.meant(document.links[link]->to)) named.push_back({id, kind});
  });
  std::vector<SplitName> out;
  for (const Named& own : named) {
    const Kind::Above& lies_in = context.kinds.at(own.kind).kind.above;
    if (lies_in.kind.empty() || json.string(own.id).find(lies_in.separator) != std::string::npos) continue;
    for (const Named& above : named)
      if (json.parent(above.id) == json.parent(own.id) && context.kinds.at(above.kind).label() == lies_in.kind)
        out.push_back({above.id, own.id, own.kind});
  }
  return out;
}

bool is_part_of(const std::vector<SplitName>& names, const JsonText& json, const LinkUse& use) {
  return std::any_of(names.begin(), names.end(), [&](const SplitName& name) {
    const std::string where = use.where();
    return where == json.where(name.above) || where == json.where(name.own);
  });
}

void map_split_name(const ResourceContext& context, const SplitName& name, JsonText& json) {
  const char separator = context.kinds.at(name.kind).kind.above.separator;
  const std::string whole = json.string(name.above) + separator + json.string(name.own);
  const std::string mapped = context.kinds.mapped_name(name.kind, whole, context.mapping);
  const std::size_t end = mapped.rfind(separator);
  if (mapped == whole || end == std::string::npos) return;
  json.replace(name.above, model::json_quoted(mapped.substr(0, end)));
  json.replace(name.own, model::json_quoted(mapped.substr(end + 1)));
}

class LinkResolver {
public:
  LinkResolver(const ResourceContext& context, LinkReport& report) : context_(context), report_(report) {}

  LinkAnswer answer(const LinkUse& use) {
    if (use.value.empty()) return {};
    switch (use.links.front()->form) {
      case LinkForm::id:
        return id(use);
      case LinkForm::name:
      case LinkForm::secret:
        return name(use);
      case LinkForm::path:
        return path(use);
      case LinkForm::storage:
        return changed(use, context_.mapping.storage_text(use.value));
      case LinkForm::json:
        break;  // its inner links are asked about one by one
    }
    return {};
  }

private:
  static LinkAnswer changed(const LinkUse& use, std::string value) {
    if (value == use.value) return {};
    return {.what = LinkAnswer::What::value, .value = std::move(value)};
  }

  LinkAnswer nobody_knows(const LinkUse& use, const std::string& what, const std::string& why) {
    const bool leave_out = use.links.front()->unknown == Link::Unknown::leave_out;
    const bool refuse = use.links.front()->form == LinkForm::id && !leave_out;
    std::string text = fmt::format("{} names {}, {}", use.where(), what, why);
    if (refuse) {
      report_.refused.push_back(std::move(text));
      return {};
    }
    report_.notes.push_back(text + (leave_out ? ": left out" : ": kept as it is"));
    return {.what = leave_out ? LinkAnswer::What::leave_out : LinkAnswer::What::keep};
  }

  LinkAnswer cut() {
    report_.cut = true;
    return {.what = LinkAnswer::What::leave_out};
  }

  LinkAnswer id(const LinkUse& use) {
    LinkTargets::Id best;
    for (const Link* link : use.links) {
      const bool cut_anyhow = link->cut == Link::Cut::may && context_.cuts == ResourceContext::Cuts::all_that_comes;
      for (const std::size_t kind : context_.kinds.meant(link->to)) {
        LinkTargets::Id found = context_.targets.id(kind, use.value);
        if (found.brought && cut_anyhow) return cut();
        if (found.state == State::there) return changed(use, std::move(found.value));
        if (best.state == State::unknown) best = std::move(found);
      }
    }
    const bool may_cut =
        std::any_of(use.links.begin(), use.links.end(), [](const Link* link) { return link->cut == Link::Cut::may; });
    if (best.state == State::coming && may_cut) return cut();
    if (best.state == State::coming) return nobody_knows(use, best.path, "which is not there");
    if (best.state == State::left_out)
      return nobody_knows(use, best.path,
                          "which is not selected and not on the target (--with-dependencies brings it along)");
    return nobody_knows(use, fmt::format("{} {}", use.links.front()->to, use.value),
                        "which neither the snapshot nor the target has");
  }

  LinkAnswer name(const LinkUse& use) {
    std::optional<std::string> first;
    std::vector<std::string> tried;
    for (const Link* link : use.links) {
      const std::vector<std::size_t> kinds = context_.kinds.meant(link->to);
      if (kinds.empty()) return changed(use, context_.mapping.name(link->to, use.value));
      for (const std::size_t kind : kinds) {
        std::string mapped = context_.kinds.mapped_name(kind, use.value, context_.mapping);
        if (context_.targets.has_name(kind, mapped)) return changed(use, std::move(mapped));
        tried.push_back(fmt::format("{}/{}", context_.kinds.at(kind).label(), mapped));
        if (!first) first = std::move(mapped);
      }
    }
    const LinkAnswer answer = nobody_knows(use, tried.front(), "which the target does not have");
    if (answer.what == LinkAnswer::What::leave_out) {
      report_.absent.insert(report_.absent.end(), tried.begin(), tried.end());
      return answer;
    }
    return changed(use, *first);
  }

  LinkAnswer path(const LinkUse& use) {
    const std::string& to = use.links.front()->to;
    const std::vector<std::size_t> kinds = context_.kinds.meant(to);
    const std::string space = kinds.empty() ? to : context_.kinds.at(kinds.front()).kind.space;
    std::string mapped = context_.kinds.mapped_path(space, use.value, context_.mapping);
    if (!kinds.empty() && !context_.targets.has_path(space, mapped))
      report_.notes.push_back(fmt::format("{} names {}, which the target does not have: kept", use.where(), mapped));
    return changed(use, std::move(mapped));
  }

  const ResourceContext& context_;
  LinkReport& report_;
};

// Where the body has each part of its name for itself.
void map_name_parts(const Kind& kind, const std::string& mapped, JsonText& json) {
  const std::vector<std::string>& fields = kind.above.fields;
  std::size_t from = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t end = i + 1 == fields.size() ? std::string::npos : mapped.find(kind.above.separator, from);
    const std::string part = mapped.substr(from, end == std::string::npos ? end : end - from);
    const JsonText::Id id = json.member(JsonText::k_root, fields[i]);
    if (id != JsonText::k_none) json.replace(id, model::json_quoted(part));
    if (end == std::string::npos) return;
    from = end + 1;
  }
}

void map_own_name(const ResourceContext& context, const model::Resource& resource, JsonText& json) {
  const ReadyKind& kind = context.kinds.at(resource.kind);
  if (!kind.kind.above.fields.empty()) {
    const std::string mapped = context.kinds.mapped_name(resource.kind, resource.name, context.mapping);
    if (mapped != resource.name) map_name_parts(kind.kind, mapped, json);
  }
  if (!kind.name) return;
  const JsonText::Id id = kind.name->find(json);
  if (id == JsonText::k_none) return;
  const std::string old = json.string(id);
  const std::string mapped = context.kinds.mapped_name(resource.kind, old, context.mapping);
  if (mapped != old) json.replace(id, model::json_quoted(mapped));
}

JsonText parsed(const std::optional<base::Bytes>& text, const ResourceContext& context,
                const model::Resource& resource) {
  return base::in_context([&] { return fmt::format("reading {}", context.kinds.path_of(resource)); },
                          [&] { return JsonText(text ? *text : std::string("{}")); });
}

bool holds_value(const JsonText& body, JsonText::Id have, const JsonText& written, JsonText::Id want) {
  if (body.type(have) != written.type(want)) return false;
  switch (written.type(want)) {
    case JsonText::Type::object:
      for (JsonText::Id child = written.first(want); child != JsonText::k_none; child = written.next(child)) {
        const JsonText::Id same = body.member(have, written.name(child));
        if (same == JsonText::k_none ? written.type(child) != JsonText::Type::null
                                     : !holds_value(body, same, written, child))
          return false;
      }
      return true;
    case JsonText::Type::array: {
      JsonText::Id item = body.first(have);
      for (JsonText::Id child = written.first(want); child != JsonText::k_none; child = written.next(child)) {
        if (item == JsonText::k_none || !holds_value(body, item, written, child)) return false;
        item = body.next(item);
      }
      return item == JsonText::k_none;
    }
    case JsonText::Type::string:
      return body.string(have) == written.string(want);
    case JsonText::Type::number:
    case JsonText::Type::boolean:
    case JsonText::Type::null:
      break;
  }
  return body.raw(have) == written.raw(want);
}

}  // namespace

JsonText live_document(const base::Row& live, const ReadyDocument& document) {
  const bool there = document.column < live.columns.size() && live.columns[document.column];
  JsonText out(there ? *live.columns[document.column] : std::string("{}"));
  model::drop_server_fields(out, document);
  return out;
}

JsonText rewritten_document(const ResourceContext& context, const model::Resource& resource,
                            const ReadyDocument& document, LinkReport& report) {
  const auto& columns = resource.row.columns;
  JsonText json = parsed(document.column < columns.size() ? columns[document.column] : std::nullopt, context, resource);
  LinkResolver resolver(context, report);
  model::drop_server_fields(json, document);
  // Only what lies in something else names parts of names.
  const bool may_split = !context.kinds.at(resource.kind).kind.above.kind.empty();
  const std::vector<SplitName> split = may_split ? split_names(context, document, json) : std::vector<SplitName>();
  model::rewrite_links(json, document, [&](const LinkUse& use) {
    return is_part_of(split, json, use) ? LinkAnswer{} : resolver.answer(use);
  });
  for (const SplitName& name : split) map_split_name(context, name, json);
  return json;
}

JsonText prepared_body(const ResourceContext& context, const model::Resource& resource, const JsonText* live,
                       LinkReport& report) {
  const ReadyDocument& document = context.kinds.at(resource.kind).documents.front();
  JsonText json = rewritten_document(context, resource, document, report);
  map_own_name(context, resource, json);
  arrange_firing(context.firing, document, json, live, report);
  return json;
}

std::optional<std::string> prepared_column(const ResourceContext& context, const model::Resource& resource,
                                           std::size_t column, const base::Row* live, LinkReport& report) {
  if (column >= resource.row.columns.size() || !resource.row.columns[column]) return std::nullopt;
  const ReadyDocument* document = context.kinds.at(resource.kind).document(column);
  if (!document) return resource.row.columns[column];
  JsonText json = rewritten_document(context, resource, *document, report);
  std::optional<JsonText> there;
  const bool known = live && column < live->columns.size() && live->columns[column];
  if (known && !document->firing.empty()) there.emplace(live_document(*live, *document));
  arrange_firing(context.firing, *document, json, there ? &*there : nullptr, report);
  return json.print();
}

std::string compared_body(JsonText& json, const ReadyKind& kind) {
  model::put_in_order(json, kind.documents.front());
  return model::definition_text(json, kind);
}

std::string compared_column(std::string text, const ReadyKind& kind, std::size_t column) {
  const ReadyDocument* document = kind.document(column);
  if (!document) return text;
  JsonText json(std::move(text));
  model::put_in_order(json, *document);
  return json.print();
}

std::string compared_live_body(JsonText& json, const ReadyKind& kind) {
  model::drop_server_fields(json, kind.documents.front());
  return compared_body(json, kind);
}

std::optional<std::string> compared_live_column(const model::Resource& live, const ReadyKind& kind,
                                                std::size_t column) {
  if (column >= live.row.columns.size() || !live.row.columns[column]) return std::nullopt;
  const ReadyDocument* document = kind.document(column);
  if (!document) return live.row.columns[column];
  JsonText json = live_document(live.row, *document);
  model::put_in_order(json, *document);
  return json.print();
}

std::string seen_fingerprint(const base::Row& row, const ReadyKind& kind) {
  JsonText json(row.columns.at(kind.body).value_or("{}"));
  const JsonText::Id modified = kind.modified ? kind.modified->find(json) : JsonText::k_none;
  const std::string when = modified == JsonText::k_none ? std::string() : json.string(modified);
  std::string seen = compared_live_body(json, kind);
  if (!when.empty()) return fingerprint_of(fmt::format("{}\n{}", seen, when));
  for (const model::KindColumn& column : kind.kind.columns) {
    if (column.written != model::KindColumn::Written::with_create) continue;
    const std::size_t at = kind.column(column.name);
    if (at < row.columns.size() && row.columns[at])
      seen += fmt::format("\n{}\n{}", column.name, compared_column(*row.columns[at], kind, at));
  }
  return fingerprint_of(seen);
}

bool holds_all_of(const JsonText& body, const JsonText& written) {
  return holds_value(body, JsonText::k_root, written, JsonText::k_root);
}

}  // namespace holdfast::engine
