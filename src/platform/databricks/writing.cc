#include "platform/databricks/writing.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/suggest.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view k_setting = "writable";
constexpr std::string_view k_document = "docs/platforms/databricks.md";

std::string_view to_word(Writing what) noexcept {
  return what == Writing::cutover ? "cutover" : "resources";
}

bool covers(std::optional<Writing> open, Writing what) noexcept {
  return open && (*open == Writing::cutover || *open == what);
}

bool is_encrypted(const std::string& host) {
  return !host.starts_with("http://");
}

}  // namespace

std::optional<Writing> read_writing(const std::string& connector, const Settings& settings) {
  const std::optional<std::string> word = settings.text(k_setting);
  if (!word) return std::nullopt;
  // Else the environment of whoever types says which workspace it is, and another one tomorrow.
  if (!settings.text("host") && !settings.text("profile"))
    throw Error(ErrorKind::config, fmt::format("connector '{}' has {}, and names no workspace", connector, k_setting),
                "Add the host or the profile that is meant to be written to.");
  for (const Writing one : {Writing::resources, Writing::cutover})
    if (*word == to_word(one)) return one;
  throw Error(
      ErrorKind::config, fmt::format("{} of connector '{}' is \"{}\"", k_setting, connector, *word),
      base::hint_for(*word, {std::string(to_word(Writing::resources)), std::string(to_word(Writing::cutover))}));
}

bool needs_no_consent(const std::string& host, const Workspace& workspace) noexcept {
  return workspace.stand_in && !is_encrypted(host);
}

void WritingConsent::require(const WriteRequest& request, std::stop_token stop) {
  const bool open = covers(open_, request.what);
  if (!open && (is_encrypted(host_) || !needs_no_consent(host_, workspace(stop)))) refuse(request);
  if (request.workspace.empty()) return;
  const std::string& now = workspace(std::move(stop)).workspace_id;
  if (now == request.workspace) return;
  throw Error(
      ErrorKind::refused,
      fmt::format("connector '{}' leads to {}, and its newest snapshot is of workspace {}", connector_,
                  now.empty() ? "a workspace that does not say which it is" : "workspace " + now, request.workspace),
      fmt::format("Look where its host or profile leads, also behind a tunnel.  Give another workspace a "
                  "connector of its own: ids of one mean nothing in the other.  Where it is meant to lead there from "
                  "now on, \"holdfast backup {} --other-workspace\" says so.",
                  connector_));
}

void WritingConsent::refuse(const WriteRequest& request) const {
  const std::string by = request.verb.empty() ? std::string() : fmt::format(" by {}", request.verb);
  const std::string why = open_
                              ? fmt::format("{} = \"{}\" does not permit to set what fires", k_setting, to_word(*open_))
                              : fmt::format("holdfast.toml does not permit it, and {} is no stand-in", host_);
  throw Error(ErrorKind::refused, fmt::format("connector '{}' is not written to{}: {}", connector_, by, why),
              fmt::format("Nothing of this was tried on a real workspace yet: read \"Writing\" in {}, and what "
                          "docs/design/0005-cutover.md says was not tried, and try it on a scratch workspace first.  "
                          "Then add `{} = \"{}\"` to [connector.{}] in holdfast.toml.",
                          k_document, k_setting, to_word(request.what), connector_));
}

const Workspace& WritingConsent::workspace(std::stop_token stop) {
  const std::lock_guard lock(mutex_);
  if (!workspace_)
    workspace_ = base::in_context([&] { return fmt::format("looking where connector '{}' leads", connector_); },
                                  [&] { return look_(std::move(stop)); });
  return *workspace_;
}

Diagnosis diagnose_writing(std::optional<Writing> open, const std::string& host, const Workspace* workspace) {
  Diagnosis out{.level = Diagnosis::Level::note, .subject = "writing", .text = {}, .advice = {}};
  if (workspace != nullptr && needs_no_consent(host, *workspace)) {
    out.text = "open for all verbs: a stand-in";
  } else if (!open) {
    out.text = "closed: backups, comparisons and plans only";
    out.advice = fmt::format(
        "Where it is meant to be written to, read \"Writing\" in {0} and add {1} = \"resources\" to its section for "
        "restore, migrate and replicate.  A failover would be refused: that, failback, fence and activate need "
        "{1} = \"cutover\", on both sides.",
        k_document, k_setting);
  } else if (*open == Writing::resources) {
    out.text = "open for restore, migrate and replicate, which were tried on no real workspace yet";
    out.advice = fmt::format(
        "A failover would be refused: that, failback, fence and activate need {} = \"cutover\", on both sides.",
        k_setting);
  } else {
    out.text = "open for all verbs, failover too, which were tried on no real workspace yet";
    out.advice = fmt::format("Try them on a scratch workspace first, as {} says.", k_document);
  }
  return out;
}

}  // namespace holdfast::platform::databricks
