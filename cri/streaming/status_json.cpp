#include "cri/streaming/status_json.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

namespace jobpod::streaming {
namespace {

using Json = nlohmann::json;

int32_t Folded(int32_t code) {
  if (code >= 0 && code <= 255) return code;
  const int32_t low = code & 0xff;
  return low == 0 ? 1 : low;
}

std::string FailureText(const StatusOr<int32_t>& exit_code) {
  if (exit_code.ok()) return Concat("command terminated with non-zero exit code: exit code ", *exit_code);
  return Concat("Internal error occurred: ", Message(exit_code.status()));
}

Json Cause(std::string_view reason, std::string message) {
  Json cause = {{"message", std::move(message)}};
  if (!reason.empty()) cause["reason"] = reason;
  return {{"causes", Json::array({cause})}};
}

Json Failure(const StatusOr<int32_t>& exit_code) {
  Json status = {{"metadata", Json::object()}, {"status", "Failure"}, {"message", FailureText(exit_code)}};
  if (exit_code.ok()) {
    status["reason"] = "NonZeroExitCode";
    status["details"] = Cause("ExitCode", std::to_string(Folded(*exit_code)));
  } else {
    status["reason"] = "InternalError";
    status["code"] = 500;
    status["details"] = Cause("", std::string(Message(exit_code.status())));
  }
  return status;
}

StatusOr<int32_t> CodeOf(const Json& cause) {
  const std::string text = cause.value("message", "");
  int32_t code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
  if (error == std::errc() && end == text.data() + text.size()) return code;
  return absl::InternalError(Concat("the exit code in the answer, \"", text, "\", is no number"));
}

StatusOr<int32_t> CodeIn(const Json& status) {
  if (status.value("status", "") == "Success") return 0;
  const std::string message = status.value("message", "the command failed without a reason");
  if (status.value("reason", "") != "NonZeroExitCode") return absl::InternalError(message);
  for (const Json& cause : status.at("details").at("causes")) {
    if (cause.value("reason", "") == "ExitCode") return CodeOf(cause);
  }
  return absl::InternalError(message);
}

}  // namespace

std::string FormatEnd(const StatusOr<int32_t>& exit_code, StatusForm form) {
  const bool success = exit_code.ok() && *exit_code == 0;
  if (form == StatusForm::kText) return success ? "" : FailureText(exit_code);
  if (success) return R"({"metadata":{},"status":"Success"})";
  return Failure(exit_code).dump(-1, ' ', false, Json::error_handler_t::replace);
}

StatusOr<int32_t> ParseEnd(std::string_view json) {
  try {
    return CodeIn(Json::parse(json));
  } catch (const Json::exception&) {
    return absl::InternalError("the daemon's answer about how the command ended is not valid");
  }
}

}  // namespace jobpod::streaming
