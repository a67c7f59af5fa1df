#include "test/suite/log_lines.hpp"

#include <sstream>

#include "test/harness/process.hpp"

namespace jobpod::test {

std::vector<LogLine> ReadLog(const std::string& path) {
  std::vector<LogLine> lines;
  std::istringstream text(Slurp(path));
  for (std::string line; std::getline(text, line);) {
    const size_t first = line.find(' '), second = line.find(' ', first + 1),
                 third = line.find(' ', second + 1);
    if (third == std::string::npos) {
      lines.push_back({"", "malformed", "", line});
      continue;
    }
    lines.push_back({line.substr(0, first), line.substr(first + 1, second - first - 1),
                     line.substr(second + 1, third - second - 1), line.substr(third + 1)});
  }
  return lines;
}

std::string LogText(const std::string& path, const std::string& stream) {
  std::string text;
  for (const LogLine& line : ReadLog(path)) {
    if (!stream.empty() && line.stream != stream) continue;
    text += line.text;
    if (line.tag == "F") text += '\n';
  }
  return text;
}

}  // namespace jobpod::test
