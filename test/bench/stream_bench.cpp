// stream_bench [--quick] [--only jobpod|containerd]: streamed execs and port-forwards of Jobpod and of
// Debian's containerd with runc, through the URLs of Exec and PortForward, by the same SPDY client. Prints
// both and the ratio. Ends with 1 when a target is missed.
#include <CLI/CLI.hpp>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <iostream>
#include <latch>
#include <thread>

#include "base/text.hpp"
#include "cri/streaming/status_json.hpp"
#include "test/bench/table.hpp"
#include "test/harness/host.hpp"
#include "test/harness/spdy_client.hpp"

namespace jobpod::bench {
namespace {

namespace net = boost::asio;
using Clock = std::chrono::steady_clock;
using Runtime = cri::RuntimeService::Stub;
using Tcp = net::ip::tcp;

constexpr double kMegabyte = 1e6;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// One streamed exec, from the RPC on.
class Exec {
 public:
  Exec(test::CriClient& client, const std::string& container, const std::vector<std::string>& command,
       bool input)
      : stream_(UrlOf(client, container, command, input), "v4.channel.k8s.io") {
    error_ = stream_.Open({{"streamtype", "error"}});
    if (input) input_ = stream_.Open({{"streamtype", "stdin"}});
    output_ = stream_.Open({{"streamtype", "stdout"}});
  }

  test::SpdyClient& stream() { return stream_; }
  uint32_t input() const { return input_; }
  // Reads to the status, which comes behind all output; the bytes of output. The exit code must be 0.
  uint64_t Finish() {
    uint64_t bytes = 0;
    std::string status;
    for (bool open = true; open;) {
      const auto data = stream_.Next();
      if (!data) test::SetUpFailed("a stream ended without the status of its exec");
      if (data->id == output_) bytes += data->bytes.size();
      if (data->id == error_) status += data->bytes;
      open = data->id != error_ || !data->finished;
    }
    const auto code = streaming::ParseEnd(status);
    if (!code.ok() || *code != 0) test::SetUpFailed("an exec did not end with 0: " + status);
    return bytes;
  }
  // Reads until something comes out.
  void WaitForOutput() {
    for (;;) {
      const auto data = stream_.Next();
      if (!data) test::SetUpFailed("a stream ended without output");
      if (data->id == output_ && !data->bytes.empty()) return;
    }
  }

 private:
  static std::string UrlOf(test::CriClient& client, const std::string& container,
                           const std::vector<std::string>& command, bool input) {
    cri::ExecRequest request;
    request.set_container_id(container);
    for (const std::string& word : command) request.add_cmd(word);
    request.set_stdin(input);
    request.set_stdout(true);
    return client.Call(&Runtime::Exec, request).url();
  }

  test::SpdyClient stream_;
  uint32_t error_ = 0, input_ = 0, output_ = 0;
};

Samples Trues(Workload& peer, int count) {
  Samples samples;
  for (int i = 0; i < count; ++i) {
    const auto start = Clock::now();
    Exec(peer.client(), peer.first_container(), {peer.peer().busybox(), "true"}, false).Finish();
    samples.Add(SecondsSince(start) * 1e3);
  }
  return samples;
}

double Out(Workload& peer, uint64_t bytes) {
  const std::vector<std::string> command = {peer.peer().busybox(), "dd", "if=/dev/zero", "bs=65536",
                                            Concat("count=", bytes / 65536)};
  const auto start = Clock::now();
  const uint64_t got = Exec(peer.client(), peer.first_container(), command, false).Finish();
  if (got != bytes / 65536 * 65536) test::SetUpFailed(Concat(peer.peer().name(), " lost output: ", got));
  return static_cast<double>(got) / kMegabyte / SecondsSince(start);
}

double In(Workload& peer, uint64_t bytes) {
  const std::string script = Concat(peer.peer().busybox(), " wc -c");
  const auto start = Clock::now();
  Exec exec(peer.client(), peer.first_container(), {peer.peer().busybox(), "sh", "-c", script}, true);
  exec.stream().Pour(exec.input(), bytes);
  exec.Finish();
  return static_cast<double>(bytes) / kMegabyte / SecondsSince(start);
}

// Seconds for `count` execs that are all alive at the same time.
double Together(Workload& peer, int count) {
  std::latch alive(count);
  const auto start = Clock::now();
  std::vector<std::jthread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back([&] {
      Exec exec(peer.client(), peer.first_container(), {peer.peer().busybox(), "cat"}, true);
      exec.stream().Send(exec.input(), "x");
      exec.WaitForOutput();
      alive.arrive_and_wait();
      exec.stream().Send(exec.input(), "", true);
      exec.Finish();
    });
  threads.clear();
  return SecondsSince(start);
}

// What the forwarded port leads to: by the first byte it sends without an end, echoes, or drops as many bytes as the
// next eight say and answers then (containerd passes no half-closed connection on).
class PortServer {
 public:
  PortServer() : acceptor_(io_, {net::ip::address_v4::loopback(), 0}), thread_([this] { Run(); }) {}
  ~PortServer() {
    boost::system::error_code ignored;
    stop_ = true;
    Tcp::socket(io_).connect(acceptor_.local_endpoint(), ignored);
  }
  std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }

 private:
  void Run() {
    for (;;) {
      Tcp::socket socket(io_);
      acceptor_.accept(socket);
      if (stop_) return;
      socket.set_option(Tcp::no_delay(true));
      Serve(socket);
    }
  }

  static void Serve(Tcp::socket& socket) {
    std::string bytes(256u << 10, 'x');
    boost::system::error_code error;
    if (net::read(socket, net::buffer(bytes, 1), error) != 1) return;
    const char mode = bytes[0];
    while (!error && mode == 's') net::write(socket, net::buffer(bytes), error);
    uint64_t left = 0;
    if (mode == 'd') net::read(socket, net::buffer(&left, sizeof(left)), error);
    while (!error && (mode == 'e' || left > 0)) {
      const size_t size = socket.read_some(net::buffer(bytes), error);
      if (!error && mode == 'e') net::write(socket, net::buffer(bytes, size), error);
      if (mode == 'd') left -= std::min<uint64_t>(left, size);
    }
    net::write(socket, net::buffer("x", 1), error);
  }

  net::io_context io_;
  Tcp::acceptor acceptor_;
  std::atomic<bool> stop_ = false;
  std::jthread thread_;
};

class Forward {
 public:
  Forward(Workload& peer, const std::string& port) : stream_(UrlOf(peer), "portforward.k8s.io") {
    const streaming::SpdyHeaders headers{{"port", port}, {"requestid", "0"}};
    streaming::SpdyHeaders error = headers, data = headers;
    error["streamtype"] = "error";
    data["streamtype"] = "data";
    stream_.Send(stream_.Open(error), "", true);
    data_ = stream_.Open(data);
  }
  test::SpdyClient& stream() { return stream_; }
  uint32_t data() const { return data_; }
  void Take(uint64_t bytes) {
    while (bytes > 0) {
      const auto piece = stream_.Next();
      if (!piece) test::SetUpFailed("a forwarded connection ended");
      if (piece->id == data_) bytes -= std::min<uint64_t>(bytes, piece->bytes.size());
    }
  }

 private:
  static std::string UrlOf(Workload& peer) {
    cri::PortForwardRequest request;
    request.set_pod_sandbox_id(peer.first_pod());
    return peer.client().Call(&Runtime::PortForward, request).url();
  }

  test::SpdyClient stream_;
  uint32_t data_ = 0;
};

double ForwardOut(Workload& peer, const PortServer& server, uint64_t bytes) {
  Forward forward(peer, server.port());
  forward.stream().Send(forward.data(), "s");
  forward.Take(1);
  const auto start = Clock::now();
  forward.Take(bytes);
  return static_cast<double>(bytes) / kMegabyte / SecondsSince(start);
}

double ForwardIn(Workload& peer, const PortServer& server, uint64_t bytes) {
  Forward forward(peer, server.port());
  const auto start = Clock::now();
  forward.stream().Send(forward.data(), Concat("d", std::string_view(reinterpret_cast<const char*>(&bytes), sizeof(bytes))));
  forward.stream().Pour(forward.data(), bytes);
  forward.Take(1);
  return static_cast<double>(bytes) / kMegabyte / SecondsSince(start);
}

Samples ForwardLatency(Workload& peer, const PortServer& server, int count) {
  Samples samples;
  Forward forward(peer, server.port());
  forward.stream().Send(forward.data(), "e");
  for (int i = 0; i < count; ++i) {
    const auto start = Clock::now();
    forward.stream().Send(forward.data(), "x");
    forward.Take(1);
    samples.Add(SecondsSince(start) * 1e3);
  }
  return samples;
}

struct Size {
  double megabytes, descriptors;
};
Size SizeOf(Workload& peer) {
  return {peer.DaemonMegabytes(), static_cast<double>(test::OpenFiles(peer.peer().daemon()))};
}

// What the daemon has grown by over many execs, four at a time.
Size Growth(Workload& peer, int count) {
  Trues(peer, 20);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const Size before = SizeOf(peer);
  std::atomic<int> left = count;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      while (left-- > 0) Trues(peer, 1);
    });
  threads.clear();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const Size after = SizeOf(peer);
  return {after.megabytes - before.megabytes, after.descriptors - before.descriptors};
}

void Measure(Table& table, Workloads& peers, bool quick) {
  const uint64_t bytes = quick ? 200'000'000 : 1'000'000'000;
  for (auto& peer : peers) Trues(*peer, 3);
  Distribution(table, peers, "streamed exec of true, round trip", {.ratio = 6},
               [&](Workload& peer) { return Trues(peer, quick ? 10 : 60); });
  Figure(table, peers, "out through exec", "MB/s", {.ratio = 1, .higher_is_better = true},
         [&](Workload& peer) { return Out(peer, bytes); });
  Figure(table, peers, "in through exec", "MB/s", {.ratio = 1, .higher_is_better = true},
         [&](Workload& peer) { return In(peer, bytes); });
  const PortServer server;
  Figure(table, peers, "out through port-forward", "MB/s", {.ratio = 1, .higher_is_better = true},
         [&](Workload& peer) { return ForwardOut(peer, server, bytes); });
  Figure(table, peers, "in through port-forward", "MB/s", {.ratio = 1, .higher_is_better = true},
         [&](Workload& peer) { return ForwardIn(peer, server, bytes); });
  Distribution(table, peers, "echo through port-forward", {.ratio = 1},
               [&](Workload& peer) { return ForwardLatency(peer, server, quick ? 100 : 1000); });
  const int together = quick ? 50 : 200;
  Figure(table, peers, Concat(together, " execs alive together"), "s", {},
         [&](Workload& peer) { return Together(peer, together); });
  const int many = quick ? 500 : 10'000;
  std::map<std::string, double> memory, descriptors;
  for (auto& peer : peers) {
    const bool ours = peer->peer().name() == "jobpod";
    const Size growth = Growth(*peer, ours ? many : many / 20);
    memory[peer->peer().name()] = growth.megabytes;
    descriptors[peer->peer().name()] = growth.descriptors;
  }
  table.Print(Concat("daemon grown by ", many, " execs (theirs: ", many / 20, ")"), "MB", memory,
              {.limit = 3});
  table.Print("  descriptors", "", descriptors, {.limit = 4});
}

int Run(bool quick, const std::string& only) {
  const test::Registry registry;
  registry.Push(test::ImageLayout(), "busybox");
  registry.Push(test::ImageLayout(), "pause");
  std::vector<std::unique_ptr<Peer>> peers;
  if (only != "containerd") peers.push_back(MakeJobpod());
  if (only != "jobpod") peers.push_back(MakeContainerd(registry));
  Workloads workloads;
  for (auto& peer : peers) {
    workloads.push_back(std::make_unique<Workload>(*peer, registry.Reference("busybox")));
    workloads.back()->StartPods(1, 1);
  }
  Table table;
  table.PrintHead();
  Measure(table, workloads, quick);
  for (auto& workload : workloads) workload->RemoveAll();
  return table.missed() > 0 ? 1 : 0;
}

}  // namespace
}  // namespace jobpod::bench

int main(int argc, char** argv) {
  bool quick = false;
  std::string only;
  CLI::App app("Streamed execs and port-forwards of Jobpod and containerd");
  app.add_flag("--quick", quick, "a fraction of the samples and bytes");
  app.add_option("--only", only, "one runtime")->check(CLI::IsMember({"jobpod", "containerd"}));
  CLI11_PARSE(app, argc, argv);
  try {
    return jobpod::bench::Run(quick, only);
  } catch (const std::exception& error) {
    std::cerr << "stream_bench: " << error.what() << "\n";
    return 2;
  }
}
