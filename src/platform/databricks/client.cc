#include "platform/databricks/client.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <set>

#include "base/error.h"
#include "model/json_path.h"
#include "model/json_text.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;
using model::JsonText;

// A list that has not ended by then goes round in circles.
constexpr std::size_t k_pages_most = 100'000;

[[noreturn]] void not_understood(const net::Answer& answer, std::string_view problem) {
  throw Refused(Error(ErrorKind::unavailable, fmt::format("{}: {}", answer.request, problem),
                      "Something between here and the workspace may have answered in its place; look at the proxy."),
                net::Status::unknown);
}

JsonText parsed(const net::Answer& answer) {
  try {
    return JsonText(answer.response.body);
  } catch (const Error& problem) {
    not_understood(answer, problem.message());
  }
}

void set(net::Pairs& query, std::string_view name, std::string value) {
  for (auto& [known, old] : query)
    if (known == name) {
      old = std::move(value);
      return;
    }
  query.emplace_back(name, std::move(value));
}

std::string text_of(const JsonText& json, std::string_view name) {
  const JsonText::Id id = json.member(JsonText::k_root, name);
  const bool there = id != JsonText::k_none && json.type(id) == JsonText::Type::string;
  return there ? json.string(id) : std::string();
}

bool is_count(std::string_view text) {
  constexpr std::size_t most = 9;  // digits
  return !text.empty() && text.size() <= most && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// An object without elements: it holds nothing but what belongs to paging.  Anything else is another answer, such as an
// error that came with 200, or the sign of an API that has changed; taken for an empty list it would delete the kind.
bool is_empty_list(const JsonText& json) {
  static const std::set<std::string, std::less<>> marks{
      "next_page_token", "prev_page_token", "has_more", "totalResults", "startIndex", "itemsPerPage",
      "schemas",         "count",           "page",     "page_size",    "total_count"};
  for (JsonText::Id id = json.first(JsonText::k_root); id != JsonText::k_none; id = json.next(id))
    if (!marks.contains(json.name(id))) return false;
  return true;
}

// What one page held.
struct Page {
  std::size_t elements = 0;
  std::string next;       // token; empty: there is none
  bool has_more = false;  // of those that say so
  std::string total;      // elements of the whole list, of those that say so
};

Page give(const net::Answer& answer, const std::string& items, const Client::Element& element) {
  const JsonText json = parsed(answer);
  Page page;
  JsonText::Id array = JsonText::k_root;
  if (!items.empty()) {
    if (json.type(JsonText::k_root) != JsonText::Type::object) not_understood(answer, "the answer is no JSON object");
    page.next = text_of(json, "next_page_token");
    const JsonText::Id more = json.member(JsonText::k_root, "has_more");
    page.has_more = more != JsonText::k_none && json.raw(more) == "true";
    for (const std::string_view name : {"totalResults", "count"})
      if (const JsonText::Id id = json.member(JsonText::k_root, name); id != JsonText::k_none && is_count(json.raw(id)))
        page.total = std::string(json.raw(id));
    array = json.member(JsonText::k_root, items);
    // Without elements the member is left out.
    if (array == JsonText::k_none && !is_empty_list(json))
      not_understood(answer, fmt::format("the answer has no '{}', and something else", items));
    if (array == JsonText::k_none || json.type(array) == JsonText::Type::null) return page;
  }
  if (json.type(array) != JsonText::Type::array)
    not_understood(answer, fmt::format("'{}' of the answer is no list", items));
  for (JsonText::Id id = json.first(array); id != JsonText::k_none; id = json.next(id)) {
    element(json.raw(id));
    ++page.elements;
  }
  return page;
}

// A list that has not ended by then has no end.
class PageCount {
public:
  void add(const net::Answer& answer) {
    if (++pages_ >= k_pages_most) not_understood(answer, fmt::format("the list has more than {} pages", k_pages_most));
  }

private:
  std::size_t pages_ = 0;
};

// Asks page after page, by tokens.
class Pages {
public:
  explicit Pages(const Listing& listing) : listing_(listing), ask_(listing.ask) {}
  const Ask& ask() const noexcept { return ask_; }

  // False after the last one.  A short page is not the last one, nor is an empty page with a token.
  bool advance(const net::Answer& answer, const Page& page) {
    if (listing_.paging == Listing::Paging::whole) {
      // What the other pages hold must not read as deleted.
      if (!page.next.empty() || page.has_more) not_understood(answer, "the list goes on, in a way that is not known");
      return false;
    }
    if (page.next.empty()) return false;
    if (!tokens_.insert(page.next).second) not_understood(answer, "the list goes round in circles");
    set(ask_.query, listing_.paging == Listing::Paging::repos ? "next_page_token" : "page_token", page.next);
    count_.add(answer);
    return true;
  }

private:
  const Listing& listing_;
  Ask ask_;
  std::set<std::string> tokens_;
  PageCount count_;
};

std::string identity_of(const std::string& element) {
  const JsonText json(element);
  const bool object = json.type(JsonText::k_root) == JsonText::Type::object;
  const JsonText::Id id = object ? json.member(JsonText::k_root, "id") : JsonText::k_none;
  return id == JsonText::k_none ? element : std::string(json.raw(id));
}

// A list whose pages are counted.  When something that was listed is deleted meanwhile, all that follows moves up, and
// one of them would be in no page: hence a page begins with the last element of the page before, and what the platform
// says of their number must be what came.
class CountedList {
public:
  explicit CountedList(const Listing& listing) : listing_(listing) {}
  const std::vector<std::string>& elements() const noexcept { return elements_; }

  Ask ask() const {
    Ask out = listing_.ask;
    const std::size_t from = elements_.size() - overlap();
    if (listing_.paging == Listing::Paging::scim) set(out.query, "startIndex", std::to_string(from + 1));
    if (listing_.paging == Listing::Paging::number) set(out.query, "page", std::to_string(number_));
    if (listing_.paging == Listing::Paging::offset) set(out.query, "offset", std::to_string(from));
    return out;
  }

  enum class State { goes_on, complete, changed };
  State take(const net::Answer& answer, const Page& page, std::vector<std::string> elements) {
    count_.add(answer);
    if (number_++ == 1) total_ = page.total;
    if (page.total != total_) return State::changed;
    const std::size_t again = overlap();
    if (again != 0 && (elements.empty() || identity_of(elements.front()) != identity_of(elements_.back())))
      return State::changed;
    const bool news = elements.size() > again;
    for (std::size_t i = again; i < elements.size(); ++i) {
      known_.insert(identity_of(elements[i]));
      elements_.push_back(std::move(elements[i]));
    }
    if (listing_.paging == Listing::Paging::offset && !page.has_more) return end();
    // A server that gives one element at a time gives the one that is known.
    const bool stuck = !news && again != 0 && !all_known();
    probing_ = stuck;
    return news || stuck ? State::goes_on : end();
  }

private:
  std::size_t overlap() const {
    return listing_.paging == Listing::Paging::number || elements_.empty() || probing_ ? 0 : 1;
  }
  bool all_known() const { return total_ == std::to_string(known_.size()); }
  State end() const {
    std::size_t told = 0;
    std::from_chars(total_.data(), total_.data() + total_.size(), told);
    return told > known_.size() ? State::changed : State::complete;
  }

  const Listing& listing_;
  std::vector<std::string> elements_;
  std::set<std::string> known_;
  std::string total_;
  std::size_t number_ = 1;
  bool probing_ = false;
  PageCount count_;
};

net::Answer wanted(net::Answer answer) {
  if (!answer.ok()) throw Refused(net::to_error(answer), answer.verdict.status);
  return answer;
}

}  // namespace

bool is_signed_out(const Error& error) noexcept {
  if (const auto* refused = dynamic_cast<const Refused*>(&error))
    return refused->status() == net::Status::unauthenticated;
  return error.kind() == ErrorKind::auth;  // by whoever gives tokens
}

bool ends_the_run(const Error& error) noexcept {
  if (dynamic_cast<const Refused*>(&error) != nullptr) return is_signed_out(error);
  return error.kind() == ErrorKind::cancelled || error.kind() == ErrorKind::auth ||
         error.kind() == ErrorKind::internal || error.kind() == ErrorKind::config;
}

bool breaks_off(const Error& error) noexcept {
  return ends_the_run(error) || dynamic_cast<const net::TransportError*>(&error) != nullptr;
}

std::vector<net::Family> families() {
  using std::chrono::minutes;
  using std::chrono::seconds;
  // Documented: reference 2.4.  Where a limit is an hour's or a minute's, bursts of a few seconds' worth are let
  // through.
  return {
      {.name = std::string(k_other), .requests = 0, .per = seconds(1), .burst = 1, .parallel = 16},
      {.name = std::string(k_workspace), .requests = 0, .per = seconds(1), .burst = 1, .parallel = 24},
      {.name = std::string(k_export), .requests = 60, .per = seconds(1), .burst = 10, .parallel = 24},
      {.name = std::string(k_import), .requests = 30, .per = seconds(1), .burst = 5, .parallel = 16},
      {.name = std::string(k_dbfs), .requests = 30, .per = seconds(1), .burst = 5, .parallel = 16},
      {.name = std::string(k_secrets), .requests = 1100, .per = minutes(1), .burst = 20, .parallel = 8},
      // SCIM throttles by more than its rate: clients that ask one after the other fare best.
      {.name = std::string(k_scim), .requests = 255, .per = minutes(1), .burst = 10, .parallel = 4},
      {.name = std::string(k_permissions), .requests = 100, .per = seconds(1), .burst = 10, .parallel = 24},
      {.name = std::string(k_permissions_write), .requests = 30, .per = seconds(1), .burst = 5, .parallel = 16},
      {.name = std::string(k_jobs), .requests = 100, .per = seconds(1), .burst = 10, .parallel = 16},
      {.name = std::string(k_jobs_create), .requests = 20, .per = seconds(1), .burst = 5, .parallel = 8},
      // Ten lists of queries at once risk a ban.
      {.name = std::string(k_sql), .requests = 0, .per = seconds(1), .burst = 1, .parallel = 6},
      {.name = std::string(k_mlflow_search), .requests = 7, .per = seconds(1), .burst = 3, .parallel = 4},
      {.name = std::string(k_tokens), .requests = 40, .per = seconds(1), .burst = 5, .parallel = 4},
  };
}

net::Request Client::request(const Ask& ask) const {
  net::Request out;
  out.url = net::at(host_, ask.path, ask.query);
  out.headers.push_back({"Accept", "application/json"});
  return out;
}

net::Answer Client::get(const Ask& ask, std::stop_token stop) const {
  net::Answer answer =
      api_.call({.family = ask.family, .request = request(ask), .repeat = net::Repeat::safe}, std::move(stop));
  if (!answer.ok()) return answer;
  try {
    const JsonText json(answer.response.body);
  } catch (const Error& problem) {
    answer.verdict = {net::Status::unknown, {}, problem.message()};
  }
  return answer;
}

std::string Client::fetch(const Ask& ask, std::stop_token stop) const {
  net::Answer answer = wanted(get(ask, std::move(stop)));
  return std::move(answer.response.body);
}

std::string Client::fetch_bytes(const Ask& ask, std::stop_token stop) const {
  net::Request out = request(ask);
  out.headers.clear();
  net::Answer answer = wanted(
      api_.call({.family = ask.family, .request = std::move(out), .repeat = net::Repeat::safe}, std::move(stop)));
  return std::move(answer.response.body);
}

void Client::list(const Listing& listing, const Element& element, std::stop_token stop) const {
  using Paging = Listing::Paging;
  if (listing.paging == Paging::scim || listing.paging == Paging::number || listing.paging == Paging::offset)
    return list_counted(listing, element, std::move(stop));
  Pages pages(listing);
  for (;;) {
    const net::Answer answer = ask_page(pages.ask(), stop);
    const Page page = give(answer, listing.items, element);
    if (!pages.advance(answer, page)) return;
  }
}

void Client::list_counted(const Listing& listing, const Element& element, std::stop_token stop) const {
  constexpr unsigned attempts = 3;
  for (unsigned attempt = 0; attempt < attempts; ++attempt) {
    CountedList list(listing);
    auto state = CountedList::State::goes_on;
    while (state == CountedList::State::goes_on) {
      const net::Answer answer = ask_page(list.ask(), stop);
      std::vector<std::string> elements;
      const Page page = give(answer, listing.items, [&](std::string_view one) { elements.emplace_back(one); });
      state = list.take(answer, page, std::move(elements));
    }
    if (state == CountedList::State::changed) continue;
    for (const std::string& one : list.elements()) element(one);
    return;
  }
  throw Error(ErrorKind::unavailable,
              fmt::format("the list {} changed each of {} times while it was read", listing.ask.path, attempts),
              "Run the command again when fewer changes are made.");
}

net::Answer Client::ask_page(const Ask& ask, const std::stop_token& stop) const {
  return wanted(api_.call({.family = ask.family, .request = request(ask), .repeat = net::Repeat::safe}, stop));
}

std::string join_pages(const std::vector<std::string>& pages, const std::vector<std::string>& arrays) {
  if (pages.size() == 1) return pages.front();
  JsonText whole(pages.at(0));
  std::vector<JsonText> rest;
  for (std::size_t i = 1; i < pages.size(); ++i) rest.emplace_back(pages[i]);
  for (const std::string& path : arrays) {
    const model::JsonPath field(path);
    const JsonText::Id place = field.find(whole);
    if (place == JsonText::k_none || whole.type(place) != JsonText::Type::array) continue;
    const std::string_view first = whole.raw(place);
    std::string joined(first.substr(0, first.rfind(']')));
    bool empty = whole.first(place) == JsonText::k_none;
    for (const JsonText& page : rest) {
      const JsonText::Id array = field.find(page);
      if (array == JsonText::k_none || page.type(array) != JsonText::Type::array) continue;
      for (JsonText::Id id = page.first(array); id != JsonText::k_none; id = page.next(id)) {
        if (!empty) joined += ',';
        joined += page.raw(id);
        empty = false;
      }
    }
    whole.replace(place, joined + "]");
  }
  // The marks of paging say nothing about the resource.
  for (const std::string_view mark : {"next_page_token", "has_more"})
    if (const JsonText::Id id = whole.member(JsonText::k_root, mark); id != JsonText::k_none) whole.remove(id);
  return whole.print();
}

}  // namespace holdfast::platform::databricks
