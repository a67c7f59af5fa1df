#include "cri/cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace jobpod::cli {
namespace {

std::string Clean(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

std::string RenderTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      text += last ? Clean(row[i]) + "\n" : fmt::format("{:<{}}  ", Clean(row[i]), widths[i]);
    }
  }
  return text;
}

std::string Ago(int64_t then, int64_t now) {
  struct Unit {
    int64_t seconds;
    const char* name;
  };
  constexpr std::array<Unit, 4> kUnits = {{{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}}};
  const int64_t seconds = std::max<int64_t>(0, (now - then) / 1'000'000'000);
  for (const Unit& unit : kUnits) {
    const int64_t count = seconds / unit.seconds;
    if (count > 0) return fmt::format("{} {}{} ago", count, unit.name, count == 1 ? "" : "s");
  }
  return "now";
}

std::string ShortId(std::string id) {
  if (const size_t colon = id.find(':'); colon != std::string::npos) id.erase(0, colon + 1);
  return id.substr(0, 13);
}

}  // namespace jobpod::cli
