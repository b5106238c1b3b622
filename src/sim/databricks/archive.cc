#include "sim/databricks/archive.h"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/databricks/api_error.h"
#include "sim/databricks/notebook_format.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::uint32_t k_local_header = 0x04034b50;
constexpr std::uint32_t k_central_header = 0x02014b50;
constexpr std::uint32_t k_end = 0x06054b50;
constexpr std::size_t k_local_size = 30;
constexpr std::size_t k_most_entries = 100'000;
constexpr std::uint16_t k_names_are_utf8 = 0x0800;

struct Entry {
  std::string name;
  std::string content;
};

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xff);
}

std::uint32_t number_at(std::string_view text, std::size_t at, int bytes) {
  std::uint32_t out = 0;
  for (int i = bytes - 1; i >= 0; --i)
    out = out << 8 | static_cast<unsigned char>(text[at + static_cast<std::size_t>(i)]);
  return out;
}

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xedb88320U ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  return table;
}

std::uint32_t crc_of(std::string_view bytes) {
  static constexpr auto k_table = crc_table();
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) crc = k_table[(crc ^ static_cast<unsigned char>(byte)) & 0xff] ^ (crc >> 8);
  return crc ^ 0xffffffff;
}

// The fields that the local and the central header share, from "version needed" on.
std::string common_fields(const Entry& entry) {
  std::string out;
  put(out, 20, 2);
  put(out, k_names_are_utf8, 2);
  put(out, 0, 2);     // stored
  put(out, 0, 2);     // time
  put(out, 0x21, 2);  // 1980-01-01
  put(out, crc_of(entry.content), 4);
  put(out, entry.content.size(), 4);
  put(out, entry.content.size(), 4);
  put(out, entry.name.size(), 2);
  put(out, 0, 2);  // extra field
  return out;
}

std::string zip(const std::vector<Entry>& entries) {
  std::string out;
  std::string directory;
  for (const auto& entry : entries) {
    const auto fields = common_fields(entry);
    put(directory, k_central_header, 4);
    put(directory, 20, 2);
    directory += fields;
    put(directory, 0, 2);  // comment
    put(directory, 0, 2);  // disk
    put(directory, 0, 2);  // internal attributes
    put(directory, 0, 4);  // external attributes
    put(directory, out.size(), 4);
    directory += entry.name;
    put(out, k_local_header, 4);
    out += fields + entry.name + entry.content;
  }
  const auto start = out.size();
  out += directory;
  put(out, k_end, 4);
  put(out, 0, 4);
  put(out, entries.size(), 2);
  put(out, entries.size(), 2);
  put(out, directory.size(), 4);
  put(out, start, 4);
  put(out, 0, 2);
  return out;
}

// nullopt when it is no archive of ours.
std::optional<std::vector<Entry>> unzip(std::string_view text) {
  std::vector<Entry> entries;
  while (text.size() >= k_local_size && number_at(text, 0, 4) == k_local_header) {
    const auto size = number_at(text, 18, 4);
    const auto name_size = number_at(text, 26, 2);
    const bool stored = number_at(text, 8, 2) == 0 && number_at(text, 28, 2) == 0;
    if (!stored || text.size() - k_local_size < std::uint64_t{size} + name_size || entries.size() == k_most_entries) {
      return std::nullopt;
    }
    Entry entry{std::string(text.substr(k_local_size, name_size)),
                std::string(text.substr(k_local_size + name_size, size))};
    if (number_at(text, 14, 4) != crc_of(entry.content)) return std::nullopt;
    entries.push_back(std::move(entry));
    text.remove_prefix(k_local_size + name_size + size);
  }
  if (entries.empty()) return std::nullopt;
  return entries;
}

std::string dbc_extension(const Node& node) {
  return node.language == "R" ? ".r" : "." + std::string(file_type_of(node.language));
}

void collect(const Node& node, const std::string& name, ArchiveContent content, std::vector<Entry>& out) {
  if (node.kind == NodeKind::notebook) {
    out.push_back({name + dbc_extension(node), node.content});
  } else if (node.kind == NodeKind::file && content == ArchiveContent::everything) {
    out.push_back({name, node.content});
  }
  for (const auto& [child_name, child] : node.children) {
    collect(*child, name.empty() ? child_name : name + "/" + child_name, content, out);
  }
}

void put_notebook(World& world, const std::string& path, const Entry& entry, std::string_view language) {
  const auto [folder, name] = parent_and_name(world, path);
  if (folder->children.contains(name)) throw exists("Path (" + path + ") already exists.");
  auto& node = add_node(world, *folder, NodeKind::notebook, name);
  node.language = language;
  node.content = entry.content;
}

}  // namespace

std::string to_archive(const Node& node, ArchiveContent content) {
  std::vector<Entry> entries;
  collect(node, node.kind == NodeKind::notebook ? node.name : "", content, entries);
  return zip(entries);
}

void from_archive(World& world, const std::string& path, std::string_view archive) {
  const auto entries = unzip(archive);
  if (!entries) throw invalid("The content is no DBC archive.");
  if (find_node(world, path) != nullptr) throw exists("Path (" + path + ") already exists.");
  const bool single = entries->size() == 1 && entries->front().name.find('/') == std::string::npos;
  for (const auto& entry : *entries) {
    const auto language = language_of_extension(entry.name);
    if (!language) throw invalid("The archive holds " + entry.name + ", which is no notebook.");
    auto target = path;
    if (!single) {
      target += "/" + std::string(without_extension(entry.name));
      make_folders(world, target.substr(0, target.rfind('/')));
    }
    put_notebook(world, target, entry, *language);
  }
}

}  // namespace holdfast::sim::databricks
