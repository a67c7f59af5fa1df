#include "image/tar_pax.hpp"

#include <charconv>

namespace jobpod {
namespace {

constexpr std::string_view kXattr = "SCHILY.xattr.";
constexpr std::string_view kSparse = "GNU.sparse.";
constexpr std::string_view kWindowsAttributes = "MSWINDOWS.fileattr";

bool IsKnown(std::string_view key) {
  return key == "path" || key == "linkpath" || key == "size" || key == "uid" || key == "gid" ||
         key == "mtime" || key == kWindowsAttributes || key.starts_with(kXattr) || key.starts_with(kSparse);
}

Status Malformed(std::string_view why) {
  return absl::InvalidArgumentError(Concat("its pax header is malformed: ", why));
}

template <typename Integer>
StatusOr<Integer> ParseDecimal(std::string_view text, std::string_view what) {
  Integer value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return Malformed(Concat("its ", what, " is no number"));
  }
  return value;
}

// Digits after the point as nanoseconds; more than nine are cut.
StatusOr<int32_t> ParseFraction(std::string_view digits) {
  std::string padded(digits.substr(0, 9));
  padded.resize(9, '0');
  return digits.find_first_not_of("0123456789") == std::string_view::npos
             ? ParseDecimal<int32_t>(padded, "mtime")
             : Malformed("mtime is no number");
}

Status ParseTime(std::string_view text, TarEntry& entry) {
  size_t point = text.find('.');
  ASSIGN_OR_RETURN(entry.mtime, ParseDecimal<int64_t>(text.substr(0, point), "mtime"));
  entry.mtime_nanos = 0;
  if (point == std::string_view::npos) return absl::OkStatus();
  ASSIGN_OR_RETURN(int32_t nanos, ParseFraction(text.substr(point + 1)));
  bool negative = text.starts_with('-');
  if (negative && nanos > 0 && entry.mtime == std::numeric_limits<int64_t>::min()) return Malformed("mtime");
  entry.mtime -= negative && nanos > 0 ? 1 : 0;
  entry.mtime_nanos = negative && nanos > 0 ? 1'000'000'000 - nanos : nanos;
  return absl::OkStatus();
}

Status ApplyName(std::string_view value, std::string_view key, std::string& name) {
  if (value.find('\0') != std::string_view::npos) return Malformed(Concat(key, " contains a NUL"));
  name = value;
  return absl::OkStatus();
}

Status ApplyNumber(std::string_view value, std::string_view key, uint64_t& number) {
  ASSIGN_OR_RETURN(number, ParseDecimal<uint64_t>(value, key));
  return absl::OkStatus();
}

Status ApplyXattr(std::string_view name, const std::string& value, TarEntry& entry) {
  if (name.find('\0') != std::string_view::npos) return Malformed("the name of an xattr contains a NUL");
  entry.xattrs[std::string(name)] = value;
  return absl::OkStatus();
}

Status ApplyRecord(std::string_view key, const std::string& value, TarEntry& entry) {
  if (key == "path") return ApplyName(value, key, entry.path);
  if (key == "linkpath") return ApplyName(value, key, entry.link);
  if (key == "size") return ApplyNumber(value, key, entry.size);
  if (key == "uid") return ApplyNumber(value, key, entry.uid);
  if (key == "gid") return ApplyNumber(value, key, entry.gid);
  if (key == "mtime") return ParseTime(value, entry);
  if (key == kWindowsAttributes) {
    ASSIGN_OR_RETURN(entry.windows_attributes, ParseDecimal<uint32_t>(value, key));
    return absl::OkStatus();
  }
  if (key.starts_with(kXattr)) return ApplyXattr(key.substr(kXattr.size()), value, entry);
  entry.sparse = true;
  return absl::OkStatus();
}

// Takes one "<length> <key>=<value>\n" off the front of `text`.
Status TakeRecord(std::string_view& text, std::string_view& key, std::string_view& value) {
  size_t blank = text.find(' ');
  if (blank == std::string_view::npos || blank > 19) return Malformed("a record has no length");
  ASSIGN_OR_RETURN(size_t length, ParseDecimal<size_t>(text.substr(0, blank), "record length"));
  if (length < blank + 3 || length > text.size() || text[length - 1] != '\n') {
    return Malformed("the length of a record is wrong");
  }
  std::string_view record = text.substr(blank + 1, length - blank - 2);
  size_t equals = record.find('=');
  if (equals == std::string_view::npos || equals == 0) return Malformed("a record has no key");
  key = record.substr(0, equals);
  value = record.substr(equals + 1);
  text.remove_prefix(length);
  return absl::OkStatus();
}

}  // namespace

Status ParsePaxRecords(std::string_view text, PaxRecords& records) {
  while (!text.empty()) {
    std::string_view key, value;
    RETURN_IF_ERROR(TakeRecord(text, key, value));
    if (IsKnown(key)) records[std::string(key)] = value;
  }
  return absl::OkStatus();
}

Status ApplyPaxRecords(const PaxRecords& records, TarEntry& entry) {
  for (const auto& [key, value] : records) {
    if (!value.empty()) RETURN_IF_ERROR(ApplyRecord(key, value, entry));
  }
  return absl::OkStatus();
}

}  // namespace jobpod
