// The spellings of program, arguments and working directory that Kubernetes' own suite for HostProcess containers tries.
#include <sstream>

#include "base/text.hpp"
#include "test/windows/node.hpp"

namespace jobpod::test {
namespace {

struct Form {
  const char* command;    // words with blanks between them
  const char* arguments;  // ""
  const char* directory;  // "" = none given
  const char* says;       // what is in the output
};

constexpr const char* kSystem = "MS/Windows";  // uname -o
constexpr const char* kVersion = "Windows";    // cmd /c ver
constexpr const char* kFile = "uname.exe";     // dir

constexpr Form kForms[] = {
    {"cmd.exe /c ver", "", "", kVersion},
    {"System32\\cmd.exe /c ver", "", "c:\\Windows", kVersion},
    {"System32\\cmd.exe /c ver", "", "c:\\Windows\\", kVersion},
    {"%CONTAINER_SANDBOX_MOUNT_POINT%\\bin\\uname.exe -o", "", "", kSystem},
    {"%CONTAINER_SANDBOX_MOUNT_POINT%/bin/uname.exe -o", "", "", kSystem},
    {"%CONTAINER_SANDBOX_MOUNT_POINT%\\bin/uname.exe -o", "", "", kSystem},
    {"bin/uname.exe -o", "", "", kSystem},
    {"bin/uname.exe -o", "", "%CONTAINER_SANDBOX_MOUNT_POINT%", kSystem},
    {"bin\\uname.exe -o", "", "%CONTAINER_SANDBOX_MOUNT_POINT%", kSystem},
    {"uname.exe -o", "", "%CONTAINER_SANDBOX_MOUNT_POINT%/bin", kSystem},
    {"uname.exe -o", "", "%CONTAINER_SANDBOX_MOUNT_POINT%/bin/", kSystem},
    {"uname.exe -o", "", "%CONTAINER_SANDBOX_MOUNT_POINT%\\bin\\", kSystem},
    {"powershell cmd.exe /ver", "", "", ""},
    {"powershell c:/Windows/System32/cmd.exe /c ver", "", "", kVersion},
    {"powershell c:\\Windows\\System32/cmd.exe /c ver", "", "", kVersion},
    {"powershell %CONTAINER_SANDBOX_MOUNT_POINT%\\bin\\uname.exe -o", "", "", kSystem},
    {"powershell $env:CONTAINER_SANDBOX_MOUNT_POINT\\bin\\uname.exe -o", "", "", kSystem},
    {"powershell %CONTAINER_SANDBOX_MOUNT_POINT%/bin/uname.exe -o", "", "", kSystem},
    {"powershell $env:CONTAINER_SANDBOX_MOUNT_POINT/bin/uname.exe -o", "", "", kSystem},
    {"powershell bin/uname.exe -o", "", "%CONTAINER_SANDBOX_MOUNT_POINT%", kSystem},
    {"powershell bin/uname.exe -o", "", "$env:CONTAINER_SANDBOX_MOUNT_POINT", kSystem},
    {"powershell bin\\uname.exe -o", "", "$env:CONTAINER_SANDBOX_MOUNT_POINT", kSystem},
    {"powershell .\\uname.exe -o", "", "%CONTAINER_SANDBOX_MOUNT_POINT%/bin", kSystem},
    {"powershell ./uname.exe -o", "", "%CONTAINER_SANDBOX_MOUNT_POINT%/bin", kSystem},
    {"powershell ./uname.exe -o", "", "$env:CONTAINER_SANDBOX_MOUNT_POINT\\bin\\", kSystem},
    {"%CONTAINER_SANDBOX_MOUNT_POINT%\\bin\\uname.exe", "-o", "", kSystem},
    {"bin\\uname.exe", "-o", "%CONTAINER_SANDBOX_MOUNT_POINT%", kSystem},
    {"uname.exe", "-o", "%CONTAINER_SANDBOX_MOUNT_POINT%\\bin", kSystem},
    {"cmd.exe", "/c dir %CONTAINER_SANDBOX_MOUNT_POINT%\\bin\\uname.exe", "", kFile},
    {"cmd.exe", "/c dir bin\\uname.exe", "%CONTAINER_SANDBOX_MOUNT_POINT%", kFile},
    {"powershell", "Get-ChildItem -Path $env:CONTAINER_SANDBOX_MOUNT_POINT\\bin\\uname.exe", "", kFile},
    {"powershell", "Get-ChildItem -Path bin\\uname.exe", "$env:CONTAINER_SANDBOX_MOUNT_POINT", kFile},
    {"powershell", "Get-ChildItem -Path uname.exe", "$env:CONTAINER_SANDBOX_MOUNT_POINT/bin", kFile},
};
static_assert(std::size(kForms) == 33);

std::vector<std::string> Words(const char* text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

cri::ContainerConfig Container(const Form& form) {
  cri::ContainerConfig container = Command(Words(form.command));
  for (const std::string& word : Words(form.arguments)) container.add_args(word);
  container.set_working_dir(form.directory);
  return container;
}

}  // namespace

// All at once, for most of their time is Wine's.
TEST_CASE("33 spellings of a command") {
  Pod pod;
  std::vector<std::pair<const Form*, std::string>> started;
  for (const Form& form : kForms) {
    INFO(form.command << " | " << form.arguments << " | in " << form.directory);
    const std::string id = pod.Create(Container(form));
    const grpc::Status outcome = Outcome([&] { pod.client().Start(id); });
    INFO(outcome.error_message());
    CHECK(outcome.ok());
    if (outcome.ok()) started.emplace_back(&form, id);
  }
  for (const auto& [form, id] : started) {
    const cri::ContainerStatus status = pod.client().Ended(id);
    INFO(form->command << " | " << form->arguments << " | in " << form->directory << "\n" << LogText(status.log_path()));
    CHECK(status.exit_code() == 0);
    CHECK(LogText(status.log_path()).find(form->says) != std::string::npos);
  }
}

}  // namespace jobpod::test
