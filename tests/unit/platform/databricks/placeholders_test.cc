#include "platform/databricks/placeholders.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace holdfast::platform::databricks {
namespace {

using model::JsonText;

TEST(Placeholders, say_which_call_needs_what_an_answer_has_not_and_what_to_do) {
  const JsonText answer(R"({"other":1})");
  const Ask ask{.path = "/api/2.0/secrets/list", .query = {{"scope", "{name}"}}};
  try {
    (void)fill(ask, {&answer});
    ADD_FAILURE() << "nothing was missing";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
    EXPECT_EQ(error.message(), "the platform's answer has no 'name', which /api/2.0/secrets/list asks for");
    // No flag shows an answer.
    EXPECT_EQ(error.hint(),
              "Run the command again; where it says the same, the platform has changed its API, and a newer version of "
              "holdfast may know that.");
  }
}

TEST(Placeholders, take_texts_numbers_and_booleans) {
  const JsonText json(R"({"a":{"t":"x","n":1.10,"yes":true,"list":[1],"no":null}})");
  EXPECT_EQ(scalar_at(json, "a.t"), "x");
  EXPECT_EQ(scalar_at(json, "a.n"), "1.10");
  EXPECT_EQ(scalar_at(json, "a.yes"), "true");
  for (const char* none : {"a", "a.list", "a.no", "a.t.x", "b"}) EXPECT_EQ(scalar_at(json, none), "") << none;
}

}  // namespace
}  // namespace holdfast::platform::databricks
