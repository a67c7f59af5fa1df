#include "volumes/bind_filter_windows.hpp"

#include <catch2/catch.hpp>

#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

// Answers for the system and remembers what it was asked.
struct FakeFilter {
  BindCalls calls{[this] { return present; },
                  [this](HANDLE) {
                    asked.push_back("silo");
                    return silo;
                  },
                  [this](HANDLE, uint32_t flags, const std::wstring& target, const std::wstring& source) {
                    asked.push_back(Concat(flags, " ", Utf8(target), " = ", Utf8(source)));
                    return asked.size() == fails_at ? absl::PermissionDeniedError("Access is denied (error 5)")
                                                    : absl::OkStatus();
                  }};
  Status present, silo;
  size_t fails_at = 0;
  std::vector<std::string> asked;
};

MountList List() {
  MountList list;
  list.set_private_namespace(true);
  list.mutable_root()->set_target("C:\\hpc");
  list.mutable_root()->set_upper("C:\\ProgramData\\jobpod\\containers\\c1\\upper");
  Mount& mount = *list.add_mounts();
  mount.set_source("D:\\data");
  mount.set_target("C:\\var\\data");
  mount.set_readonly(true);
  mount.set_at_target(true);
  mount.set_below_rootfs(true);
  return list;
}

TEST_CASE("the job is a silo first, then shows the rootfs, then each volume twice with its own rights") {
  FakeFilter filter;
  CHECK(EnterBindings(nullptr, List(), filter.calls).ok());
  CHECK(filter.asked ==
        std::vector<std::string>{"silo", "4 C:\\hpc = C:\\ProgramData\\jobpod\\containers\\c1\\upper",
                                 "5 C:\\var\\data = D:\\data", "5 C:\\hpc\\var\\data = D:\\data"});
}

TEST_CASE("a list without a private namespace asks nothing of the system") {
  FakeFilter filter;
  MountList list = List();
  list.set_private_namespace(false);
  CHECK(EnterBindings(nullptr, list, filter.calls).ok());
  CHECK(filter.asked.empty());
}

TEST_CASE("errors are recognisable and end the work") {
  const auto says = [](FakeFilter& filter, const std::string& part) {
    const std::string text(EnterBindings(nullptr, List(), filter.calls).message());
    INFO(text);
    return text.find(part) != std::string::npos;
  };
  FakeFilter absent, no_silo, no_root, no_volume;
  absent.present = absl::UnimplementedError("this system has no bind filter");
  CHECK(says(absent, "no bind filter"));
  CHECK(absent.asked.empty());
  no_silo.silo = absl::FailedPreconditionError("failed to promote job to silo: busy");
  CHECK(says(no_silo, "failed to promote job to silo"));
  CHECK(no_silo.asked.size() == 1);
  no_root.fails_at = 2;
  CHECK(says(no_root, "failed to bind rootfs to C:\\hpc"));
  CHECK(no_root.asked.size() == 2);
  no_volume.fails_at = 3;
  CHECK(says(no_volume, "failed to bind target \"C:\\var\\data\" to root \"D:\\data\" for job object: Access"));
  CHECK(no_volume.asked.size() == 3);
}

TEST_CASE("whether this system has the filter is found by looking") {
  const Status available = SystemBindCalls().available();
  if (!available.ok()) WARN(std::string(available.message()));
  CHECK((available.ok() || absl::IsUnimplemented(available)));
}

}  // namespace
}  // namespace jobpod
