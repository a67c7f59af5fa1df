// Standard streams: lines, partial ones, much, and what came in.
#include <fcntl.h>
#include <io.h>
#include <windows.h>

#include <algorithm>
#include <cstdio>

#include "test/windows/probe/deed.hpp"

namespace jobpod::probe {
namespace {

// \r, \n and \\ stand for themselves as in C.
std::string Unescaped(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    const char meant = next == 'n' ? '\n' : next == 'r' ? '\r' : next == '\\' ? '\\' : '\0';
    out += meant ? meant : text[i];
    i += meant != '\0';
  }
  return out;
}

std::optional<int> Out(Words words) {
  for (const std::string& word : words) Print(word + "\n");
  return std::nullopt;
}

std::optional<int> Err(Words words) {
  for (const std::string& word : words) PrintError(word + "\n");
  return std::nullopt;
}

// raw TEXT: with escapes, and nothing put behind it.
std::optional<int> Raw(Words words) {
  Print(Unescaped(Word(words, 0)));
  return std::nullopt;
}

// count LINES [MILLISECONDS BETWEEN]: "line 0" and so on; 0 lines: for ever.
std::optional<int> Count(Words words) {
  const unsigned lines = Number(words, 0), pause = Number(words, 1);
  for (unsigned i = 0; lines == 0 || i < lines; ++i) {
    Print("line " + std::to_string(i) + "\n");
    if (pause) Sleep(pause);
  }
  return std::nullopt;
}

// flood BYTES: letters without an end of line.
std::optional<int> Flood(Words words) {
  const std::string piece(64 * 1024, 'a');
  for (size_t left = Number(words, 0); left > 0;) {
    const size_t now = std::min(left, piece.size());
    Print(std::string_view(piece).substr(0, now));
    left -= now;
  }
  return std::nullopt;
}

// Copies standard input to standard output until its end, and says how much it was.
std::optional<int> Cat(Words) {
  _setmode(_fileno(stdin), _O_BINARY);
  char buffer[64 * 1024];
  size_t all = 0;
  for (int got = 0; (got = _read(_fileno(stdin), buffer, sizeof buffer)) > 0;) {
    Print({buffer, static_cast<size_t>(got)});
    all += static_cast<size_t>(got);
  }
  PrintError("input " + std::to_string(all) + "\n");
  return std::nullopt;
}

// The number of bytes of standard input.
std::optional<int> Size(Words) {
  _setmode(_fileno(stdin), _O_BINARY);
  char buffer[64 * 1024];
  size_t all = 0;
  for (int got = 0; (got = _read(_fileno(stdin), buffer, sizeof buffer)) > 0;) all += static_cast<size_t>(got);
  Print("size=" + std::to_string(all) + "\n");
  return std::nullopt;
}

constexpr Deed kDeeds[] = {
    {"out", false, Out},     {"err", false, Err}, {"raw", false, Raw},   {"count", false, Count},
    {"flood", false, Flood}, {"cat", false, Cat}, {"size", false, Size},
};

}  // namespace

std::span<const Deed> OutputDeeds() {
  return kDeeds;
}

}  // namespace jobpod::probe
