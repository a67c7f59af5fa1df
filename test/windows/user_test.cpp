// Accounts: those that Windows always has, and clear errors for the rest.
#include "base/text.hpp"
#include "test/windows/node.hpp"

namespace jobpod::test {
namespace {

struct Started {
  grpc::Status status;
  std::string out;
};

Started As(const std::string& user, Pod& pod) {
  cri::ContainerConfig container = Does("account");
  container.mutable_windows()->mutable_security_context()->set_run_as_username(user);
  Started started;
  std::string id;
  started.status = Outcome([&] {
    id = pod.Create(container);
    pod.client().Start(id);
  });
  if (started.status.ok()) started.out = LogText(pod.client().Ended(id).log_path());
  return started;
}

}  // namespace

TEST_CASE("the service accounts run by any spelling, or what the system lacks is named") {
  const std::pair<const char*, const char*> accounts[] = {
      {"NT AUTHORITY\\SYSTEM", "S-1-5-18"},         {"nt authority\\system", "S-1-5-18"},
      {"SYSTEM", "S-1-5-18"},                       {"NT AUTHORITY\\Local service", "S-1-5-19"},
      {"NT AUTHORITY\\LocalService", "S-1-5-19"},   {"NT AUTHORITY\\NetworkService", "S-1-5-20"},
      {"NT AUTHORITY\\Network Service", "S-1-5-20"}};
  Pod pod;
  for (const auto& [name, sid] : accounts) {
    const Started started = As(name, pod);
    INFO(name << ": " << started.status.error_message() << started.out);
    // Where there is but one account it is SYSTEM's, too.
    const bool only = started.out == MustRun({HostProbe(), "account"});
    if (started.status.ok()) CHECK((started.out.find(Concat("sid=", sid)) != std::string::npos || only));
    if (!started.status.ok()) CHECK_THAT(started.status.error_message(), Catch::Contains("failed to logon user"));
  }
}

TEST_CASE("an account that does not exist fails the start, not the creation") {
  Pod pod;
  for (const char* name : {"no-such-user", "NT AUTHORITY\\no-such-service", "no-such-domain\\someone"}) {
    cri::ContainerConfig container = Does("account");
    container.mutable_windows()->mutable_security_context()->set_run_as_username(name);
    const std::string id = pod.Create(container);
    const grpc::Status outcome = Outcome([&] { pod.client().Start(id); });
    INFO(name << ": " << outcome.error_message());
    CHECK(!outcome.ok());
    CHECK_THAT(outcome.error_message(), Catch::Contains(name));
    CHECK(pod.client().StatusOf(id).exit_code() == 128);
    CHECK(pod.client().StatusOf(id).reason() == "StartError");
  }
}

TEST_CASE("the image's user is taken when the pod names none; somebody must") {
  Pod pod;
  const auto nobody = [](const char* image) {
    cri::ContainerConfig container = HostProcessContainer("main", Image(image));
    container.mutable_windows()->mutable_security_context()->clear_run_as_username();
    return container;
  };
  const grpc::Status unsaid = Outcome([&] { pod.Create(nobody("probe")); });
  CHECK(unsaid.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK_THAT(unsaid.error_message(), Catch::Contains("empty username or group name passed"));
  const std::string id = pod.Create(nobody("user"));
  const grpc::Status outcome = Outcome([&] { pod.client().Start(id); });
  CHECK(!outcome.ok());
  CHECK_THAT(outcome.error_message(), Catch::Contains("no-such-user"));
}

TEST_CASE("a pod may ask for the daemon's own account") {
  Pod pod(SharedDaemon(), "", [](cri::PodSandboxConfig& config) {
    (*config.mutable_annotations())["microsoft.com/hostprocess-inherit-user"] = "true";
  });
  cri::ContainerConfig container = Does("account");
  container.mutable_windows()->mutable_security_context()->set_run_as_username("no-such-user");
  CHECK(pod.Run(container).out == MustRun({HostProbe(), "account"}));
}

}  // namespace jobpod::test
