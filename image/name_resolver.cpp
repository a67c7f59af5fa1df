#include "image/name_resolver.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace jobpod {
namespace {

namespace ip = boost::asio::ip;
using Error = boost::system::error_code;

constexpr size_t kThreads = 8, kQueue = 64;

bool IsAddress(const std::string& host) {
  Error error;
  ip::make_address(host, error);
  return !error;
}

}  // namespace

StatusOr<std::vector<std::string>> LookUpByTheSystem(const std::string& host) {
  std::vector<std::string> out;
  try {
    boost::asio::io_context io;
    for (const auto& found : ip::tcp::resolver(io).resolve(host, "0"))
      out.push_back(found.endpoint().address().to_string());
  } catch (const boost::system::system_error& error) {
    return absl::UnavailableError(error.code().message());
  }
  return out;
}

NameResolver::NameResolver(LookUp look_up) : look_up_(std::move(look_up)), workers_(kThreads, kQueue) {}

StatusOr<std::vector<std::string>> NameResolver::Resolve(const std::string& host, std::chrono::milliseconds timeout,
                                                         const std::stop_token& stop) {
  if (IsAddress(host)) return std::vector<std::string>{host};
  std::unique_lock lock(mutex_);
  ASSIGN_OR_RETURN(const QueryPointer query, JoinLocked(host));
  ++query->waiting;
  const bool answered = answered_.wait_for(lock, stop, timeout, [&] { return query->answer.has_value(); });
  --query->waiting;
  if (answered) return *query->answer;
  if (stop.stop_requested()) return absl::CancelledError("cancelled");
  return absl::UnavailableError("no answer in time");
}

StatusOr<NameResolver::QueryPointer> NameResolver::JoinLocked(const std::string& host) {
  if (const auto found = queries_.find(host); found != queries_.end()) return found->second;
  const auto query = std::make_shared<Query>();
  const Status started = workers_.Run([this, host, query] { Answer(host, query); });
  if (!started.ok()) return absl::UnavailableError(Concat("too many look-ups are waiting: ", started.message()));
  queries_[host] = query;
  return query;
}

void NameResolver::Answer(const std::string& host, const QueryPointer& query) {
  StatusOr<std::vector<std::string>> answer = absl::CancelledError("cancelled");
  std::unique_lock lock(mutex_);
  if (query->waiting > 0) {  // else they left before a thread was free
    lock.unlock();
    answer = look_up_(host);
    lock.lock();
  }
  query->answer = std::move(answer);
  queries_.erase(host);
  answered_.notify_all();
}

}  // namespace jobpod
