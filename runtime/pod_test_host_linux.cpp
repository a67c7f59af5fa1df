#include <csignal>

#include "runtime/pod_test_node.hpp"

namespace jobpod::pod_test {

void SetUpHost() {
  signal(SIGPIPE, SIG_IGN);
}

test::ImageSpec ImageAround(const std::string& program, const std::string& note) {
  test::ImageSpec image;
  image.layers = {test::Tar({{.name = "bin/program", .content = program, .mode = 0755},
                             {.name = "etc/note", .content = note}})};
  return image;
}

void SetAccount(ContainerSpec&) {}

Words PrintVariable(const std::string& name) {
  return {"sh", "-c", "echo \"$" + name + "\""};
}
Words PrintDirectory() {
  return {"pwd"};
}
Words PrintFile(const std::string& path) {
  return {"cat", path};
}

std::string Below(const std::string& directory, const std::string& name) {
  return directory + "/" + name;
}
std::string Line(const std::string& text) {
  return text + "\n";
}

void KillProcess(int32_t pid) {
  kill(pid, SIGKILL);
}

bool ResizesTerminals() {
  return true;
}

size_t CountPrograms(const std::vector<int32_t>& pids) {
  return pids.size();
}

}  // namespace jobpod::pod_test
