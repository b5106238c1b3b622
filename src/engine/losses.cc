#include "engine/losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/key.h"

namespace holdfast::engine {

namespace {

std::string key_in_words(base::ByteView key) {
  try {
    base::KeyReader reader(key);
    return reader.text();
  } catch (const base::Error&) {
    return base::to_hex(key);  // a boundary may lie between two possible keys
  }
}

// The place of all keys that begin with `prefix`, where it is a first part or the beginning of one; empty otherwise.
std::string prefix_in_words(const model::Collection& collection, base::ByteView prefix) {
  const base::Bytes closed = base::Bytes(prefix).append(2, '\0');
  try {
    base::KeyReader reader(closed);
    const std::string first = model::first_part_to_path(collection, reader.text());
    if (reader.at_end()) return fmt::format("/{}**", first);
    if (reader.text().empty() && reader.at_end()) return fmt::format("/{}/**", first);
  } catch (const base::Error&) {
    return {};  // it begins with no text, or lies between two possible keys
  }
  return {};
}

std::string one_key_in_words(const model::Collection& collection, base::ByteView key) {
  try {
    return fmt::format("/{}", model::key_to_path(collection, key));
  } catch (const base::Error&) {
    return {};
  }
}

// What stands behind the name of the collection.
std::string place_of(const model::Collection& collection, const base::KeyRange& keys) {
  if (keys == base::KeyRange{}) return {};
  std::string name;
  if (keys.to == base::after_key(keys.from)) {
    name = one_key_in_words(collection, keys.from);
  } else if (!keys.from.empty() && keys == base::range_of_prefix(keys.from)) {
    name = prefix_in_words(collection, keys.from);
  }
  if (!name.empty()) return name;
  const std::string from = keys.from.empty() ? std::string("the first key") : key_in_words(keys.from);
  const std::string to = keys.to ? key_in_words(*keys.to) : std::string("the last key");
  return fmt::format(": keys from {} to {}", from, to);
}

}  // namespace

std::string keys_in_words(const model::Collection& collection, const base::KeyRange& keys) {
  return collection.name + place_of(collection, keys);
}

void Losses::add(const base::KeyRange& keys, std::string text) {
  const std::lock_guard lock(mutex_);
  // Readers come here in any order: those that are kept must not depend on it.
  first_.emplace(keys.from, std::pair(keys, std::move(text)));
  if (first_.size() <= k_loss_lines_max) return;
  first_.erase(std::prev(first_.end()));
  ++others_;
}

bool Losses::any() const {
  const std::lock_guard lock(mutex_);
  return !first_.empty();
}

std::vector<Losses::Loss> Losses::joined() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<base::KeyRange, std::string>> stretches;
  for (const auto& [from, loss] : first_) {
    const bool joins =
        !stretches.empty() && stretches.back().first.to == loss.first.from && stretches.back().second == loss.second;
    if (joins) {
      stretches.back().first.to = loss.first.to;
    } else {
      stretches.push_back(loss);
    }
  }
  std::vector<Loss> out;
  for (auto& [keys, text] : stretches) out.push_back({place_of(collection_, keys), std::move(text)});
  return out;
}

Losses::Lines Losses::lines(std::size_t most) const {
  Lines out{.lines = {}, .left_out = 0};
  for (const Loss& loss : joined()) {
    if (out.lines.size() < most) {
      out.lines.push_back(fmt::format("{}{} {}", collection_.name, loss.place, loss.text));
    } else {
      ++out.left_out;
    }
  }
  out.left_out += others();
  return out;
}

std::uint64_t Losses::others() const {
  const std::lock_guard lock(mutex_);
  return others_;
}

void LossReport::add(const std::string& collection, const Losses& losses) {
  for (Losses::Loss& loss : losses.joined()) {
    const bool nameable = loss.place.empty() || loss.place.starts_with('/');
    const auto same = std::find_if(told_.begin(), told_.end(), [&](const Told& told) {
      return nameable && !told.collections.empty() && told.place == loss.place && told.text == loss.text;
    });
    if (same != told_.end()) {
      same->collections.push_back(collection);
    } else {
      told_.push_back({.collections = {collection}, .place = std::move(loss.place), .text = std::move(loss.text)});
    }
  }
  left_out_ += losses.others();
}

void LossReport::add_line(std::string line) {
  told_.push_back({.collections = {}, .place = {}, .text = std::move(line)});
}

std::vector<std::string> LossReport::lines() const {
  std::vector<std::string> out;
  for (const Told& told : told_) {
    if (out.size() == k_loss_lines_max) break;
    const std::string names = fmt::format("{}", fmt::join(told.collections, ", "));
    if (told.collections.empty()) {
      out.push_back(told.text);
    } else if (told.collections.size() == 1 || told.place.empty()) {
      out.push_back(fmt::format("{}{} {}", names, told.place, told.text));
    } else {
      out.push_back(fmt::format("{} ({}) {}", told.place.substr(1), names, told.text));
    }
  }
  if (failures() > out.size()) out.push_back(fmt::format("{} more could not be read", failures() - out.size()));
  return out;
}

}  // namespace holdfast::engine
