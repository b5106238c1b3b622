#include "engine/losses.h"

#include <fmt/format.h>

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

// The name of all keys that begin with `prefix`, where it is a first part or the beginning of one; empty otherwise.
std::string prefix_in_words(const model::Collection& collection, base::ByteView prefix) {
  const base::Bytes closed = base::Bytes(prefix).append(2, '\0');
  try {
    base::KeyReader reader(closed);
    const std::string first = model::first_part_to_path(collection, reader.text());
    if (reader.at_end()) return fmt::format("{}/{}**", collection.name, first);
    if (reader.text().empty() && reader.at_end()) return fmt::format("{}/{}/**", collection.name, first);
  } catch (const base::Error&) {
    return {};  // it begins with no text, or lies between two possible keys
  }
  return {};
}

std::string one_key_in_words(const model::Collection& collection, base::ByteView key) {
  try {
    return fmt::format("{}/{}", collection.name, model::key_to_path(collection, key));
  } catch (const base::Error&) {
    return {};
  }
}

}  // namespace

std::string keys_in_words(const model::Collection& collection, const base::KeyRange& keys) {
  std::string name;
  if (keys.to == base::after_key(keys.from)) {
    name = one_key_in_words(collection, keys.from);
  } else if (!keys.from.empty() && keys == base::range_of_prefix(keys.from)) {
    name = prefix_in_words(collection, keys.from);
  }
  if (!name.empty()) return name;
  const std::string from = keys.from.empty() ? std::string("the first key") : key_in_words(keys.from);
  const std::string to = keys.to ? key_in_words(*keys.to) : std::string("the last key");
  return fmt::format("{}: keys from {} to {}", collection.name, from, to);
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

Losses::Lines Losses::lines(std::size_t most) const {
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
  Lines out{.lines = {}, .left_out = others_};
  for (const auto& [keys, text] : stretches) {
    if (out.lines.size() < most) {
      out.lines.push_back(fmt::format("{} {}", keys_in_words(collection_, keys), text));
    } else {
      ++out.left_out;
    }
  }
  return out;
}

}  // namespace holdfast::engine
