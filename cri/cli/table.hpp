// Text columns, and times as people say them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jobpod::cli {

// Rows of cells under a head, each column as wide as its widest cell. Control characters become '?'.
std::string RenderTable(const std::vector<std::vector<std::string>>& rows);

// "5 seconds ago", "3 hours ago"; both in nanoseconds since the epoch.
std::string Ago(int64_t then, int64_t now);

// The first 13 digits of an id, "sha256:" left out: what the other commands take.
std::string ShortId(std::string id);

}  // namespace jobpod::cli
