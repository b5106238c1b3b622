#include <fmt/format.h>

#include "bench/load/loader.h"

namespace holdfast::bench {
namespace {

void append_field(std::string& out, std::string_view field) {
  for (const char c : field) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += c;
    }
  }
}

void append_nullable(std::string& out, const std::optional<std::string>& field) {
  if (field) {
    append_field(out, *field);
  } else {
    out += "\\N";
  }
}

}  // namespace

void append_line(std::string& out, const Aspect& aspect) {
  append_field(out, aspect.urn);
  out += '\t';
  append_field(out, aspect.aspect);
  out += fmt::format("\t{}\t", aspect.version);
  append_field(out, aspect.metadata);
  out += '\t';
  append_nullable(out, aspect.systemmetadata);
  out += fmt::format("\t{}\t", createdon_text(aspect));
  append_field(out, aspect.createdby);
  out += '\t';
  append_nullable(out, aspect.createdfor);
  out += '\n';
}

}  // namespace holdfast::bench
