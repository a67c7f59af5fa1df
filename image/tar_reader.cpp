#include "image/tar_reader.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "image/tar_pax.hpp"

namespace jobpod {
namespace {

constexpr uint64_t kMaxExtension = 1u << 20;
constexpr uint64_t kMaxGlobal = 64u << 10;  // it is applied to every entry

uint64_t PaddingOf(uint64_t size) {
  return (kTarBlock - size % kTarBlock) % kTarBlock;
}

bool IsFile(char type) {
  return type == '0' || type == '\0' || type == '7';
}

// Links, directories and nodes carry no content, whatever their size field says.
bool HasContent(char type) {
  return type < '1' || type > '6';
}

// Several extension headers may stand before one entry.
Status CheckRecords(const PaxRecords& records, uint64_t most) {
  uint64_t bytes = 0;
  for (const auto& [key, value] : records) bytes += key.size() + value.size();
  if (bytes <= most) return absl::OkStatus();
  return absl::ResourceExhaustedError(Concat("its pax records take more than the allowed ", most, " bytes"));
}

}  // namespace

struct TarReader::Prefixes {
  PaxRecords records;
  std::optional<std::string> long_name, long_link;
};

Status TarReader::At(uint64_t offset, const Status& status) const {
  return Annotate(status, Concat("the tar entry at offset ", offset));
}

Status TarReader::CutOff() const {
  return absl::DataLossError(Concat("the tar stream is cut off at offset ", offset_, "; fetch it again"));
}

StatusOr<std::string_view> TarReader::Take(uint64_t most) {
  if (piece_.empty()) {
    ASSIGN_OR_RETURN(piece_, stream_.Next());
  }
  std::string_view taken = piece_.substr(0, static_cast<size_t>(std::min<uint64_t>(most, piece_.size())));
  piece_.remove_prefix(taken.size());
  offset_ += taken.size();
  return taken;
}

// False when the stream ends before the block begins.
StatusOr<bool> TarReader::ReadBlock(char (&block)[kTarBlock]) {
  size_t filled = 0;
  while (filled < kTarBlock) {
    ASSIGN_OR_RETURN(std::string_view part, Take(kTarBlock - filled));
    if (part.empty() && filled == 0) return false;
    if (part.empty()) return CutOff();
    memcpy(block + filled, part.data(), part.size());
    filled += part.size();
  }
  return true;
}

// The archive ends with two blocks of zeros, or, carelessly made, with one or none.
StatusOr<bool> TarReader::ReadHeader(TarHeader& header) {
  char block[kTarBlock];
  uint64_t begin = offset_;
  ASSIGN_OR_RETURN(bool more, ReadBlock(block));
  if (!more) return false;
  if (IsZeroBlock({block, kTarBlock})) {
    ASSIGN_OR_RETURN(more, ReadBlock(block));
    if (!more || IsZeroBlock({block, kTarBlock})) return false;
    return At(begin, absl::InvalidArgumentError("an empty header stands in the middle of the archive"));
  }
  if (++entries_ > limits_.max_entries) {
    return absl::ResourceExhaustedError(
        Concat("the layer has more than the allowed ", limits_.max_entries, " entries"));
  }
  StatusOr<TarHeader> parsed = ParseTarHeader({block, kTarBlock});
  if (!parsed.ok()) return At(begin, parsed.status());
  header = *std::move(parsed);
  return true;
}

StatusOr<std::string> TarReader::ReadExtension(const TarHeader& header) {
  if (header.size > kMaxExtension) {
    return absl::ResourceExhaustedError(Concat("its extension header announces ", header.size,
                                               " bytes, more than the allowed ", kMaxExtension));
  }
  std::string text;
  content_ = header.size;
  padding_ = PaddingOf(header.size);
  while (content_ > 0) {
    ASSIGN_OR_RETURN(std::string_view part, Content());
    text.append(part);
  }
  RETURN_IF_ERROR(SkipContent());
  return text;
}

// True when the header only said something about entries to come.
StatusOr<bool> TarReader::TakeExtension(const TarHeader& header, Prefixes& prefixes) {
  if (std::string_view("xgLK").find(header.type) == std::string_view::npos) return false;
  ASSIGN_OR_RETURN(std::string text, ReadExtension(header));
  switch (header.type) {
    case 'x':
      RETURN_IF_ERROR(ParsePaxRecords(text, prefixes.records));
      RETURN_IF_ERROR(CheckRecords(prefixes.records, kMaxExtension));
      return true;
    case 'g':
      RETURN_IF_ERROR(ParsePaxRecords(text, global_));
      std::erase_if(global_, [](const auto& record) { return record.second.empty(); });
      RETURN_IF_ERROR(CheckRecords(global_, kMaxGlobal));
      return true;
    case 'L':
      prefixes.long_name = text.substr(0, text.find('\0'));
      return true;
    default:
      prefixes.long_link = text.substr(0, text.find('\0'));
      return true;
  }
}

Status TarReader::Fill(TarHeader header, Prefixes& prefixes, TarEntry& entry) {
  entry = TarEntry{.type = header.type, .path = std::move(header.name), .link = std::move(header.link)};
  entry.size = header.size;
  entry.mode = header.mode;
  entry.uid = header.uid;
  entry.gid = header.gid;
  entry.mtime = header.mtime;
  PaxRecords records = std::move(prefixes.records);
  records.insert(global_.begin(), global_.end());
  RETURN_IF_ERROR(ApplyPaxRecords(records, entry));
  if (prefixes.long_name) entry.path = *std::move(prefixes.long_name);
  if (prefixes.long_link) entry.link = *std::move(prefixes.long_link);
  entry.sparse = entry.sparse || entry.type == 'S';
  if (IsFile(entry.type)) entry.type = entry.path.ends_with('/') ? '5' : '0';
  if (!HasContent(header.type)) entry.size = 0;
  if (entry.size > limits_.max_bytes) {
    return absl::ResourceExhaustedError(
        Concat("it announces ", entry.size, " bytes, more than the allowed ", limits_.max_bytes));
  }
  content_ = entry.size;
  padding_ = PaddingOf(entry.size);
  return absl::OkStatus();
}

StatusOr<bool> TarReader::Next(TarEntry& entry) {
  RETURN_IF_ERROR(SkipContent());
  Prefixes prefixes;
  TarHeader header;
  bool extended = false;  // an entry must follow
  for (;;) {
    uint64_t begin = offset_;
    ASSIGN_OR_RETURN(bool more, ReadHeader(header));
    if (!more && extended) return CutOff();
    if (!more) return false;
    StatusOr<bool> taken = TakeExtension(header, prefixes);
    if (!taken.ok()) return At(begin, taken.status());
    extended = *taken && header.type != 'g';
    if (*taken) continue;
    RETURN_IF_ERROR(At(begin, Fill(std::move(header), prefixes, entry)));
    return true;
  }
}

StatusOr<std::string_view> TarReader::Content() {
  if (content_ == 0) return std::string_view();
  ASSIGN_OR_RETURN(std::string_view part, Take(content_));
  if (part.empty()) return CutOff();
  content_ -= part.size();
  return part;
}

// The last entry's padding may be missing.
Status TarReader::SkipContent() {
  while (content_ > 0) RETURN_IF_ERROR(Content().status());
  while (padding_ > 0) {
    ASSIGN_OR_RETURN(std::string_view part, Take(padding_));
    padding_ = part.empty() ? 0 : padding_ - part.size();
  }
  return absl::OkStatus();
}

Status TarReader::Drain() {
  for (;;) {
    ASSIGN_OR_RETURN(std::string_view part, Take(kMaxExtension));
    if (part.empty()) return absl::OkStatus();
  }
}

}  // namespace jobpod
