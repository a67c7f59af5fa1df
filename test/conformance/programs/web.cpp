// A web server for conformance images, in place of nginx and httpd: answers every request with a page and
// says so on standard output. `web NAME PORT`; NAME "nginx" shows itself as nginx's master process does and
// leaves its pid in /var/run/nginx.pid.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

namespace {

constexpr char kMaster[] = "nginx: master process nginx";

int Listen(uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 64) != 0) {
    perror("listen");
    exit(1);
  }
  return listener;
}

void Answer(int client, const std::string& name) {
  char request[4096];
  if (read(client, request, sizeof request) <= 0) return;
  const std::string page = "<html><body>Welcome to " + name + "!</body></html>\n";
  const std::string answer =
      "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: " + std::to_string(page.size()) +
      "\r\nConnection: close\r\n\r\n" + page;
  (void)!write(client, answer.data(), answer.size());
  shutdown(client, SHUT_WR);
  while (read(client, request, sizeof request) > 0) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fprintf(stderr, "usage: web NAME PORT\n"), 2;
  const std::string name = argv[1];
  if (name == "nginx" && strcmp(argv[0], kMaster) != 0) {
    std::string title = kMaster;
    char* words[] = {title.data(), argv[1], argv[2], nullptr};
    execv("/usr/sbin/nginx", words);
    return perror("/usr/sbin/nginx"), 1;
  }
  signal(SIGPIPE, SIG_IGN);
  const auto leave = [](int) { _exit(0); };
  signal(SIGTERM, leave);
  signal(SIGQUIT, leave);
  const int listener = Listen(static_cast<uint16_t>(atoi(argv[2])));
  std::ofstream("/var/run/" + name + ".pid") << getpid() << '\n';
  printf("%s listens on port %s\n", argv[1], argv[2]);
  fflush(stdout);
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    Answer(client, name);
    close(client);
  }
}
