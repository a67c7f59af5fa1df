// CRI log files as their readers see them.
#pragma once

#include <string>
#include <vector>

namespace jobpod::test {

struct LogLine {
  std::string time, stream, tag, text;
};
std::vector<LogLine> ReadLog(const std::string& path);
// The text of one stream ("" = both) put together: partial lines joined, full ones ended with a newline.
std::string LogText(const std::string& path, const std::string& stream = "");

}  // namespace jobpod::test
