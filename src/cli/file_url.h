// file:// URLs.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::cli {

// "/var/lib/holdfast" from "file:///var/lib/holdfast"; %20 and the like are decoded.  Throws Error{config} for a
// relative path or a host: what folder a cron job would take it for is anybody's guess.
std::string file_url_path(std::string_view url);

}  // namespace holdfast::cli
