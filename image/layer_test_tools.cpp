#include "image/layer_test_tools.hpp"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <memory>

namespace jobpod::test {
namespace {

void Put(std::string& block, size_t offset, size_t size, std::string_view text) {
  REQUIRE(text.size() <= size);
  block.replace(offset, text.size(), text);
}

std::string Octal(uint64_t value, int digits) {
  return fmt::format("{:0{}o}", value, digits);
}

std::string Padded(std::string bytes) {
  bytes.resize((bytes.size() + 511) / 512 * 512);
  return bytes;
}

}  // namespace

std::string TarHeaderBlock(const TarItem& item, uint64_t size) {
  std::string block(512, '\0');
  Put(block, 0, 100, item.name);
  Put(block, 100, 8, Octal(item.mode, 7));
  Put(block, 108, 8, Octal(item.uid, 7));
  Put(block, 116, 8, Octal(item.gid, 7));
  Put(block, 124, 12, Octal(size, 11));
  Put(block, 136, 12, Octal(static_cast<uint64_t>(item.mtime), 11));
  block[156] = item.type;
  Put(block, 157, 100, item.link);
  Put(block, 257, 8, std::string_view("ustar\00000", 8));
  FixChecksum(block);
  return block;
}

void FixChecksum(std::string& tar, size_t offset) {
  tar.replace(offset + 148, 8, 8, ' ');
  uint64_t sum = 0;
  for (size_t at = 0; at < 512; ++at) sum += static_cast<uint8_t>(tar[offset + at]);
  std::string text = Octal(sum, 6);
  text.push_back('\0');
  tar.replace(offset + 148, 7, text);
}

std::string PaxRecord(std::string_view key, std::string_view value) {
  size_t bare = key.size() + value.size() + 3;
  size_t length = bare + 1;
  while (bare + std::to_string(length).size() != length) ++length;
  return fmt::format("{} {}={}\n", length, key, value);
}

std::string TarBlocks(const TarItem& item) {
  std::string out, records;
  for (const auto& [key, value] : item.pax) records += PaxRecord(key, value);
  if (!records.empty()) out = TarBlocks({.name = "pax", .type = 'x', .content = records});
  return out + TarHeaderBlock(item, item.content.size()) + Padded(item.content);
}

std::string Tar(const std::vector<TarItem>& items) {
  std::string out;
  for (const TarItem& item : items) out += TarBlocks(item);
  return out + std::string(1024, '\0');
}

std::string Gzip(std::string_view bytes, int level) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Zstd(std::string_view bytes, int window_log) {
  std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  if (window_log != 0) ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  if (window_log != 0) ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
  std::string out(ZSTD_compressBound(bytes.size()) + 64, '\0');
  ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  if (window_log != 0) ZSTD_compressStream2(context.get(), &to, &from, ZSTD_e_flush);
  REQUIRE(ZSTD_compressStream2(context.get(), &to, &from, ZSTD_e_end) == 0);
  out.resize(to.pos);
  return out;
}

ByteSource Source(std::string bytes, size_t piece) {
  return [bytes = std::move(bytes), piece, at = size_t{0}](char* buffer,
                                                           size_t size) mutable -> StatusOr<size_t> {
    size_t part = std::min({size, piece, bytes.size() - at});
    memcpy(buffer, bytes.data() + at, part);
    at += part;
    return part;
  };
}

StatusOr<UnpackResult> Unpack(const std::string& blob, const std::string& directory, bool windows,
                              const UnpackLimits& limits) {
  UnpackBudget budget(limits);
  return UnpackLayer(Source(blob), directory, windows, budget, {});
}

}  // namespace jobpod::test
