#include "image/json.hpp"

namespace jobpod {
namespace {

constexpr int kMaxDepth = 64;

// Whether brackets nest deeper than kMaxDepth: the value tree is freed recursively, and a document of
// nothing but '[' must not cost a stack.
bool TooDeep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') ++i;
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > kMaxDepth) return true;
  }
  return false;
}

}  // namespace

Json ParseJson(std::string_view text) {
  if (TooDeep(text)) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

const Json& Member(const Json& object, const char* name) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

std::string Text(const Json& object, const char* name) {
  const Json& value = Member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::vector<std::string> TextList(const Json& object, const char* name) {
  std::vector<std::string> out;
  const Json& list = Member(object, name);
  if (!list.is_array()) return out;
  for (const Json& entry : list)
    if (entry.is_string()) out.push_back(entry.get<std::string>());
  return out;
}

std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 300)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out;
}

}  // namespace jobpod
