#include "runtime/mount_point.hpp"

#include <array>
#include <cctype>

namespace jobpod {
namespace {

struct Spelling {
  std::string_view before, after;
  Spellings of = Spellings::kWindows;
};
// Longer openings first: "${" must win over "$".
constexpr std::array<Spelling, 5> kSpellings{
    {{"%", "%"},
     {"${env:", "}"},
     {"$env:", ""},
     {"${", "}", Spellings::kAll},
     {"$", "", Spellings::kAll}}};

bool StartsWithIgnoringCase(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(text[i])) !=
        std::tolower(static_cast<unsigned char>(prefix[i]))) {
      return false;
    }
  }
  return true;
}

bool IsNameCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Length of the variable reference `text` begins with, 0 if it begins with none.
size_t ReferenceLength(std::string_view text, Spellings spellings) {
  for (const Spelling& spelling : kSpellings) {
    if (spelling.of == Spellings::kAll && spellings != Spellings::kAll) continue;
    if (!StartsWithIgnoringCase(text, spelling.before)) continue;
    std::string_view rest = text.substr(spelling.before.size());
    if (!StartsWithIgnoringCase(rest, kMountPointVariable)) continue;
    rest.remove_prefix(kMountPointVariable.size());
    bool ends = spelling.after.empty() ? rest.empty() || !IsNameCharacter(rest[0])
                                       : rest.substr(0, spelling.after.size()) == spelling.after;
    if (ends) return spelling.before.size() + kMountPointVariable.size() + spelling.after.size();
  }
  return 0;
}

}  // namespace

std::string SubstituteMountPoint(std::string_view text, std::string_view mount_point, Spellings spellings) {
  std::string result;
  while (!text.empty()) {
    size_t length = text[0] == '$' || text[0] == '%' ? ReferenceLength(text, spellings) : 0;
    if (length > 0) {
      result += mount_point;
      text.remove_prefix(length);
      continue;
    }
    size_t next = std::min(text.find_first_of("$%", 1), text.size());
    result += text.substr(0, next);
    text.remove_prefix(next);
  }
  return result;
}

}  // namespace jobpod
