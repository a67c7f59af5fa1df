#include "image/import_name.hpp"

#include <algorithm>
#include <filesystem>

#include "base/status.hpp"
#include "image/reference.hpp"

namespace jobpod {
namespace {

bool IsPlain(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

bool HasVersion(const std::string& name) {
  const size_t slash = name.rfind('/');
  return name.find_first_of(":@", slash == std::string::npos ? 0 : slash) != std::string::npos;
}

}  // namespace

std::string NameOfFile(const std::string& path) {
  std::filesystem::path file(path);
  if (!file.has_filename()) file = file.parent_path();  // "layout/"
  std::string name = file.filename().string();
  for (const char* end : {".gz", ".tgz", ".zst", ".tar", ".oci"})
    if (name.ends_with(end)) name.resize(name.size() - std::string_view(end).size());
  std::string out;
  for (char byte : name) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
    if (IsPlain(byte)) {
      out += byte;
    } else if (!out.empty() && IsPlain(out.back())) {
      out += byte == '.' || byte == '_' ? byte : '-';
    }
  }
  while (!out.empty() && !IsPlain(out.back())) out.pop_back();
  return out.empty() ? "" : Concat("localhost/", out);
}

std::string ImportedName(const std::string& name, const std::string& tag, bool keep_tag) {
  if (name.empty() || tag.empty()) return name;
  if (!HasVersion(name)) return Concat(name, ":", tag);
  const auto reference = ParseReference(name);
  return keep_tag || !reference.ok() ? name : Concat(reference->Name(), ":", tag);
}

}  // namespace jobpod
