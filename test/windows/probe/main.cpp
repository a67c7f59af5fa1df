// The program of the Windows test images: says what a container finds, and behaves badly when asked to. By the names
// uname and powershell it stands in for these. Not shipped.
#include <fcntl.h>
#include <io.h>
#include <windows.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "test/windows/probe/deed.hpp"
#include "test/windows/probe/stand_ins.hpp"

namespace jobpod::probe {
namespace {

const Deed* Find(std::string_view name) {
  for (const auto& table : {SelfDeeds(), HostDeeds(), FileDeeds(), TreeDeeds(), OutputDeeds(), NetworkDeeds()}) {
    const auto found = std::ranges::find_if(table, [&](const Deed& deed) { return name == deed.name; });
    if (found != table.end()) return &*found;
  }
  return nullptr;
}

}  // namespace

std::optional<int> Perform(Words words) {
  while (!words.empty()) {
    const Deed* deed = Find(words[0]);
    if (!deed) {
      PrintError("probe: there is no deed \"" + words[0] + "\"\n");
      return 2;
    }
    const auto plus = deed->takes_rest ? words.end() : std::ranges::find(words, "+");
    const auto length = static_cast<size_t>(plus - words.begin());
    if (const auto code = deed->run(words.subspan(1, length - 1))) return code;
    words = words.subspan(std::min(length + 1, words.size()));
  }
  return std::nullopt;
}

}  // namespace jobpod::probe

int wmain(int count, wchar_t** arguments) {
  using namespace jobpod::probe;
  for (FILE* stream : {stdout, stderr}) _setmode(_fileno(stream), _O_BINARY);
  std::vector<std::string> words;
  for (int i = 1; i < count; ++i) words.push_back(Utf8(arguments[i]));
  if (const auto code = StandIn(words)) return *code;
  return Perform(words).value_or(0);
}
