#include <windows.h>

#include <cstdio>
#include <cstdlib>

#include "test/windows/probe/deed.hpp"

namespace jobpod::probe {
namespace {

void Write(FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

}  // namespace

void Print(std::string_view text) {
  Write(stdout, text);
}

void PrintError(std::string_view text) {
  Write(stderr, text);
}

std::optional<int> Failed(std::string_view what) {
  PrintError("probe: " + std::string(what) + ": error " + std::to_string(GetLastError()) + "\n");
  return 1;
}

std::wstring Wide(std::string_view text) {
  std::wstring wide(text.size(), L'\0');
  const int size = MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), wide.data(),
                                       static_cast<int>(wide.size()));
  wide.resize(static_cast<size_t>(size));
  return wide;
}

std::string Utf8(std::wstring_view text) {
  std::string narrow(3 * text.size(), '\0');
  const int size = WideCharToMultiByte(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), narrow.data(),
                                       static_cast<int>(narrow.size()), nullptr, nullptr);
  narrow.resize(static_cast<size_t>(size));
  return narrow;
}

std::string Word(Words words, size_t index, const char* otherwise) {
  return index < words.size() ? words[index] : otherwise;
}

unsigned Number(Words words, size_t index, unsigned otherwise) {
  return index < words.size() ? static_cast<unsigned>(std::strtoul(words[index].c_str(), nullptr, 10)) : otherwise;
}

}  // namespace jobpod::probe
