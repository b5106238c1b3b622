// A file descriptor to which results are written.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::ui {

// Buffers up to 64 KiB.  Not thread-safe.  Throws Error{io} when the other side is gone or the disk is full: a result
// that was cut off must not end with exit code 0.
class Output {
public:
  explicit Output(int descriptor) : descriptor_(descriptor) {}
  ~Output();  // writes what is left, as far as it can
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  void write(std::string_view text);
  void line(std::string_view text);
  void flush();

private:
  int descriptor_;
  std::string buffer_;
};

// False when not everything could be written; errno says why.
bool write_all(int descriptor, std::string_view bytes) noexcept;
bool is_terminal(int descriptor) noexcept;
// Columns of the terminal; 80 where nobody says.
unsigned terminal_columns(int descriptor) noexcept;

}  // namespace holdfast::ui
