#include "runtime/stream_test_client.hpp"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <future>

namespace jobpod::stream_test {
namespace {

constexpr std::chrono::seconds kBound{20};

}  // namespace

bool Eventually(const std::function<bool()>& what, std::chrono::seconds bound) {
  const auto until = std::chrono::steady_clock::now() + bound;
  while (!what()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  return true;
}

Client::Client(const Open& open, bool reads) : work_(boost::asio::make_work_guard(io_)) {
  auto session = open(io_.get_executor(), [this](StatusOr<int32_t> code) {
    std::lock_guard lock(mutex_);
    CHECK_FALSE(end_);
    end_ = std::move(code);
    changed_.notify_all();
  });
  opened_ = session.status();
  if (session.ok()) {
    session_ = *std::move(session);
    output_.channel = session_->standard_output();
    error_.channel = session_->standard_error();
    for (Stream* stream : {&output_, &error_}) stream->open = stream->channel != nullptr;
  }
  thread_ = std::thread([this] { io_.run(); });
  if (reads) Read();
}

Client::~Client() {
  LetGo();
  work_.reset();
  io_.stop();
  thread_.join();
}

void Client::OnThread(const std::function<void()>& work) {
  std::promise<void> done;
  boost::asio::post(io_, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void Client::Read() {
  OnThread([this] {
    for (Stream* stream : {&output_, &error_}) {
      if (stream->channel != nullptr && session_ != nullptr) ReadOn(*stream);
    }
  });
}

void Client::ReadOn(Stream& stream) {
  stream.channel->Read(boost::asio::buffer(stream.piece),
                       [this, &stream](const boost::system::error_code& error, size_t bytes) {
                         std::lock_guard lock(mutex_);
                         stream.text.append(stream.piece, bytes);
                         changed_.notify_all();
                         if (error) {
                           stream.open = false;
                         } else {
                           ReadOn(stream);
                         }
                       });
}

void Client::Write(const std::string& text) {
  OnThread([&] {
    auto kept = std::make_shared<std::string>(text);
    session_->standard_input()->Write(boost::asio::buffer(*kept),
                                      [kept](const boost::system::error_code&, size_t) {});
  });
}

void Client::CloseInput() {
  OnThread([this] { session_->standard_input()->Close(); });
}

void Client::Resize(uint16_t width, uint16_t height) {
  OnThread([&] { session_->Resize(width, height); });
}

void Client::LetGo() {
  OnThread([this] { session_.reset(); });
}

StatusOr<int32_t> Client::End() {
  std::unique_lock lock(mutex_);
  bool ended = changed_.wait_for(lock, kBound, [&] { return end_ && !output_.open && !error_.open; });
  return ended ? *end_ : StatusOr<int32_t>(absl::DeadlineExceededError("the session does not end"));
}

bool Client::Ended() {
  std::lock_guard lock(mutex_);
  return end_.has_value();
}

bool Client::Says(const std::string& text) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kBound, [&] { return output_.text.find(text) != std::string::npos; });
}

std::string Client::output() {
  std::lock_guard lock(mutex_);
  return output_.text;
}

std::string Client::error_output() {
  std::lock_guard lock(mutex_);
  return error_.text;
}

}  // namespace jobpod::stream_test
