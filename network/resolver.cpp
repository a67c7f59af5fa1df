#include "network/resolver.hpp"

#include <algorithm>

namespace jobpod {
namespace {

bool IsOneWord(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c != 127; });
}

std::string Line(const char* keyword, const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (IsOneWord(word)) line += " " + word;
  }
  return line.empty() ? line : keyword + line + "\n";
}

}  // namespace

std::string ResolverText(const ResolverConfig& config) {
  std::string text = Line("search", config.searches);
  for (const std::string& server : config.servers) text += Line("nameserver", {server});
  return text + Line("options", config.options);
}

}  // namespace jobpod
