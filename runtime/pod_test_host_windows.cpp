#include <windows.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/handle_windows.hpp"
#include "base/wine_windows.hpp"
#include "runtime/console_host_windows.hpp"
#include "runtime/pod_test_node.hpp"

namespace jobpod::pod_test {

void SetUpHost() {}

test::ImageSpec ImageAround(const std::string& program, const std::string& note) {
  test::ImageSpec image;
  image.layers = {test::Tar({{.name = "Files", .type = '5'},
                             {.name = "Files/bin/program.exe", .content = program},
                             {.name = "Files/etc/note", .content = note}})};
  image.os = "windows";
  return image;
}

void SetAccount(ContainerSpec& spec) {
  spec.mutable_user()->set_name("NT AUTHORITY\\SYSTEM");
}

// Commands of cmd.exe itself.
Words PrintVariable(const std::string& name) {
  return {"echo", "%" + name + "%"};
}
Words PrintDirectory() {
  return {"cd"};
}
Words PrintFile(const std::string& path) {
  return {"type", path};
}

std::string Below(const std::string& directory, const std::string& name) {
  std::string path = directory + "\\" + name;
  std::replace(path.begin(), path.end(), '/', '\\');
  return path;
}
std::string Line(const std::string& text) {
  return text + "\r\n";
}

void KillProcess(int32_t pid) {
  const Handle process(OpenProcess(PROCESS_TERMINATE, FALSE, static_cast<DWORD>(pid)));
  TerminateProcess(process.get(), 137);
}

bool ResizesTerminals() {
  if (RunsUnderWine()) WARN("Wine does not resize pseudo consoles: not tested");
  return !RunsUnderWine();
}

size_t CountPrograms(const std::vector<int32_t>& pids) {
  return static_cast<size_t>(std::count_if(pids.begin(), pids.end(), [](int32_t pid) {
    const Handle process(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, static_cast<DWORD>(pid)));
    return process && !IsConsoleHost(process.get());
  }));
}

}  // namespace jobpod::pod_test
