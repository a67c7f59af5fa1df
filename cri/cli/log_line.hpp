// Lines of a CRI log file: "2026-01-02T03:04:05.123456789Z stdout F text".
#pragma once

#include <string>
#include <string_view>

#include "base/status.hpp"

namespace jobpod::cli {

struct LogLine {
  bool error_stream = false;  // stderr
  bool partial = false;       // the text goes on in the stream's next line
  std::string_view time;
  std::string_view text;  // without the line's end
};

// Cuts one line (without '\n') into its parts. InvalidArgument when it is not of that form.
StatusOr<LogLine> ParseLogLine(std::string_view line);

}  // namespace jobpod::cli
