#include "cli/file_url.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace {

using holdfast::cli::file_url_path;

TEST(FileUrl, names_an_absolute_folder) {
  EXPECT_EQ(file_url_path("file:///var/lib/holdfast"), "/var/lib/holdfast");
  EXPECT_EQ(file_url_path("file:///var/lib/holdfast//"), "/var/lib/holdfast");
  EXPECT_EQ(file_url_path("file:///a%20b"), "/a b");
  EXPECT_EQ(file_url_path("file:///"), "/");
}

TEST(FileUrl, refuses_what_names_no_certain_folder) {
  for (const char* url :
       {"file://relative", "file://host/path", "file:/x", "/x", "file:///x%2", "file:///x%zz", "file:///x%00y", ""}) {
    try {
      file_url_path(url);
      ADD_FAILURE() << url << " was taken";
    } catch (const holdfast::base::Error& error) {
      EXPECT_NE(error.message().find(url), std::string::npos) << error.message();
      EXPECT_FALSE(error.hint().empty()) << url;
    }
  }
}

}  // namespace
