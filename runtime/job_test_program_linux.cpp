// What the job tests start: one program with a few bad habits. Not shipped.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

namespace {

// Nothing a test starts may outlive it for long, whatever goes wrong.
constexpr unsigned kLifeSeconds = 60;

int WaitForEver() {
  alarm(kLifeSeconds);
  for (;;) pause();
}

void IgnoreSignals() {
  for (int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) signal(number, SIG_IGN);
}

// The classical way out: fork, new session, fork again, parents end.
// The first process ends after the middle one: once it is gone, only the daemon is left.
int Daemonize() {
  IgnoreSignals();
  if (pid_t middle = fork(); middle != 0) {
    waitpid(middle, nullptr, 0);
    return 0;
  }
  setsid();
  if (fork() != 0) return 0;
  return WaitForEver();
}

// Each process forks for as long as it lives; a deadline bounds what an escaped one could do.
int Bomb() {
  IgnoreSignals();
  time_t end = time(nullptr) + 5;
  while (time(nullptr) < end) {
    if (fork() < 0) usleep(1000);
    setsid();
  }
  return 0;
}

// Forks faster than it dies, without growing: each process lives for one fork, so that a list of
// processes is out of date before it is read.
int Chase() {
  IgnoreSignals();
  time_t end = time(nullptr) + 5;
  for (int runner = 0; runner < 40; ++runner) {
    if (fork() != 0) continue;
    while (time(nullptr) < end) {
      if (fork() > 0) _exit(0);
      setsid();
      usleep(200);
    }
    _exit(0);
  }
  return WaitForEver();
}

int Burn(double seconds) {
  timespec now{};
  do {
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  } while (static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9 < seconds);
  return WaitForEver();
}

int Eat(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  memset(memory, 1, bytes);
  return WaitForEver();
}

int PrintCgroups() {
  char text[4096];
  int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
  ssize_t size = read(fd, text, sizeof text);
  return size > 0 && write(STDOUT_FILENO, text, static_cast<size_t>(size)) == size ? 0 : 1;
}

int PrintSignals() {
  sigset_t blocked;
  sigprocmask(SIG_BLOCK, nullptr, &blocked);
  struct sigaction pipe_action {};
  sigaction(SIGPIPE, nullptr, &pipe_action);
  bool plain = sigismember(&blocked, SIGUSR1) == 0 && pipe_action.sa_handler == SIG_DFL;
  puts(plain ? "plain" : "inherited");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "wait") return WaitForEver();
  if (what == "daemonize") return Daemonize();
  if (what == "bomb") return Bomb();
  if (what == "chase") return Chase();
  if (what == "burn") return Burn(0.1);
  if (what == "eat") return Eat(static_cast<size_t>(atol(argv[2])));
  if (what == "cgroups") return PrintCgroups();
  if (what == "signals") return PrintSignals();
  if (what == "exit") return 0;
  return 2;
}
