#include "model/resource_text.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"

namespace holdfast::model {

namespace {

using Id = JsonText::Id;
constexpr std::string_view k_secret_open = "{{secrets/";
constexpr std::string_view k_secret_close = "}}";

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos &&
         (text.size() == 1 || text[0] != '0');
}

// "/Workspace" begins "/Workspace/x", and no part of "/Workspaces/x".
bool fits(const Link& link, std::string_view text) {
  if (!text.starts_with(link.prefix)) return false;
  const std::string_view rest = text.substr(link.prefix.size());
  return link.form != LinkForm::path || link.prefix.empty() || rest.empty() || rest.starts_with('/');
}

// The links of a document and what they lead to, each value once, in the order of the text.
class LinkWalk {
public:
  LinkWalk(const std::vector<const Link*>& links, const JsonPaths& paths, const AnswerLink& answer)
      : links_(links), paths_(paths), answer_(answer) {}

  using Edit = std::function<void(Id, std::size_t, const LinkAnswer&)>;  // value, index of the link, answer
  void run(const JsonText& json, const std::string& above, const Edit& edit) {
    std::vector<std::pair<Id, std::size_t>> found;
    paths_.visit(json, [&](std::size_t link, Id id) {
      const JsonText::Type type = json.type(id);
      const bool scalar = type == JsonText::Type::string || type == JsonText::Type::number;
      if (scalar && !json.is_gone(id)) found.emplace_back(id, link);
    });
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    for (std::size_t i = 0; i < found.size();) {
      std::size_t end = i;
      while (end < found.size() && found[end].first == found[i].first) ++end;
      one(json, above, std::span(found).subspan(i, end - i), edit);
      i = end;
    }
  }

private:
  void one(const JsonText& json, const std::string& above, std::span<const std::pair<Id, std::size_t>> found,
           const Edit& edit) {
    const Id id = found.front().first;
    const std::string text = json.string(id);
    std::vector<const Link*> fitting;
    for (const auto& [ignored, index] : found)
      if (fits(*links_[index], text)) fitting.push_back(links_[index]);
    if (fitting.empty()) return;
    const Link& link = *fitting.front();
    const auto index = static_cast<std::size_t>(std::find(links_.begin(), links_.end(), &link) - links_.begin());
    const auto place = [&] { return above.empty() ? json.where(id) : above + " → " + json.where(id); };
    const auto where = std::cref(place);  // asked for where something is wrong, and handed on for each link
    std::vector<const Link*> storage;     // a text may hold secrets and storage URLs
    if (link.form == LinkForm::secret)
      std::copy_if(fitting.begin(), fitting.end(), std::back_inserter(storage),
                   [](const Link* other) { return other->form == LinkForm::storage; });
    std::erase_if(fitting, [&](const Link* other) { return other->form != link.form || other->prefix != link.prefix; });
    if (link.form == LinkForm::json) {
      edit(id, index, nested(link, text, where()));
      return;
    }
    if (link.form == LinkForm::secret) {
      edit(id, index, with_storage(storage, text, secret(fitting, text, where), where));
      return;
    }
    LinkAnswer answer =
        answer_({.links = fitting, .value = std::string_view(text).substr(link.prefix.size()), .where = where});
    if (answer.what == LinkAnswer::What::value) {
      answer.value = link.prefix + answer.value;
      const bool number = json.type(id) == JsonText::Type::number && is_number(answer.value);
      answer.value = number ? answer.value : json_quoted(answer.value);
    }
    edit(id, index, answer);
  }

  LinkAnswer with_storage(const std::vector<const Link*>& links, const std::string& text, LinkAnswer before,
                          const std::function<std::string()>& where) {
    if (links.empty() || before.what == LinkAnswer::What::leave_out) return before;
    const bool changed = before.what == LinkAnswer::What::value;
    const std::string now = changed ? json_unquoted(before.value) : text;
    LinkAnswer answer = answer_({.links = links, .value = now, .where = where});
    if (answer.what != LinkAnswer::What::value) return before;
    answer.value = json_quoted(answer.value);
    return answer;
  }

  LinkAnswer secret(const std::vector<const Link*>& links, const std::string& text,
                    const std::function<std::string()>& where) {
    std::string out;
    bool changed = false;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t open = text.find(k_secret_open, at);
      const std::size_t scope = open + k_secret_open.size();
      const std::size_t slash = open == std::string::npos ? open : text.find('/', scope);
      if (slash == std::string::npos || text.find(k_secret_close, slash) == std::string::npos) {
        out += text.substr(at);
        break;
      }
      const std::string name = text.substr(scope, slash - scope);
      const LinkAnswer answer = answer_({.links = links, .value = name, .where = where});
      if (answer.what == LinkAnswer::What::leave_out) return answer;
      changed = changed || answer.what == LinkAnswer::What::value;
      out += text.substr(at, scope - at) + (answer.what == LinkAnswer::What::value ? answer.value : name);
      at = slash;
    }
    if (!changed) return {};
    return {.what = LinkAnswer::What::value, .value = json_quoted(out)};
  }

  // A text that is no JSON stays as it is: so does the link in it, and nobody is asked.
  LinkAnswer nested(const Link& link, const std::string& text, const std::string& where) {
    std::optional<JsonText> inner;
    try {
      inner.emplace(text);
    } catch (const base::Error&) {
      return {};
    }
    std::vector<const Link*> links;
    std::vector<std::string> fields;
    for (const Link& one : link.inside) {
      links.push_back(&one);
      fields.push_back(one.field);
    }
    bool changed = false;
    const JsonPaths paths(fields);
    LinkWalk(links, paths, answer_).run(*inner, where, [&](Id id, std::size_t, const LinkAnswer& answer) {
      changed = changed || answer.what != LinkAnswer::What::keep;
      if (answer.what == LinkAnswer::What::leave_out) inner->remove(id);
      if (answer.what == LinkAnswer::What::value) inner->replace(id, answer.value);
    });
    if (!changed) return {};
    return {.what = LinkAnswer::What::value, .value = json_quoted(inner->print())};
  }

  const std::vector<const Link*>& links_;
  const JsonPaths& paths_;
  const AnswerLink& answer_;
};

std::string sort_key(const JsonText& json, Id item, const std::vector<JsonPath>& keys) {
  std::string out;
  for (const JsonPath& key : keys) {
    const Id id = key.find(json, item);
    if (id != JsonText::k_none) out += json.print(id);
    out += '\n';
  }
  return out + json.print(item);
}

void sort_items(JsonText& json, Id array, const std::vector<JsonPath>& keys) {
  std::vector<std::pair<std::string, std::string>> items;
  for (Id item = json.first(array); item != JsonText::k_none; item = json.next(item))
    if (!json.removed(item)) items.emplace_back(sort_key(json, item, keys), json.print(item));
  std::sort(items.begin(), items.end());
  std::string out = "[";
  for (const auto& [ignored, text] : items) out += (out.size() > 1 ? "," : "") + text;
  json.replace(array, out + ']');
}

// The object that a member at the end of the path would be in, and what the member is called.
Id object_above(const JsonText& json, Id from, const JsonPath& path, std::string& name) {
  const std::size_t dot = path.text().rfind('.');
  name = dot == std::string::npos ? path.text() : path.text().substr(dot + 1);
  return dot == std::string::npos ? from : JsonPath(path.text().substr(0, dot)).find(json, from);
}

// From where its field is reached, for each time that this fires in the document.
std::vector<Id> places_of(const JsonText& json, const ReadyFiring& ready) {
  if (!ready.within) return {JsonText::k_root};
  std::vector<Id> out;
  ready.within->visit(json, [&](Id id) {
    if (json.type(id) != JsonText::Type::null && !json.is_gone(id)) out.push_back(ready.below ? id : JsonText::k_root);
  });
  return out;
}

void print_plain(const JsonText& json, Id id, std::string& out) {
  std::vector<std::pair<std::string, Id>> children;
  for (Id child = json.first(id); child != JsonText::k_none; child = json.next(child))
    children.emplace_back(json.name(child), child);
  switch (json.type(id)) {
    case JsonText::Type::object:
      std::stable_sort(children.begin(), children.end(),
                       [](const auto& one, const auto& other) { return one.first < other.first; });
      break;
    case JsonText::Type::array:
      break;
    case JsonText::Type::string:
      out += json_quoted(json.string(id));
      return;
    case JsonText::Type::number:
    case JsonText::Type::boolean:
    case JsonText::Type::null:
      out += json.raw(id);
      return;
  }
  const bool object = json.type(id) == JsonText::Type::object;
  out += object ? '{' : '[';
  for (const auto& [name, child] : children) {
    if (out.back() != '{' && out.back() != '[') out += ',';
    if (object) out += json_quoted(name) + ':';
    print_plain(json, child, out);
  }
  out += object ? '}' : ']';
}

FiringValue value_of(const JsonText& json, Id place, const ReadyFiring& ready) {
  const Id id = ready.field.find(json, place);
  FiringValue out{.firing = ready.firing,
                  .value = id == JsonText::k_none ? ready.firing->absent : json.print(id),
                  .item = {},
                  .where = ready.field.text(),
                  .several = ready.several};
  if (!ready.below) return out;
  out.where = json.where(place) + '.' + out.where;
  JsonText item(json.print(place));
  if (const Id state = ready.field.find(item); state != JsonText::k_none) item.remove(state);
  out.item = plain_text(item.print());
  return out;
}

void set_one(JsonText& json, Id place, const ReadyFiring& ready, const std::string& value) {
  const Id id = ready.field.find(json, place);
  if (id != JsonText::k_none) {
    json.replace(id, value);
  } else if (value != ready.firing->absent) {
    std::string name;
    const Id above = object_above(json, place, ready.field, name);
    if (above != JsonText::k_none && json.type(above) == JsonText::Type::object) json.add_member(above, name, value);
  }
}

}  // namespace

void rewrite_links(JsonText& json, const ReadyDocument& document, const AnswerLink& answer) {
  std::vector<std::pair<Id, std::string>> values;
  std::vector<Id> gone;
  LinkWalk(document.links, document.link_paths, answer)
      .run(json, {}, [&](Id id, std::size_t link, const LinkAnswer& given) {
        if (given.what == LinkAnswer::What::value) values.emplace_back(id, given.value);
        if (given.what != LinkAnswer::What::leave_out) return;
        const auto& item = document.cut_items[link];
        const Id above = item ? item->above(json, id) : id;
        gone.push_back(above == JsonText::k_none ? id : above);
      });
  for (auto& [id, value] : values) json.replace(id, std::move(value));
  for (const Id id : gone) json.remove(id);
}

void visit_links(const JsonText& json, const ReadyDocument& document,
                 const std::function<void(const LinkUse&)>& visit) {
  const AnswerLink answer = [&](const LinkUse& use) {
    visit(use);
    return LinkAnswer{};
  };
  LinkWalk(document.links, document.link_paths, answer).run(json, {}, [](Id, std::size_t, const LinkAnswer&) {});
}

void drop_server_fields(JsonText& json, const ReadyDocument& document) {
  document.dropped.visit(json, [&](std::size_t, Id id) { json.remove(id); });
  for (const ReadyDocument::Omitted& omitted : document.omitted)
    omitted.items.visit(json, [&](Id item) {
      if (omitted.when.holds(json, item)) json.remove(item);
    });
}

void put_in_order(JsonText& json, const ReadyDocument& document) {
  document.secret.visit(json, [&](std::size_t, Id id) { json.remove(id); });
  for (const ReadyCondition& one : document.defaults)
    one.field.visit(json, [&](Id id) {
      if (json.print(id) == one.equals) json.remove(id);
    });
  // Children come behind their parents: from the end, what an array holds is in order before the array is.
  std::map<Id, const std::vector<JsonPath>*, std::greater<>> arrays;
  document.unordered.visit(json, [&](std::size_t index, Id id) {
    if (json.type(id) == JsonText::Type::array) arrays.emplace(id, &document.unordered_keys[index]);
  });
  for (const auto& [array, keys] : arrays) sort_items(json, array, *keys);
}

std::string definition_text(const JsonText& json, const ReadyKind& kind) {
  if (!kind.definition) return json.print();
  const Id id = kind.definition->find(json);
  return id == JsonText::k_none ? std::string("{}") : json.print(id);
}

std::vector<FiringValue> firing_values(const JsonText& json, const ReadyDocument& document) {
  std::vector<FiringValue> out;
  for (const ReadyFiring& ready : document.firing)
    for (const Id place : places_of(json, ready)) out.push_back(value_of(json, place, ready));
  return out;
}

std::vector<std::optional<std::size_t>> same_firing(const std::vector<FiringValue>& values,
                                                    const std::vector<FiringValue>& others) {
  std::vector<std::optional<std::size_t>> out(values.size());
  std::vector<bool> taken(others.size(), false);
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t j = 0; j < others.size() && !out[i]; ++j) {
      if (taken[j] || values[i].firing != others[j].firing) continue;
      if (values[i].several && values[i].item != others[j].item) continue;
      taken[j] = true;
      out[i] = j;
    }
  return out;
}

void set_firing(JsonText& json, const ReadyDocument& document, const std::vector<std::optional<std::string>>& values) {
  std::size_t next = 0;
  for (const ReadyFiring& ready : document.firing)
    for (const Id place : places_of(json, ready))
      if (const std::optional<std::string>& value = values.at(next++)) set_one(json, place, ready, *value);
}

void pause_firing(JsonText& json, const ReadyDocument& document) {
  for (const ReadyFiring& ready : document.firing)
    for (const Id place : places_of(json, ready)) set_one(json, place, ready, ready.firing->paused);
}

std::string plain_text(std::string json) {
  std::string out;
  print_plain(JsonText(std::move(json)), JsonText::k_root, out);
  return out;
}

}  // namespace holdfast::model
