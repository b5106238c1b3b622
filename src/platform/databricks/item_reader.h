// One resource of a capture: its body and the columns beside it.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/row.h"
#include "platform/databricks/client.h"
#include "platform/databricks/inventory.h"
#include "platform/databricks/secret_values.h"

namespace holdfast::platform::databricks {

// The repository takes no larger value.
inline constexpr std::size_t k_content_most = std::size_t{16} << 20U;

struct ReadItem {
  std::optional<base::Row> row;  // absent: gone since it was listed, or not readable at all
  std::string unread{};          // why a part of it, or all, could not be read; empty: all was
  std::vector<bool> missing{};   // the columns that could not be read, where that is a part
};

class ItemReader {  // thread-safe
public:
  explicit ItemReader(const Client& client, SecretValues secrets = SecretValues::left_out)
      : client_(client), secrets_(secrets) {}

  // Throws what breaks_off(): whatever else goes wrong concerns one resource, and is told of it.
  ReadItem read(const KindEntry& entry, const Item& item, std::stop_token stop) const;
  // The same of a resource that is_unchanged(): only what changes without it is read, all else is of the earlier row.
  ReadItem renew(const KindEntry& entry, const Item& item, base::Row earlier, std::stop_token stop) const;
  // One column of `entry.columns` as it is now; nullopt: there is none.  Throws where it cannot be told.  Where the
  // item's element does not say what to ask for, the body is read as well.
  std::optional<base::Bytes> read_column(const KindEntry& entry, const Item& item, std::string_view name,
                                         std::stop_token stop) const;
  // Whether the body of an earlier row shows that nothing changed since.
  static bool is_unchanged(const KindEntry& entry, const Item& item, base::ByteView earlier_body);

private:
  struct Reading;
  static Reading begin(const KindEntry& entry, const Item& item, std::stop_token stop);
  bool attempt(Reading& reading, std::string_view what, ColumnRead::Absent absent,
               const std::function<void()>& work) const;
  static ReadItem end(Reading reading);
  std::string body(const Reading& reading) const;
  std::string unchanged_pages(const Reading& reading) const;
  std::vector<std::string> pages(const Reading& reading) const;
  bool is_read(const Reading& reading, const ColumnRead& column) const;
  std::optional<base::Bytes> column(Reading& reading, const ColumnRead& column) const;
  base::Bytes each(const Reading& reading, const ColumnRead& column) const;
  void content(Reading& reading) const;
  base::Bytes notebook(Reading& reading, const std::string& path) const;
  base::Bytes workspace_file(const Reading& reading, const std::string& path) const;
  base::Bytes exported_file(const Reading& reading, const std::string& path) const;
  static void refuse_too_large(const Reading& reading, const std::string& path, std::string_view field);
  struct Sized {
    const std::string& path;
    std::string_view field;  // that holds the size, in the element and in the answer to `status`
    Ask status;
  };
  void check_size(const Reading& reading, const Sized& sized, std::size_t came) const;
  struct Pieces {
    base::Bytes whole{};
    unsigned count = 0;
  };
  Pieces dbfs_pieces(const Reading& reading, const std::string& path, const std::string& size) const;
  base::Bytes dbfs_file(const Reading& reading, const std::string& path) const;
  bool still_there(const Reading& reading) const;

  const Client& client_;
  SecretValues secrets_;
};

}  // namespace holdfast::platform::databricks
