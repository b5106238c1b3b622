#include "ui/printers.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "base/json.h"
#include "support/fakes.h"

namespace {

using namespace holdfast;
using nlohmann::json;

// A file that is written by descriptor and read back.
class Captured {
public:
  Captured()
      : path_(folder_.path() + "/captured"), descriptor_(::open(path_.c_str(), O_CREAT | O_RDWR | O_TRUNC, 0600)) {}
  ~Captured() { ::close(descriptor_); }
  int descriptor() const { return descriptor_; }
  std::string text() const {
    std::string out;
    std::array<char, 4096> buffer{};
    off_t at = 0;
    while (true) {
      const ssize_t size = ::pread(descriptor_, buffer.data(), buffer.size(), at);
      if (size <= 0) return out;
      out.append(buffer.data(), static_cast<std::size_t>(size));
      at += size;
    }
  }
  std::vector<json> lines() const {
    std::vector<json> out;
    std::istringstream in(text());
    for (std::string line; std::getline(in, line);) out.push_back(json::parse(line));
    return out;
  }

private:
  test::TempFolder folder_;
  std::string path_;
  int descriptor_;
};

struct Printing {
  test::ManualClock clock{base::Instant{}};
  Captured output;
  Captured errors;
  std::unique_ptr<base::Events> open(ui::Format format, ui::Verbosity verbosity = ui::Verbosity::normal) {
    return ui::make_events({format, verbosity, ui::Color::none, output.descriptor(), errors.descriptor()}, clock);
  }
};

base::Progress rows(std::uint64_t count) {
  base::Progress out;
  out.phase = "reading catalog";
  out.rows = count;
  out.rows_total = 100;
  return out;
}

const std::vector<base::Fact> k_facts{ui::fact_text("snapshot", "7f3c9a12"), ui::fact_count("new", 1204),
                                      ui::fact_bytes("added_raw", 2048),
                                      ui::fact_duration("took", std::chrono::milliseconds(1500))};

TEST(PlainPrinter, reports_a_phase_at_its_begin_and_every_ten_seconds) {
  Printing printing;
  const auto events = printing.open(ui::Format::plain);
  for (std::uint64_t i = 0; i < 25; ++i) {
    events->progress(rows(i));
    printing.clock.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(printing.errors.text(),
            "reading catalog\n"
            "reading catalog: 10 of 100 rows, 1 min 30 s left\n"
            "reading catalog: 20 of 100 rows, 1 min 20 s left\n");
  EXPECT_EQ(printing.output.text(), "");
}

TEST(PlainPrinter, keeps_results_and_remarks_apart) {
  Printing printing;
  const auto events = printing.open(ui::Format::plain);
  events->note("one reader");
  events->detail("not shown");
  events->warning("a row failed");
  events->summary("backup", k_facts);
  EXPECT_EQ(printing.errors.text(), "one reader\nwarning: a row failed\n");
  EXPECT_EQ(printing.output.text(),
            "backup\n  snapshot   7f3c9a12\n  new        1,204\n  added raw  2.0 KiB\n  took       1.5 s\n");
}

TEST(PlainPrinter, says_only_what_is_wrong_when_quiet) {
  Printing printing;
  const auto events = printing.open(ui::Format::plain, ui::Verbosity::quiet);
  events->progress(rows(1));
  events->note("a note");
  events->summary("backup", k_facts);
  events->warning("a row failed");
  EXPECT_EQ(printing.output.text(), "");
  EXPECT_EQ(printing.errors.text(), "warning: a row failed\n");
}

TEST(PlainPrinter, shows_an_error_from_the_outside_in_with_its_hint) {
  Printing printing;
  base::Error error(base::ErrorKind::io, "disk full", "Make room.");
  error.add_frame("writing pack 7");
  error.add_frame("backing up catalog");
  printing.open(ui::Format::plain)->error(error);
  EXPECT_EQ(printing.errors.text(),
            "error: disk full\n  while backing up catalog\n  while writing pack 7\nhint: Make room.\n");
}

TEST(TerminalPrinter, redraws_ten_times_a_second_at_most) {
  Printing printing;
  const auto events = printing.open(ui::Format::terminal);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    events->progress(rows(i / 10));
    printing.clock.advance(std::chrono::milliseconds(1));
  }
  const std::string text = printing.errors.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\r'), 10);
}

TEST(TerminalPrinter, clears_the_bar_before_anything_else_is_said) {
  Printing printing;
  const auto events = printing.open(ui::Format::terminal);
  events->progress(rows(1));
  events->note("one reader");
  const std::string text = printing.errors.text();
  EXPECT_TRUE(text.ends_with("\r\x1b[Kone reader\n")) << text;
}

TEST(TerminalPrinter, leaves_no_bar_behind) {
  Printing printing;
  printing.open(ui::Format::terminal)->progress(rows(1));
  EXPECT_TRUE(printing.errors.text().ends_with("\r\x1b[K"));
}

TEST(TerminalPrinter, shows_colours_only_where_they_are_wanted) {
  Printing printing;
  printing.open(ui::Format::terminal)->warning("w");
  EXPECT_EQ(printing.errors.text(), "warning: w\n");
  Printing coloured;
  ui::make_events({ui::Format::terminal, ui::Verbosity::normal, ui::Color::ansi, coloured.output.descriptor(),
                   coloured.errors.descriptor()},
                  coloured.clock)
      ->warning("w");
  EXPECT_EQ(coloured.errors.text(), "\x1b[1;33mwarning:\x1b[0m w\n");
}

TEST(TerminalPrinter, disarms_what_others_named) {
  Printing printing;
  printing.open(ui::Format::terminal)->note("row \x1b]0;x\x07");
  EXPECT_EQ(printing.errors.text(), "row \\x1b]0;x\\x07\n");
}

TEST(JsonPrinter, writes_one_record_a_line) {
  Printing printing;
  const auto events = printing.open(ui::Format::json);
  events->progress(rows(5));
  events->note("one reader");
  events->warning("a row failed");
  events->summary("backup", k_facts);
  const auto lines = printing.output.lines();
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0]["type"], "progress");
  EXPECT_EQ(lines[0]["rows"], 5);
  EXPECT_EQ(lines[0]["rows_total"], 100);
  EXPECT_TRUE(lines[0]["bytes_total"].is_null()) << "what is not known is null, not missing";
  EXPECT_TRUE(lines[0]["seconds_left"].is_null());
  EXPECT_EQ(lines[1], (json{{"type", "note"}, {"text", "one reader"}}));
  EXPECT_EQ(lines[2]["type"], "warning");
  EXPECT_EQ(lines[3], (json{{"type", "summary"},
                            {"format_version", 1},
                            {"verb", "backup"},
                            {"snapshot", "7f3c9a12"},
                            {"new", 1204},
                            {"added_raw", 2048},
                            {"took", 1.5}}));
}

TEST(JsonPrinter, writes_an_error_as_a_record_to_the_errors) {
  Printing printing;
  base::Error error(base::ErrorKind::wrong_key, "no key slot opens", "Look for the other key.");
  error.add_frame("opening the repository");
  printing.open(ui::Format::json)->error(error);
  const auto lines = printing.errors.lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0], (json{{"type", "error"},
                            {"kind", "wrong_key"},
                            {"message", "no key slot opens"},
                            {"while", {"opening the repository"}},
                            {"hint", "Look for the other key."},
                            {"exit_code", 12}}));
}

TEST(JsonPrinter, thins_progress_out_to_one_line_a_second) {
  Printing printing;
  const auto events = printing.open(ui::Format::json);
  for (std::uint64_t i = 0; i < 3000; ++i) {
    events->progress(rows(i / 100));
    printing.clock.advance(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(printing.output.lines().size(), 3u);
}

}  // namespace
