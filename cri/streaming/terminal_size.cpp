#include "cri/streaming/terminal_size.hpp"

#include <nlohmann/json.hpp>

namespace jobpod::streaming {
namespace {

constexpr size_t kMostBytes = 1024;
using Json = nlohmann::json;

uint16_t Number(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return 0;
  const auto number = found->get<uint64_t>();
  return number > UINT16_MAX ? 0 : static_cast<uint16_t>(number);
}

std::optional<TerminalSize> Parse(const std::string& text) {
  const Json object = Json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const TerminalSize size{Number(object, "Width"), Number(object, "Height")};
  if (size.width == 0 || size.height == 0) return std::nullopt;
  return size;
}

}  // namespace

std::optional<TerminalSize> TerminalSizeReader::Feed(std::string_view piece) {
  std::optional<TerminalSize> last;
  while (!piece.empty() && !broken_) {
    const size_t end = std::min(piece.find('}'), piece.size() - 1) + 1;
    object_ += piece.substr(0, std::min(end, kMostBytes + 1));
    piece.remove_prefix(end);
    broken_ = object_.size() > kMostBytes;
    if (object_.back() != '}') continue;
    if (const auto size = Parse(object_)) last = size;
    object_.clear();
  }
  return last;
}

}  // namespace jobpod::streaming
