#include "image/layer_mark_windows.hpp"

#include <winternl.h>

#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {

bool IsSameName(std::wstring_view one, std::wstring_view other) {
  return CompareStringOrdinal(one.data(), static_cast<int>(one.size()), other.data(), static_cast<int>(other.size()),
                              TRUE) == CSTR_EQUAL;
}

bool LooksLikeMark(std::wstring_view name) {
  return name.size() >= kWhiteoutMark.size() && IsSameName(name.substr(0, kWhiteoutMark.size()), kWhiteoutMark);
}

Status WriteMark(HANDLE directory, std::wstring_view name, std::string_view content) {
  ASSIGN_OR_RETURN(const Handle file, OpenAt(directory, name, FILE_WRITE_DATA | SYNCHRONIZE, FILE_OVERWRITE_IF,
                                             FILE_NON_DIRECTORY_FILE));
  return WriteAll(file.get(), content, Utf8(name));
}

StatusOr<std::string> ReadMark(HANDLE directory, std::wstring_view name) {
  ASSIGN_OR_RETURN(const Handle file,
                   OpenAt(directory, name, FILE_READ_DATA | SYNCHRONIZE, FILE_OPEN, FILE_NON_DIRECTORY_FILE));
  std::string text(32768, '\0');
  DWORD got = 0;
  if (!::ReadFile(file.get(), text.data(), static_cast<DWORD>(text.size()), &got, nullptr))
    return LastErrorStatus(Concat("read ", Utf8(name)));
  text.resize(got);
  return text;
}

}  // namespace jobpod
