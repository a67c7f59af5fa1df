// Files by the names that a container uses.
#include <windows.h>

#include "test/windows/probe/deed.hpp"

namespace jobpod::probe {
namespace {

HANDLE Open(const std::string& path, DWORD access, DWORD disposition) {
  return CreateFileW(Wide(path).c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                     disposition, FILE_ATTRIBUTE_NORMAL, nullptr);
}

std::optional<int> Read(Words words) {
  const HANDLE file = Open(Word(words, 0), GENERIC_READ, OPEN_EXISTING);
  if (file == INVALID_HANDLE_VALUE) return Failed("open " + Word(words, 0));
  char buffer[4096];
  for (DWORD got = 0; ReadFile(file, buffer, sizeof buffer, &got, nullptr) && got > 0;) Print({buffer, got});
  CloseHandle(file);
  return std::nullopt;
}

std::optional<int> Put(Words words, DWORD access, DWORD disposition) {
  const HANDLE file = Open(Word(words, 0), access, disposition);
  if (file == INVALID_HANDLE_VALUE) return Failed("open " + Word(words, 0));
  const std::string text = Word(words, 1);
  DWORD written = 0;
  const bool done = WriteFile(file, text.data(), static_cast<DWORD>(text.size()), &written, nullptr);
  CloseHandle(file);
  if (!done) return Failed("write " + Word(words, 0));
  return std::nullopt;
}

std::optional<int> Write(Words words) {
  return Put(words, GENERIC_WRITE, CREATE_ALWAYS);
}

std::optional<int> Append(Words words) {
  return Put(words, FILE_APPEND_DATA, OPEN_ALWAYS);
}

std::optional<int> List(Words words) {
  WIN32_FIND_DATAW entry;
  const HANDLE find = FindFirstFileW((Wide(Word(words, 0)) + L"\\*").c_str(), &entry);
  if (find == INVALID_HANDLE_VALUE) return Failed("list " + Word(words, 0));
  do {
    const std::string name = Utf8(entry.cFileName);
    if (name != "." && name != "..") Print(name + "\n");
  } while (FindNextFileW(find, &entry));
  FindClose(find);
  return std::nullopt;
}

std::optional<int> Make(Words words) {
  if (!CreateDirectoryW(Wide(Word(words, 0)).c_str(), nullptr)) return Failed("make " + Word(words, 0));
  return std::nullopt;
}

std::optional<int> Remove(Words words) {
  if (!DeleteFileW(Wide(Word(words, 0)).c_str())) return Failed("remove " + Word(words, 0));
  return std::nullopt;
}

// Until there is such a file: how a test tells a container to go on.
std::optional<int> Await(Words words) {
  const std::wstring path = Wide(Word(words, 0));
  while (GetFileAttributesW(path.c_str()) == INVALID_FILE_ATTRIBUTES) Sleep(10);
  return std::nullopt;
}

// hold PATH: keeps it open, so that nobody can remove it, for as long as the process lives.
std::optional<int> Hold(Words words) {
  const HANDLE file = CreateFileW(Wide(Word(words, 0)).c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING,
                                  FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) return Failed("open " + Word(words, 0));
  return std::nullopt;
}

// attributes PATH NUMBER
std::optional<int> Attributes(Words words) {
  if (!SetFileAttributesW(Wide(Word(words, 0)).c_str(), Number(words, 1))) return Failed("change " + Word(words, 0));
  return std::nullopt;
}

constexpr Deed kDeeds[] = {
    {"read", false, Read},     {"write", false, Write}, {"append", false, Append},
    {"list", false, List},     {"make", false, Make},   {"remove", false, Remove},
    {"await", false, Await},   {"hold", false, Hold},   {"attributes", false, Attributes},
};

}  // namespace

std::span<const Deed> FileDeeds() {
  return kDeeds;
}

}  // namespace jobpod::probe
