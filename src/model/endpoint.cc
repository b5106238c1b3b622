#include "model/endpoint.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"

namespace holdfast::model {

namespace {

using Type = Endpoint::Type;

constexpr std::string_view k_storage_account = "storage account";

bool in_name(char c) noexcept {
  return base::is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
}

bool ends_token(char c) noexcept {
  return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`';
}

// What a host is, by a part of its name: clouds of several countries differ in what comes behind.
struct KnownHost {
  std::string_view part;
  std::string_view what;
};
constexpr std::array k_known_hosts{
    KnownHost{".servicebus.", "Event Hubs or Service Bus"},
    KnownHost{".vault.azure.", "key vault"},
    KnownHost{".vault.usgovcloudapi.", "key vault"},
    KnownHost{".managedhsm.azure.", "key vault"},
    KnownHost{".postgres.database.", "PostgreSQL server"},
    KnownHost{".mysql.database.", "MySQL server"},
    KnownHost{".mariadb.database.", "MariaDB server"},
    KnownHost{".database.windows.", "SQL database"},
    KnownHost{".database.usgovcloudapi.", "SQL database"},
    KnownHost{".database.chinacloudapi.", "SQL database"},
    KnownHost{".azuresynapse.", "Synapse"},
    KnownHost{".documents.azure.", "Cosmos DB"},
    KnownHost{".cosmos.azure.", "Cosmos DB"},
    KnownHost{".redis.cache.", "Redis"},
    KnownHost{".kusto.", "Data Explorer"},
    KnownHost{".search.windows.", "search service"},
    KnownHost{".openai.azure.", "Azure OpenAI"},
    KnownHost{".cognitiveservices.azure.", "AI service"},
    KnownHost{".azurecr.", "container registry"},
    KnownHost{".azurewebsites.", "web application"},
    KnownHost{".azure-api.", "API gateway"},
    KnownHost{".azure-devices.", "IoT hub"},
    KnownHost{".eventgrid.azure.", "Event Grid"},
    KnownHost{".dfs.fabric.", "OneLake"},
    KnownHost{".snowflakecomputing.", "Snowflake"},
};

constexpr std::array<std::string_view, 6> k_storage_services{"dfs", "blob", "file", "queue", "table", "web"};

// The last label of a name: "lake" of "fs.azure.account.key.lake", and of "lake.privatelink".
std::string account_in(std::string_view labels) {
  constexpr std::string_view k_private = ".privatelink";
  constexpr std::string_view k_secondary = "-secondary";
  if (labels.ends_with(k_private)) labels.remove_suffix(k_private.size());
  std::string_view last = labels.substr(labels.rfind('.') == std::string_view::npos ? 0 : labels.rfind('.') + 1);
  if (last.ends_with(k_secondary)) last.remove_suffix(k_secondary.size());
  return std::string(last);
}

// ACCOUNT.dfs.core.windows.net, ACCOUNT.z6.blob.storage.azure.net
std::optional<Endpoint> storage_by_host(std::string_view host) {
  for (const std::string_view service : k_storage_services) {
    for (const std::string_view behind : {".core.", ".storage.azure."}) {
      const std::size_t at = host.find("." + std::string(service) + std::string(behind));
      if (at == std::string_view::npos || at == 0) continue;
      std::string_view labels = host.substr(0, at);
      const std::size_t dot = labels.rfind('.');
      const bool zone = behind != ".core." && dot != std::string_view::npos && labels.substr(dot + 1).starts_with('z');
      if (zone) labels = labels.substr(0, dot);
      std::string account = account_in(labels);
      if (!account.empty()) return Endpoint{Type::storage, std::string(k_storage_account), std::move(account)};
    }
  }
  constexpr std::string_view k_first_generation = ".azuredatalakestore.";
  if (const std::size_t at = host.find(k_first_generation); at != std::string_view::npos && at != 0)
    return Endpoint{Type::storage, "Data Lake Store of the first generation", account_in(host.substr(0, at))};
  return std::nullopt;
}

std::optional<Endpoint> known_host(std::string_view host) {
  if (auto storage = storage_by_host(host)) return storage;
  for (const KnownHost& one : k_known_hosts)
    if (const std::size_t at = host.find(one.part); at != std::string_view::npos && at != 0)
      return Endpoint{Type::service, std::string(one.what), std::string(host)};
  return std::nullopt;
}

// A name of a machine and nothing else: what holds another character is no host, and may be a part of a password.
std::optional<std::string> host_name(std::string_view text) {
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    if (port.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    text = text.substr(0, colon);
  }
  while (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.front() == '.' || !std::all_of(text.begin(), text.end(), in_name)) return std::nullopt;
  return base::lower(text);
}

class Finder {
public:
  void add(Endpoint endpoint) {
    const bool known = std::any_of(found_.begin(), found_.end(), [&](const Endpoint& one) {
      return one.type == endpoint.type && one.name == endpoint.name;
    });
    if (!known) found_.push_back(std::move(endpoint));
  }
  void add_host(std::string_view text, std::string_view what) {
    const std::optional<std::string> host = host_name(text);
    if (!host) return;
    auto known = known_host(*host);
    add(known ? std::move(*known) : Endpoint{Type::service, std::string(what), *host});
  }
  // "user:password@a:1,b:2": hosts only.
  void add_authority(std::string_view authority, std::string_view what) {
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
    for (std::size_t begin = 0; begin <= authority.size();) {
      const std::size_t end = std::min(authority.find(',', begin), authority.size());
      add_host(authority.substr(begin, end - begin), what);
      begin = end + 1;
    }
  }
  std::vector<Endpoint> take() { return std::move(found_); }

private:
  std::vector<Endpoint> found_;
};

// Runs of what host names are made of.
void find_known_hosts(std::string_view text, Finder& out) {
  for (std::size_t i = 0; i < text.size();) {
    if (!in_name(text[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && in_name(text[end])) ++end;
    const std::string_view run = text.substr(i, end - i);
    if (run.find('.') != std::string_view::npos)
      if (auto known = known_host(base::lower(run))) out.add(std::move(*known));
    i = end;
  }
}

// Where the authority that begins here ends.  A password may hold what else would end it: an @ that comes before the
// query belongs to the authority.
std::string_view authority_at(std::string_view text, std::size_t begin) {
  std::size_t token = begin;
  while (token < text.size() && !ends_token(text[token])) ++token;
  const std::string_view rest = text.substr(begin, token - begin);
  const std::string_view before_query = rest.substr(0, rest.find_first_of("?;#"));
  const std::size_t user_ends = before_query.rfind('@');
  const std::size_t host = user_ends == std::string_view::npos ? 0 : user_ends + 1;
  return rest.substr(0, std::min(before_query.find_first_of("/\\)}]|", host), before_query.size()));
}

struct Scheme {
  std::string name;  // "abfss", "postgresql"
  bool jdbc = false;
};
Scheme scheme_before(std::string_view text, std::size_t colon) {
  std::size_t begin = colon;
  while (begin > 0 && (in_name(text[begin - 1]) || text[begin - 1] == '+' || text[begin - 1] == ':')) --begin;
  const std::string all = base::lower(text.substr(begin, colon - begin));
  return {.name = all.substr(all.rfind(':') == std::string::npos ? 0 : all.rfind(':') + 1),
          .jdbc = all.starts_with("jdbc:") || all.find(":jdbc:") != std::string::npos};
}

constexpr std::string_view k_jdbc = "database (JDBC)";

void take_storage(const std::string& scheme, std::string_view authority, Finder& out) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  const std::optional<std::string> name = host_name(authority);
  if (!name) return;
  if (scheme.starts_with("s3")) {
    out.add({Type::storage, "S3 bucket", *name});
  } else if (scheme == "gs") {
    out.add({Type::storage, "Google storage bucket", *name});
  } else {
    auto known = known_host(*name);
    out.add(known ? std::move(*known) : Endpoint{Type::storage, std::string(k_storage_account), *name});
  }
}

bool is_storage(const std::string& scheme) {
  static const std::array<std::string_view, 9> all{"abfs", "abfss", "wasb", "wasbs", "adl", "s3", "s3a", "s3n", "gs"};
  return std::find(all.begin(), all.end(), scheme) != all.end();
}

void find_urls(std::string_view text, std::string_view others_are, Finder& out) {
  constexpr std::string_view k_mark = "://";
  // Places within the platform have schemes too.
  constexpr std::array<std::string_view, 4> k_inside{"dbfs", "file", "models", "runs"};
  for (std::size_t at = text.find(k_mark); at != std::string_view::npos; at = text.find(k_mark, at + 1)) {
    const Scheme scheme = scheme_before(text, at);
    const std::string_view authority = authority_at(text, at + k_mark.size());
    if (is_storage(scheme.name)) {
      take_storage(scheme.name, authority, out);
    } else if (scheme.jdbc) {
      out.add_authority(authority, k_jdbc);
    } else if (!others_are.empty() && !scheme.name.empty() &&
               std::find(k_inside.begin(), k_inside.end(), scheme.name) == k_inside.end()) {
      out.add_authority(authority, others_are);
    }
  }
}

// jdbc:oracle:thin:scott/tiger@db.example:1521:orcl, jdbc:oracle:thin:@//db.example/service,
// jdbc:sqlserver://;serverName=db.example
void find_other_jdbc(std::string_view text, Finder& out) {
  constexpr std::string_view k_mark = "jdbc:";
  for (std::size_t at = text.find(k_mark); at != std::string_view::npos; at = text.find(k_mark, at + 1)) {
    std::size_t end = at;
    while (end < text.size() && !ends_token(text[end])) ++end;
    const std::string_view token = text.substr(at, end - at);
    constexpr std::string_view k_server = ";servername=";
    const std::string folded = base::lower(token);
    if (const std::size_t named = folded.find(k_server); named != std::string::npos) {
      const std::string_view rest = token.substr(named + k_server.size());
      out.add_host(rest.substr(0, rest.find_first_of(";\\,")), k_jdbc);
    } else if (const std::size_t user = token.rfind('@');
               user != std::string_view::npos && folded.starts_with("jdbc:oracle:")) {
      std::string_view host = token.substr(user + 1);
      while (host.starts_with('/')) host.remove_prefix(1);
      out.add_host(host.substr(0, host.find_first_of(":/,?;")), k_jdbc);
    }
  }
}

}  // namespace

std::vector<Endpoint> urls_in(std::string_view text, std::string_view what) {
  Finder out;
  find_known_hosts(text, out);
  find_urls(text, what, out);
  find_other_jdbc(text, out);
  return out.take();
}

std::vector<Endpoint> endpoints_in(std::string_view text) {
  return urls_in(text, {});
}

std::vector<Endpoint> hosts_in(std::string_view text, std::string_view what) {
  if (text.find("://") != std::string_view::npos || text.starts_with("jdbc:")) return urls_in(text, what);
  Finder out;
  const std::string_view authority = text.substr(0, text.find_first_of("/?; "));
  // Without a scheme a password cannot be told from a host: what is before an @ is somebody.
  out.add_authority(authority, what);
  return out.take();
}

}  // namespace holdfast::model
