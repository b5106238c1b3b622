// Where the clouds of Azure are: each has its own directory and its own management.
#pragma once

#include "platform/databricks/profile.h"

namespace holdfast::platform::databricks {

struct AzureAddresses {
  const char* login;
  const char* management;
  const char* management_audience;  // whom tokens for the management are for
};
constexpr AzureAddresses addresses_of(AzureCloud cloud) noexcept {
  switch (cloud) {
    case AzureCloud::us_government:
      return {.login = "https://login.microsoftonline.us",
              .management = "https://management.usgovcloudapi.net",
              .management_audience = "https://management.core.usgovcloudapi.net/"};
    case AzureCloud::china:
      return {.login = "https://login.chinacloudapi.cn",
              .management = "https://management.chinacloudapi.cn",
              .management_audience = "https://management.core.chinacloudapi.cn/"};
    case AzureCloud::everywhere:
      break;
  }
  return {.login = "https://login.microsoftonline.com",
          .management = "https://management.azure.com",
          .management_audience = "https://management.core.windows.net/"};
}

}  // namespace holdfast::platform::databricks
