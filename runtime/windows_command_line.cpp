#include "runtime/windows_command_line.hpp"

#include <optional>

namespace jobpod {
namespace {

constexpr size_t kMaxCommandLine = 32766;

bool NeedsQuotes(std::string_view argument) {
  return argument.empty() || argument.find_first_of(" \t\n\v") != std::string_view::npos;
}

bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

// One word off the front of `line`, as CommandLineToArgvW reads it; nothing when a quote has no end.
std::optional<std::string> TakeWord(std::string_view& line) {
  std::string word;
  bool quoted = false;
  size_t at = 0;
  for (size_t backslashes = 0; at < line.size() && (quoted || !IsBlank(line[at])); ++at) {
    if (line[at] == '\\') {
      ++backslashes;
      word += '\\';
      continue;
    }
    if (line[at] == '"') {
      word.resize(word.size() - (backslashes + 1) / 2);
      if (backslashes % 2 == 1) {
        word += '"';
      } else {
        quoted = !quoted;
      }
    } else {
      word += line[at];
    }
    backslashes = 0;
  }
  line.remove_prefix(at);
  return quoted ? std::nullopt : std::optional(std::move(word));
}

std::string_view WithoutBlanks(std::string_view line) {
  while (!line.empty() && IsBlank(line[0])) line.remove_prefix(1);
  return line;
}

}  // namespace

StatusOr<std::vector<std::string>> SplitCommandLine(std::string_view line) {
  std::vector<std::string> words;
  const std::string_view whole = line;
  for (line = WithoutBlanks(line); !line.empty(); line = WithoutBlanks(line)) {
    auto word = TakeWord(line);
    if (!word) return absl::InvalidArgumentError(Concat("no ending quotation mark found in command: ", whole));
    words.push_back(*std::move(word));
  }
  return words;
}

size_t EndOfWords(std::string_view line, size_t words) {
  std::string_view rest = line;
  for (; words > 0; --words) {
    rest = WithoutBlanks(rest);
    TakeWord(rest);
  }
  return line.size() - rest.size();
}

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

StatusOr<std::string> CommandLineFor(const std::vector<std::string>& arguments, const std::string& line,
                                     size_t words) {
  if (!line.empty()) {
    if (words <= 1) return line;
    const size_t end = EndOfWords(line, words);
    return Concat("\"", WithoutBlanks(line.substr(0, end)), "\"", line.substr(end));
  }
  if (words <= 1) return JoinCommandLine(arguments);
  std::vector<std::string> joined{arguments[0]};
  for (size_t i = 1; i < words; ++i) joined[0] += " " + arguments[i];
  joined.insert(joined.end(), arguments.begin() + static_cast<ptrdiff_t>(words), arguments.end());
  return JoinCommandLine(joined);
}

}  // namespace jobpod
