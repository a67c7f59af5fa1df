#include "runtime/windows_command_line.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxCommandLine = 32766;

bool NeedsQuotes(std::string_view argument) {
  return argument.empty() || argument.find_first_of(" \t\n\v") != std::string_view::npos;
}

}  // namespace

std::string QuoteArgument(std::string_view argument) {
  const bool quotes = NeedsQuotes(argument);
  std::string out(quotes ? 1 : 0, '"');
  size_t backslashes = 0;
  for (char c : argument) {
    if (c == '"') out.append(backslashes + 1, '\\');
    backslashes = c == '\\' ? backslashes + 1 : 0;
    out += c;
  }
  if (quotes) out.append(backslashes, '\\').append(1, '"');
  return out;
}

StatusOr<std::string> JoinCommandLine(const std::vector<std::string>& arguments) {
  std::string line;
  for (const std::string& argument : arguments) {
    if (argument.find('\0') != std::string::npos) {
      return absl::InvalidArgumentError("an argument of the command has a NUL in it");
    }
    if (!line.empty()) line += ' ';
    line += QuoteArgument(argument);
  }
  if (line.size() > kMaxCommandLine) {
    return absl::InvalidArgumentError(
        Concat("the command line has ", line.size(), " characters; Windows takes ", kMaxCommandLine));
  }
  return line;
}

}  // namespace jobpod
