#include "image/tar_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace jobpod {
namespace {

struct Field {
  size_t offset, size;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUid{108, 8}, kGid{116, 8}, kSize{124, 12}, kMtime{136, 12},
    kChecksum{148, 8}, kLink{157, 100}, kMagic{257, 6}, kPrefix{345, 155};
constexpr size_t kType = 156;

std::string_view Bytes(std::string_view block, Field field) {
  return block.substr(field.offset, field.size);
}

std::string_view Text(std::string_view block, Field field) {
  std::string_view bytes = Bytes(block, field);
  return bytes.substr(0, bytes.find('\0'));
}

Status BadNumber(std::string_view what) {
  return absl::InvalidArgumentError(Concat("its ", what, " is no number"));
}

// GNU's base-256: the top bit is a mark, the rest a big-endian two's complement number.
StatusOr<int64_t> ParseBase256(std::string_view bytes, std::string_view what) {
  uint8_t first = static_cast<uint8_t>(bytes[0]);
  bool negative = (first & 0x40) != 0;
  int64_t value = negative ? -1 : 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    uint8_t byte = static_cast<uint8_t>(bytes[at]);
    if (at == 0) byte = negative ? byte : byte & 0x7F;
    if (value > (std::numeric_limits<int64_t>::max() >> 8) ||
        value < (std::numeric_limits<int64_t>::min() >> 8)) {
      return BadNumber(what);
    }
    value = static_cast<int64_t>(static_cast<uint64_t>(value) << 8 | byte);
  }
  return value;
}

// Octal digits between blanks, ended by a blank, a NUL or the field. All blank means 0.
StatusOr<int64_t> ParseOctal(std::string_view bytes, std::string_view what) {
  bytes = bytes.substr(0, bytes.find('\0'));
  size_t begin = bytes.find_first_not_of(' ');
  if (begin == std::string_view::npos) return 0;
  bytes = bytes.substr(begin, bytes.find_last_not_of(' ') - begin + 1);
  int64_t value = 0;
  for (char digit : bytes) {
    if (digit < '0' || digit > '7') return BadNumber(what);
    value = value << 3 | (digit - '0');  // at most 12 digits
  }
  return value;
}

StatusOr<int64_t> ParseNumber(std::string_view block, Field field, std::string_view what) {
  std::string_view bytes = Bytes(block, field);
  return (bytes[0] & 0x80) != 0 ? ParseBase256(bytes, what) : ParseOctal(bytes, what);
}

StatusOr<uint64_t> ParseCount(std::string_view block, Field field, std::string_view what) {
  ASSIGN_OR_RETURN(int64_t value, ParseNumber(block, field, what));
  if (value < 0) return absl::InvalidArgumentError(Concat("its ", what, " is negative"));
  return static_cast<uint64_t>(value);
}

// Some old programs summed signed characters.
bool ChecksumFits(std::string_view block, int64_t wanted) {
  int64_t plain = 0, with_sign = 0;
  for (size_t at = 0; at < block.size(); ++at) {
    bool own = at >= kChecksum.offset && at < kChecksum.offset + kChecksum.size;
    char byte = own ? ' ' : block[at];
    plain += static_cast<uint8_t>(byte);
    with_sign += static_cast<int8_t>(byte);
  }
  return wanted == plain || wanted == with_sign;
}

std::string FullName(std::string_view block) {
  std::string name(Text(block, kName));
  // GNU's magic is "ustar " and keeps other things where POSIX has the prefix.
  if (Bytes(block, kMagic) != std::string_view("ustar\0", 6)) return name;
  std::string_view prefix = Text(block, kPrefix);
  return prefix.empty() ? name : Concat(prefix, '/', name);
}

}  // namespace

bool IsZeroBlock(std::string_view block) {
  return std::all_of(block.begin(), block.end(), [](char byte) { return byte == 0; });
}

StatusOr<TarHeader> ParseTarHeader(std::string_view block) {
  StatusOr<int64_t> checksum = ParseOctal(Bytes(block, kChecksum), "checksum");
  if (!checksum.ok() || !ChecksumFits(block, *checksum)) {
    return absl::InvalidArgumentError("this is no tar header (its checksum is wrong)");
  }
  TarHeader header;
  header.type = block[kType];
  header.name = FullName(block);
  header.link = Text(block, kLink);
  ASSIGN_OR_RETURN(header.size, ParseCount(block, kSize, "size"));
  ASSIGN_OR_RETURN(int64_t mode, ParseNumber(block, kMode, "mode"));
  header.mode = static_cast<uint32_t>(mode & 07777);
  ASSIGN_OR_RETURN(header.uid, ParseCount(block, kUid, "user id"));
  ASSIGN_OR_RETURN(header.gid, ParseCount(block, kGid, "group id"));
  ASSIGN_OR_RETURN(header.mtime, ParseNumber(block, kMtime, "modification time"));
  return header;
}

std::string MakeTarHeader(const std::string& name, uint64_t size) {
  std::string block(kTarBlock, '\0');
  const auto put = [&](Field field, std::string_view text) { block.replace(field.offset, text.size(), text); };
  put(kName, std::string_view(name).substr(0, kName.size));
  put(kMode, "0000644");
  put(kUid, "0000000");
  put(kGid, "0000000");
  put(kMtime, "00000000000");
  if (size < 1ull << 33) {
    put(kSize, fmt::format("{:011o}", size));
  } else {  // GNU's base-256
    block[kSize.offset] = static_cast<char>(0x80);
    for (size_t at = 0; at < 8; ++at)
      block[kSize.offset + 4 + at] = static_cast<char>(size >> (8 * (7 - at)) & 0xFF);
  }
  block[kType] = '0';
  put(kMagic, std::string_view("ustar\00000", 8));
  put(kChecksum, "        ");
  uint64_t sum = 0;
  for (char byte : block) sum += static_cast<uint8_t>(byte);
  put(kChecksum, fmt::format("{:06o}", sum));
  block[kChecksum.offset + 6] = '\0';
  return block;
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (char byte : text.substr(0, 200)) {
    uint8_t code = static_cast<uint8_t>(byte);
    if (code < 0x20 || code >= 0x7F || code == '"' || code == '\\') {
      out += fmt::format("\\x{:02x}", code);
    } else {
      out += byte;
    }
  }
  return out + (text.size() > 200 ? "…\"" : "\"");
}

}  // namespace jobpod
