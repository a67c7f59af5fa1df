#include "image/layer_record.hpp"

#include <charconv>

#include "base/file.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxRecord = 64u << 20;

// Takes a number and the byte behind it off the text.
bool TakeNumber(std::string_view& text, char end, uint64_t& out) {
  const char* const last = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), last, out);
  if (error != std::errc() || at == last || *at != end) return false;
  text.remove_prefix(static_cast<size_t>(at - text.data()) + 1);
  return true;
}

bool TakeName(std::string_view& text, std::string& out) {
  const size_t end = text.find('\0');
  if (end == std::string_view::npos) return false;
  out = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

bool Parse(std::string_view text, LayerRecord& out) {
  uint64_t count = 0;
  if (!TakeNumber(text, ' ', out.size.disk_bytes) || !TakeNumber(text, ' ', out.size.inodes) ||
      !TakeNumber(text, '\n', count) || count > text.size())
    return false;
  out.implied.resize(count);
  for (std::string& name : out.implied)
    if (!TakeName(text, name)) return false;
  return text.empty();
}

}  // namespace

std::string FormatLayerRecord(const LayerRecord& record) {
  std::string text =
      Concat(record.size.disk_bytes, " ", record.size.inodes, " ", record.implied.size(), "\n");
  for (const std::string& path : record.implied) text.append(path).push_back('\0');
  return text;
}

StatusOr<LayerRecord> ParseLayerRecord(std::string_view text) {
  LayerRecord record;
  if (Parse(text, record)) return record;
  return absl::DataLossError("its record is damaged");
}

std::string LayerRecordPath(const std::string& directory) {
  return Concat(directory, kLayerRecordEnd);
}

StatusOr<LayerRecord> ReadLayerRecord(const std::string& directory) {
  const auto text = ReadFile(LayerRecordPath(directory), kMaxRecord);
  if (absl::IsNotFound(text.status())) return absl::DataLossError("it has no record, so it was never whole");
  RETURN_IF_ERROR(text.status());
  return ParseLayerRecord(*text);
}

}  // namespace jobpod
