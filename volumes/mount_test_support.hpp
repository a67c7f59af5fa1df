// For tests of mounts: a host of our own (a private mount namespace with a shared tmpfs), and containers
// that stay in their view until the test is done with them. Needs root.
#pragma once

#include <functional>
#include <string>

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "volumes/mount_list.pb.h"

namespace jobpod {

// A directory on a shared tmpfs. The test program leaves the machine's mount namespace with the first one,
// so that nothing it mounts is seen or left outside.
class TestHost {
 public:
  TestHost();
  ~TestHost();
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  const std::string& path() const { return path_; }
  // Makes a directory, with parents, or a file with that content; returns its full path.
  std::string Directory(const std::string& name) const;
  std::string File(const std::string& name, const std::string& content) const;
  // A rootfs of one layer with its writable directories, shown at `target`.
  RootMount Root(const std::string& name, const std::string& target) const;

 private:
  std::string path_ = "/tmp/jobpod-mount-test-XXXXXX";
};

// A process that carried out a MountList and waits.
class TestContainer {
 public:
  explicit TestContainer(const MountList& list);
  ~TestContainer();
  TestContainer(const TestContainer&) = delete;
  TestContainer& operator=(const TestContainer&) = delete;

  // Empty when it stands in its view, else the error.
  const std::string& error() const { return error_; }
  // Runs `look` in the container's view and returns what it returned.
  std::string Inside(const std::function<std::string()>& look) const;
  // The content of a file seen inside, or "error: …".
  std::string Read(const std::string& path) const;
  // Appends to a file inside; "" or "error: …".
  std::string Write(const std::string& path, const std::string& content) const;
  bool Exists(const std::string& path) const;

 private:
  int pid_ = -1;
  std::string error_;
};

// The content of a file, or "error: …".
std::string ReadText(const std::string& path);

// Mounts an empty tmpfs holding one file `name`; fails the test when that fails.
void MountTmpfs(const std::string& target, const std::string& name, const std::string& content);

bool IsMounted(const std::string& target);

}  // namespace jobpod
