#include "model/endpoint.h"

#include <gtest/gtest.h>

namespace holdfast::model {
namespace {

// "storage account lakeeast", each on its own.
std::vector<std::string> told(const std::vector<Endpoint>& endpoints) {
  std::vector<std::string> out;
  for (const Endpoint& one : endpoints)
    out.push_back((one.type == Endpoint::Type::storage ? "storage: " : "service: ") + one.what + " " + one.name);
  return out;
}
using Told = std::vector<std::string>;

TEST(Endpoint, is_one_storage_account_by_whichever_of_its_names) {
  const Told lake{"storage: storage account lakeeast"};
  EXPECT_EQ(told(endpoints_in("abfss://raw@lakeeast.dfs.core.windows.net/orders/")), lake);
  EXPECT_EQ(told(endpoints_in("wasbs://raw@LakeEast.blob.core.windows.net")), lake);
  EXPECT_EQ(told(endpoints_in("fs.azure.account.key.lakeeast.dfs.core.windows.net")), lake);
  EXPECT_EQ(told(endpoints_in("fs.azure.sas.raw.lakeeast.blob.core.usgovcloudapi.net")), lake);
  EXPECT_EQ(told(endpoints_in("https://lakeeast-secondary.blob.core.windows.net/raw?sig=abc")), lake);
  EXPECT_EQ(told(endpoints_in("lakeeast.privatelink.dfs.core.windows.net")), lake);
  EXPECT_EQ(told(endpoints_in("https://lakeeast.z6.blob.storage.azure.net/raw")), lake);
  EXPECT_EQ(told(endpoints_in("abfss://a@lakeeast.dfs.core.windows.net and abfss://b@lakeeast.dfs.core.windows.net")),
            lake);
}

TEST(Endpoint, is_storage_of_other_schemes_too) {
  EXPECT_EQ(told(endpoints_in("adl://oldlake.azuredatalakestore.net/x")),
            (Told{"storage: Data Lake Store of the first generation oldlake"}));
  EXPECT_EQ(told(endpoints_in("s3a://raw-zone/orders, gs://models")),
            (Told{"storage: S3 bucket raw-zone", "storage: Google storage bucket models"}));
  EXPECT_EQ(told(endpoints_in("abfss://raw@lake.example.test/x")),
            (Told{"storage: storage account lake.example.test"}));
  EXPECT_EQ(told(endpoints_in("abfss://work@onelake.dfs.fabric.microsoft.com/x")),
            (Told{"service: OneLake onelake.dfs.fabric.microsoft.com"}));
}

TEST(Endpoint, is_the_host_of_a_jdbc_url_and_nothing_else_of_it) {
  const Told db{"service: database (JDBC) db.example.test"};
  EXPECT_EQ(told(endpoints_in("jdbc:postgresql://etl:pa55@db.example.test:5432/shop?sslmode=require")), db);
  EXPECT_EQ(told(endpoints_in("jdbc:postgresql://etl:pa/55:9@db.example.test:5432/shop")), db)
      << "a password may hold what ends a host";
  EXPECT_EQ(told(endpoints_in("jdbc:sqlserver://db.example.test:1433;user=a@b;password=x;database=shop")), db);
  EXPECT_EQ(told(endpoints_in("jdbc:sqlserver://;serverName=db.example.test;password=x@y")), db);
  EXPECT_EQ(told(endpoints_in("jdbc:oracle:thin:scott/tiger@db.example.test:1521:orcl")), db);
  EXPECT_EQ(told(endpoints_in("jdbc:oracle:thin:@//db.example.test:1521/service")), db);
  EXPECT_EQ(told(endpoints_in("jdbc:mysql://a.example.test:3306,b.example.test/shop")),
            (Told{"service: database (JDBC) a.example.test", "service: database (JDBC) b.example.test"}));
  EXPECT_EQ(told(endpoints_in("jdbc:sqlserver://sales.database.windows.net:1433")),
            (Told{"service: SQL database sales.database.windows.net"}));
}

TEST(Endpoint, is_never_made_of_what_may_be_a_password) {
  EXPECT_EQ(told(urls_in("https://etl:pa:ss", "URL")), Told{});
  EXPECT_EQ(told(urls_in("https://{{secrets/scope/host}}/x", "URL")), Told{});
  EXPECT_EQ(told(urls_in("https://user:secret@host.example.test/x?token=abc", "URL")),
            (Told{"service: URL host.example.test"}));
  EXPECT_EQ(told(hosts_in("user:secret@host.example.test:9092", "broker")),
            (Told{"service: broker host.example.test"}));
}

TEST(Endpoint, is_told_by_the_name_of_its_host) {
  EXPECT_EQ(told(endpoints_in("Endpoint=sb://orders.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=b=")),
            (Told{"service: Event Hubs or Service Bus orders.servicebus.windows.net"}));
  EXPECT_EQ(told(endpoints_in("https://kv-data.vault.azure.test/")),
            (Told{"service: key vault kv-data.vault.azure.test"}));
  EXPECT_EQ(told(endpoints_in("images.azurecr.io/etl:3")), (Told{"service: container registry images.azurecr.io"}));
}

TEST(Endpoint, is_any_url_only_where_that_was_asked_for) {
  EXPECT_EQ(told(endpoints_in("see https://wiki.example.test/etl")), Told{});
  EXPECT_EQ(told(urls_in("https://pypi.example.test/simple", "package index")),
            (Told{"service: package index pypi.example.test"}));
  EXPECT_EQ(told(urls_in("dbfs://x/y file://z/q", "URL")), Told{}) << "these lie within";
}

TEST(Endpoint, is_each_of_several_hosts) {
  EXPECT_EQ(told(hosts_in("a.example.test:9092,b.example.test:9092", "broker")),
            (Told{"service: broker a.example.test", "service: broker b.example.test"}));
  EXPECT_EQ(told(hosts_in("https://git.example.test/data/etl.git", "git host")),
            (Told{"service: git host git.example.test"}));
  EXPECT_EQ(told(hosts_in("db.example.test", "connection")), (Told{"service: connection db.example.test"}));
}

}  // namespace
}  // namespace holdfast::model
