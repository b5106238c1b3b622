#include "model/kind_fields.h"

#include <gtest/gtest.h>

namespace holdfast::model {
namespace {

Kind kind_of(std::vector<KeyPart> key) {
  return {.collection = {.name = "things", .key = std::move(key), .columns = {}}};
}

TEST(SelectionFields, find_the_id_where_it_costs_least) {
  Kind shared = kind_of({{"name", KeyPartType::text}, {"job_id", KeyPartType::integer}});
  shared.names = Names::shared;
  shared.id = "job_id";
  EXPECT_EQ(selection_fields(shared), (std::vector<Field>{{.word = "id", .in = "job_id"}}));
  Kind unique = kind_of({{"name", KeyPartType::text}});
  EXPECT_EQ(selection_fields(unique), (std::vector<Field>{{.word = "id", .in = "name"}}));
  unique.id = "policy_id";
  EXPECT_EQ(selection_fields(unique), (std::vector<Field>{{.word = "id", .in = "body", .path = "policy_id"}}));
}

TEST(SelectionFields, are_those_that_the_kind_has) {
  Kind kind = kind_of({{"name", KeyPartType::text}});
  kind.creator = "creator_user_name";
  kind.tags = "settings.tags";
  const std::vector<Field> expected{{.word = "id", .in = "name"},
                                    {.word = "creator", .in = "body", .path = "creator_user_name"},
                                    {.word = "tag", .in = "body", .path = "settings.tags"}};
  EXPECT_EQ(selection_fields(kind), expected);
}

}  // namespace
}  // namespace holdfast::model
