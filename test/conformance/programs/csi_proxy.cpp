// A privileged helper and its client over a Unix socket, in the place of csi-proxy and a CSI driver:
//   csi_proxy serve SOCKET        answers a word for each connection: "ping", or "volumes" with the host's mounts
//   csi_proxy ask SOCKET WORD     prints the answer
//   csi_proxy watch SOCKET WORD   asks once a second, for ever, and prints how long each answer was
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

namespace {

sockaddr_un Address(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  return address;
}

int Socket() {
  return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

int Fail(const char* what) {
  perror(what);
  return 1;
}

std::string ReadAll(int from) {
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
  return text;
}

std::string AnswerTo(const std::string& word) {
  if (word == "ping") return "pong\n";
  if (word != "volumes") return "unknown word " + word + "\n";
  std::ostringstream mounts;
  mounts << std::ifstream("/proc/1/mounts").rdbuf();
  return mounts.str();
}

int Serve(const char* path) {
  const int listener = Socket();
  const sockaddr_un address = Address(path);
  unlink(path);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return Fail(path);
  if (listen(listener, 16) != 0) return Fail(path);
  printf("listening at %s\n", path);
  fflush(stdout);
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const std::string answer = AnswerTo(ReadAll(client));
    (void)!write(client, answer.data(), answer.size());
    close(client);
  }
}

int Ask(const char* path, const char* word, std::string& answer) {
  const int server = Socket();
  const sockaddr_un address = Address(path);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(server);
    return Fail(path);
  }
  (void)!write(server, word, strlen(word));
  shutdown(server, SHUT_WR);
  answer = ReadAll(server);
  close(server);
  return answer.empty() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  signal(SIGPIPE, SIG_IGN);
  std::string answer;
  if (command == "serve" && argc == 3) return Serve(argv[2]);
  if (command == "ask" && argc == 4) {
    const int code = Ask(argv[2], argv[3], answer);
    fputs(answer.c_str(), stdout);
    return code;
  }
  while (command == "watch" && argc == 4) {
    if (Ask(argv[2], argv[3], answer) == 0) printf("%zu bytes\n", answer.size());
    fflush(stdout);
    sleep(1);
  }
  return fprintf(stderr, "usage: csi_proxy serve SOCKET | ask SOCKET WORD | watch SOCKET WORD\n"), 2;
}
