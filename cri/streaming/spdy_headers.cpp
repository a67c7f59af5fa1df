#include "cri/streaming/spdy_headers.hpp"

#include <zlib.h>

#include <new>
#include <optional>

#include "cri/streaming/spdy_frame.hpp"

namespace jobpod::streaming {
namespace {

Status Damaged(std::string_view why) {
  return absl::InvalidArgumentError(Concat("a SPDY header block ", why));
}

// Takes a text with its length before it off `rest`.
std::optional<std::string> TakeText(std::string_view& rest) {
  if (rest.size() < 4) return std::nullopt;
  const uint32_t size = ReadNumber(rest);
  rest.remove_prefix(4);
  if (size > rest.size()) return std::nullopt;
  std::string text(rest.substr(0, size));
  rest.remove_prefix(size);
  return text;
}

StatusOr<SpdyHeaders> Parse(std::string_view rest) {
  if (rest.size() < 4) return Damaged("has no count");
  const uint32_t count = ReadNumber(rest);
  rest.remove_prefix(4);
  SpdyHeaders headers;
  for (uint32_t i = 0; i < count; ++i) {
    const auto name = TakeText(rest), value = name ? TakeText(rest) : std::nullopt;
    if (!value || name->empty()) return Damaged("is cut off");
    if (!headers.emplace(*name, *value).second) return Damaged("has a name twice");
  }
  if (!rest.empty()) return Damaged("has more bytes than headers");
  return headers;
}

void AppendText(std::string& out, std::string_view text) {
  AppendNumber(out, static_cast<uint32_t>(text.size()));
  out += text;
}

// One stored block of deflate (RFC 1951, 3.2.4), not the last.
void AppendStored(std::string& out, std::string_view bytes) {
  const auto size = static_cast<uint16_t>(bytes.size());
  const auto inverse = static_cast<uint16_t>(~size);
  out.push_back(0);
  for (const uint16_t number : {size, inverse}) {
    out.push_back(static_cast<char>(number & 0xff));
    out.push_back(static_cast<char>(number >> 8));
  }
  out += bytes;
}

}  // namespace

HeaderReader::HeaderReader() : zlib_(std::make_unique<z_stream>()) {
  if (inflateInit(zlib_.get()) != Z_OK) throw std::bad_alloc();
}

HeaderReader::~HeaderReader() {
  inflateEnd(zlib_.get());
}

StatusOr<std::string> HeaderReader::Inflate(std::string_view block) {
  std::string out(kMaxBlock + 1, '\0');
  zlib_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
  zlib_->avail_in = static_cast<uInt>(block.size());
  zlib_->next_out = reinterpret_cast<Bytef*>(out.data());
  zlib_->avail_out = static_cast<uInt>(out.size());
  int result = inflate(zlib_.get(), Z_SYNC_FLUSH);
  if (result == Z_NEED_DICT) {
    const std::string& dictionary = SpdyDictionary();
    const auto* bytes = reinterpret_cast<const Bytef*>(dictionary.data());
    result = inflateSetDictionary(zlib_.get(), bytes, static_cast<uInt>(dictionary.size()));
    if (result == Z_OK) result = inflate(zlib_.get(), Z_SYNC_FLUSH);
  }
  if (zlib_->avail_out == 0) return Damaged("is larger than 16 KiB");
  if (result != Z_OK || zlib_->avail_in != 0) return Damaged("cannot be uncompressed");
  out.resize(out.size() - zlib_->avail_out);
  return out;
}

StatusOr<SpdyHeaders> HeaderReader::Read(std::string_view block) {
  ASSIGN_OR_RETURN(const std::string plain, Inflate(block));
  return Parse(plain);
}

std::string HeaderWriter::Write(const SpdyHeaders& headers) {
  std::string plain, out;
  AppendNumber(plain, static_cast<uint32_t>(headers.size()));
  for (const auto& [name, value] : headers) {
    AppendText(plain, name);
    AppendText(plain, value);
  }
  if (first_) {
    out += "\x78\x20";  // RFC 1950: deflate with a 32 KiB window and a dictionary
    AppendNumber(out, 0xe3c6a7c2);
  }
  first_ = false;
  AppendStored(out, plain);
  AppendStored(out, "");  // a sync flush: the reader gives out what it has
  return out;
}

}  // namespace jobpod::streaming
