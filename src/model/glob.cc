#include "model/glob.h"

#include <cstddef>

namespace holdfast::model {

namespace {

// Goes on with the pattern at `pattern`, which may be tried again with more of the text before it.
struct Retry {
  std::size_t pattern = std::string_view::npos;
  std::size_t text = 0;
  bool whole_components = false;
  bool set() const noexcept { return pattern != std::string_view::npos; }
};

class PathMatch {
public:
  PathMatch(std::string_view pattern, std::string_view text) noexcept : pattern_(pattern), text_(text) {}

  bool run() noexcept {
    for (;;) {
      if (p_ == pattern_.size() && t_ == text_.size()) return true;
      if (p_ < pattern_.size() && step()) continue;
      if (!retry()) return false;
    }
  }

private:
  // Takes the next item of the pattern; false where the text does not fit.
  bool step() noexcept {
    if (pattern_[p_] == '*') {
      star();
      return true;
    }
    if (t_ == text_.size()) return false;
    const bool escaped = pattern_[p_] == '\\' && p_ + 1 < pattern_.size();
    const bool fits =
        !escaped && pattern_[p_] == '?' ? text_[t_] != '/' : pattern_[p_ + (escaped ? 1 : 0)] == text_[t_];
    if (!fits) return false;
    p_ += escaped ? 2 : 1;
    ++t_;
    return true;
  }

  void star() noexcept {
    const bool deep = pattern_.substr(p_).starts_with("**");
    if (!deep) {
      shallow_ = {.pattern = ++p_, .text = t_};
      return;
    }
    const bool behind_slash = p_ > 0 && pattern_[p_ - 1] == '/';
    while (p_ < pattern_.size() && pattern_[p_] == '*') ++p_;
    const bool whole = behind_slash && p_ < pattern_.size() && pattern_[p_] == '/';
    if (whole) ++p_;
    // What comes before a ** has been matched as early as it can be: no earlier choice can do better.
    deep_ = {.pattern = p_, .text = t_, .whole_components = whole};
    shallow_ = {};
  }

  bool retry() noexcept {
    if (shallow_.set() && shallow_.text < text_.size() && text_[shallow_.text] != '/') {
      p_ = shallow_.pattern;
      t_ = ++shallow_.text;
      return true;
    }
    if (!deep_.set() || deep_.text >= text_.size()) return false;
    if (deep_.whole_components) {
      const std::size_t slash = text_.find('/', deep_.text);
      if (slash == std::string_view::npos) return false;
      deep_.text = slash;
    }
    p_ = deep_.pattern;
    t_ = ++deep_.text;
    shallow_ = {};
    return true;
  }

  const std::string_view pattern_;
  const std::string_view text_;
  std::size_t p_ = 0;
  std::size_t t_ = 0;
  Retry shallow_;
  Retry deep_;
};

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool path_match(std::string_view pattern, std::string_view path) noexcept {
  return PathMatch(pattern, path).run();
}

std::string path_prefix(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size() && pattern[i] != '*' && pattern[i] != '?'; ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    out.push_back(pattern[i]);
  }
  return out;
}

}  // namespace holdfast::model
