#include "cri/cli/log_line.hpp"

namespace jobpod::cli {
namespace {

// Takes the text before the next space off the front of `rest`; nothing when there is no space.
std::string_view NextWord(std::string_view& rest) {
  const size_t space = rest.find(' ');
  if (space == std::string_view::npos) return {};
  const std::string_view word = rest.substr(0, space);
  rest.remove_prefix(space + 1);
  return word;
}

}  // namespace

StatusOr<LogLine> ParseLogLine(std::string_view line) {
  LogLine result;
  std::string_view rest = line;
  result.time = NextWord(rest);
  const std::string_view stream = NextWord(rest);
  const std::string_view tags = NextWord(rest);  // further tags may follow behind a colon
  const std::string_view first = tags.substr(0, tags.find(':'));
  if (result.time.empty() || (stream != "stdout" && stream != "stderr") || (first != "F" && first != "P")) {
    return absl::InvalidArgumentError("not a line of a CRI log");
  }
  result.error_stream = stream == "stderr";
  result.partial = first == "P";
  result.text = rest;
  return result;
}

}  // namespace jobpod::cli
