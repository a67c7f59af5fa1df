// Accounts by the documented answers of Windows: Wine has one account only.
#include "runtime/user_windows.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "test/fakes/memory_journal.hpp"

namespace jobpod {
namespace {

const std::string kContainer = "0123456789abcdef0123456789abcdef";

// A German Windows that runs Jobpod as Administrator.
struct Machine {
  std::map<std::string, WindowsAccount> accounts{
      {"NT-AUTORITÄT\\SYSTEM", {"S-1-5-18", "NT-AUTORITÄT", "SYSTEM", SidTypeWellKnownGroup}},
      {"NT SERVICE\\web", {"S-1-5-80-1-2-3", "NT SERVICE", "web", SidTypeWellKnownGroup}},
      {"Administratoren", {"S-1-5-32-544", "VORDEFINIERT", "Administratoren", SidTypeAlias}},
      {"BUILTIN\\Administratoren", {"S-1-5-32-544", "VORDEFINIERT", "Administratoren", SidTypeAlias}},
      {"Administrator", {"S-1-5-21-1-500", "HOST", "Administrator", SidTypeUser}},
      {"CORP\\joe", {"S-1-5-21-2-1000", "CORP", "joe", SidTypeUser}},
      {"CORP\\web$", {"S-1-5-21-2-1001", "CORP", "web$", SidTypeUser}},
      {"CORP\\Domain Users", {"S-1-5-21-2-513", "CORP", "Domain Users", SidTypeGroup}}};
  std::map<std::string, std::string> passwords, members;
  bool makes_accounts = true, only_account = false;
  Status refuses_members;
  MemoryJournal journal;

  AccountCalls Calls() {
    AccountCalls calls;
    calls.find = [this](const std::string& name) -> StatusOr<WindowsAccount> {
      auto at = accounts.find(name);
      if (at == accounts.end()) return absl::NotFoundError("none mapped");
      return at->second;
    };
    calls.find_sid = [this](const std::string& sid) -> StatusOr<WindowsAccount> {
      for (const auto& [name, account] : accounts) {
        if (account.sid == sid) return account;
      }
      return absl::NotFoundError("none mapped");
    };
    calls.own = [this]() -> StatusOr<WindowsAccount> { return accounts["Administrator"]; };
    calls.is_only_account = [this] { return only_account; };
    calls.add_user = [this](const std::string& name, const std::string& password) {
      CHECK(journal.OwnedBy(kContainer).size() == 1);  // first it is written down
      if (!makes_accounts) return absl::OkStatus();
      passwords[name] = password;
      accounts[name] = {"S-1-5-21-1-1002", "HOST", name, SidTypeUser};
      return absl::OkStatus();
    };
    calls.add_member = [this](const std::string& group, const std::string& sid) {
      members[sid] = group;
      return refuses_members;
    };
    calls.remove_user = [this](const std::string& name) {
      accounts.erase(name);
      passwords.erase(name);
      return absl::OkStatus();
    };
    return calls;
  }

  StatusOr<User> Resolve(const std::string& name, const std::string& image_user = "") {
    UserSpec spec;
    spec.set_name(name);
    return ResolveAccount(kContainer, spec, image_user, Calls(), journal);
  }
  User Find(const std::string& name) {
    StatusOr<User> user = Resolve(name);
    INFO(user.status().ToString());
    REQUIRE(user.ok());
    return *std::move(user);
  }
  std::string Refusal(const std::string& name) {
    const Status status = Resolve(name).status();
    CHECK_FALSE(status.ok());
    CHECK(journal.All().empty());
    return std::string(Message(status));
  }
};

bool Says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

TEST_CASE("service accounts are known in any case, in English and in the system's language") {
  Machine machine;
  for (const char* name : {"NT AUTHORITY\\SYSTEM", "nt authority\\system", "System", "LocalSystem",
                           "NT-AUTORITÄT\\SYSTEM"}) {
    CAPTURE(name);
    const User user = machine.Find(name);
    CHECK(user.sid() == "S-1-5-18");
    CHECK(user.logon() == LOGON_SERVICE);
    CHECK(user.domain() == "NT-AUTORITÄT");
    CHECK(user.name() == "NT-AUTORITÄT\\SYSTEM");
  }
  CHECK(machine.Find("NT AUTHORITY\\Local service").sid() == "S-1-5-19");
  CHECK(machine.Find("nt authority\\LOCALSERVICE").sid() == "S-1-5-19");
  CHECK(machine.Find("NT Authority\\Network Service").sid() == "S-1-5-20");
  CHECK(machine.Find("NT SERVICE\\web").logon() == LOGON_SERVICE);
}

TEST_CASE("users, managed accounts and this process's own account") {
  Machine machine;
  CHECK(machine.Find("CORP\\joe").logon() == LOGON_INTERACTIVE);
  CHECK(machine.Find("CORP\\web$").logon() == LOGON_MANAGED);
  CHECK(machine.Find("Administrator").logon() == LOGON_OWN);
  CHECK(machine.Resolve("", "Administrator")->sid() == "S-1-5-21-1-500");
  CHECK(machine.journal.All().empty());
}

TEST_CASE("where there is one account only it is SYSTEM, and no other") {
  Machine machine;
  machine.only_account = true;
  CHECK(machine.Find("NT AUTHORITY\\SYSTEM").logon() == LOGON_OWN);
  CHECK(machine.Find("NT AUTHORITY\\LocalService").logon() == LOGON_SERVICE);
}

TEST_CASE("a local group gets a member that goes with its container") {
  Machine machine;
  const std::string group = GENERATE(as<std::string>(), "Administratoren", "BUILTIN\\Administratoren");
  const User user = machine.Find(group);
  const std::string name = kContainer.substr(0, 20);
  CHECK(user.logon() == LOGON_INTERACTIVE);
  CHECK(user.name() == ".\\" + name);
  CHECK(user.sid() == "S-1-5-21-1-1002");
  CHECK(user.password() == machine.passwords.at(name));
  CHECK(machine.members.at(user.sid()) == "Administratoren");
  CHECK(ReleaseAccounts(kContainer, machine.Calls(), machine.journal).ok());
  CHECK(machine.passwords.empty());
  CHECK(machine.journal.All().empty());
  CHECK(ReleaseAccounts(kContainer, machine.Calls(), machine.journal).ok());
}

TEST_CASE("an account that cannot be made is told and leaves nothing") {
  Machine machine;
  SECTION("the system pretends") {
    machine.makes_accounts = false;
    CHECK(Says(machine.Refusal("Administratoren"), "failed to create local account for container: "));
  }
  SECTION("the group takes no member") {
    machine.refuses_members = absl::PermissionDeniedError("no");
    CHECK(Says(machine.Refusal("Administratoren"), "failed to create local account for container: no"));
    CHECK(machine.passwords.empty());
  }
  SECTION("it cannot be written down") {
    machine.journal.FailWrites(absl::ResourceExhaustedError("full"));
    CHECK(Says(machine.Refusal("Administratoren"), "full"));
    CHECK(machine.passwords.empty());
  }
}

TEST_CASE("who does not exist, or is no account, is refused in the reference's words") {
  Machine machine;
  CHECK(Says(machine.Refusal("bad-user-name"), "failed to create user process token: failed to logon user: "));
  CHECK(absl::IsNotFound(machine.Resolve("bad-user-name").status()));
  CHECK(Says(machine.Refusal("CORP\\Domain Users"), "neither a user nor a local group"));
  CHECK(Says(machine.Refusal(""), "empty username or group name passed"));
  for (const char* name : {"a\\b\\c", "\\x", "CORP\\", "a/b"}) CHECK(Says(machine.Refusal(name), "invalid user string `"));
  UserSpec numbered;
  numbered.set_uid(0);
  CHECK(Says(std::string(Message(CheckUserForm(numbered, "x"))), "run_as_username"));
  CHECK(CheckUserForm({}, "NT AUTHORITY\\SYSTEM").ok());
}

}  // namespace
}  // namespace jobpod
