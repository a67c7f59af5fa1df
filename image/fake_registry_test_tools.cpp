#include <httplib.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <stop_token>
#include <thread>

#include "image/digest.hpp"
#include "image/registry_test_tools.hpp"

namespace jobpod::test {

struct FakeRegistry::Server {
  explicit Server(const std::string& certificate)
      : http(certificate.empty()
                 ? std::make_unique<httplib::Server>()
                 : std::make_unique<httplib::SSLServer>(certificate.c_str(), certificate.c_str())) {}

  std::unique_ptr<httplib::Server> http;
  Handler handler;
  int port = 0;
  mutable std::mutex mutex;
  std::vector<FakeRequest> requests;
  std::stop_source ending;
  std::thread thread;

  void Answer(const httplib::Request& in, httplib::Response& out);
};

namespace {

// Sends part of the body, then breaks off or hangs.
void SendBroken(const FakeAnswer& answer, const std::string& type, std::stop_token ending,
                httplib::Response& out) {
  out.set_content_provider(answer.body.size(), type.c_str(),
                           [answer, ending](size_t offset, size_t, httplib::DataSink& sink) {
                             if (offset == 0) return sink.write(answer.body.data(), answer.cut);
                             std::mutex mutex;
                             std::unique_lock lock(mutex);
                             std::condition_variable_any wake;
                             if (answer.stall) wake.wait(lock, ending, [] { return false; });
                             return false;
                           });
}

}  // namespace

void FakeRegistry::Server::Answer(const httplib::Request& in, httplib::Response& out) {
  const std::string query =
      in.target.find('?') == std::string::npos ? "" : in.target.substr(in.target.find('?') + 1);
  FakeRequest request{
      in.method, in.path, query, in.get_header_value("Authorization"), in.get_header_value("Range"), in.body};
  {
    const std::lock_guard lock(mutex);
    requests.push_back(request);
  }
  const FakeAnswer answer = handler(request);
  out.status = answer.status;
  std::string type = "application/octet-stream";
  for (const auto& [name, value] : answer.headers) {
    if (name == "Content-Type") {
      type = value;
    } else {
      out.set_header(name.c_str(), value);
    }
  }
  if (answer.cut > 0) {
    SendBroken(answer, type, ending.get_token(), out);
  } else {
    out.set_content(answer.body, type.c_str());
  }
}

FakeRegistry::FakeRegistry(Handler handler, const std::string& certificate)
    : server_(std::make_unique<Server>(certificate)) {
  server_->handler = std::move(handler);
  // Every request goes here before the library looks at ranges or routes.
  server_->http->set_pre_routing_handler([this](const httplib::Request& in, httplib::Response& out) {
    const_cast<httplib::Request&>(in).ranges.clear();
    if (in.method == "POST" || in.method == "PUT") return httplib::Server::HandlerResponse::Unhandled;
    server_->Answer(in, out);
    return httplib::Server::HandlerResponse::Handled;
  });
  server_->http->Post(
      ".*", [this](const httplib::Request& in, httplib::Response& out) { server_->Answer(in, out); });
  server_->port = server_->http->bind_to_any_port("127.0.0.1");
  server_->thread = std::thread([this] { server_->http->listen_after_bind(); });
}

FakeRegistry::~FakeRegistry() {
  server_->ending.request_stop();
  server_->http->stop();
  server_->thread.join();
}

std::string FakeRegistry::address() const {
  return "127.0.0.1:" + std::to_string(server_->port);
}

std::vector<FakeRequest> FakeRegistry::requests() const {
  const std::lock_guard lock(server_->mutex);
  return server_->requests;
}

size_t FakeRegistry::Count(const std::string& path_part) const {
  size_t count = 0;
  for (const FakeRequest& request : requests())
    if (request.path.find(path_part) != std::string::npos) ++count;
  return count;
}

FakeAnswer FakeRegistry::Serve(const FakeRequest& request, const BuiltImage& image) {
  if (request.path.find("/manifests/") != std::string::npos)
    return {
        200, {{"Content-Type", kManifestType}, {"Docker-Content-Digest", image.digest()}}, image.manifest};
  if (request.path.ends_with(image.id())) return {200, {}, image.config};
  for (const std::string& layer : image.layers)
    if (request.path.ends_with(DigestOf(layer))) return {200, {}, layer};
  return {404, {}, R"({"errors":[{"code":"BLOB_UNKNOWN","message":"no such thing"}]})"};
}

}  // namespace jobpod::test
