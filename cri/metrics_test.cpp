#include "cri/metrics.hpp"

#include <catch2/catch.hpp>

#include "cri/process_usage.hpp"

namespace jobpod {
namespace {

using Catch::Contains;
using std::chrono::milliseconds;

TEST_CASE("label values are escaped") {
  MetricsText out;
  out.Sample("m", {{"a", "x\"y\\z\nw"}}, 1.5);
  CHECK(out.text() == "m{a=\"x\\\"y\\\\z\\nw\"} 1.5\n");
}

TEST_CASE("big values keep their digits") {
  MetricsText out;
  out.Sample("m", {}, 123456789012.0);
  CHECK(out.text() == "m 123456789012\n");
}

TEST_CASE("RPCs are counted by method and code, durations by method") {
  RpcMetrics metrics;
  metrics.Finished("ListContainers", 0, milliseconds(1));
  metrics.Finished("ListContainers", 0, milliseconds(2));
  metrics.Finished("ListContainers", 5, milliseconds(40000));
  MetricsText out;
  metrics.Write(out);
  CHECK_THAT(out.text(), Contains("jobpod_rpc_total{method=\"ListContainers\",code=\"OK\"} 2\n"));
  CHECK_THAT(out.text(), Contains("jobpod_rpc_total{method=\"ListContainers\",code=\"NotFound\"} 1\n"));
  CHECK_THAT(out.text(),
             Contains("jobpod_rpc_duration_seconds_bucket{method=\"ListContainers\",le=\"0.001\"} 1\n"));
  CHECK_THAT(out.text(),
             Contains("jobpod_rpc_duration_seconds_bucket{method=\"ListContainers\",le=\"30\"} 2\n"));
  CHECK_THAT(out.text(),
             Contains("jobpod_rpc_duration_seconds_bucket{method=\"ListContainers\",le=\"+Inf\"} 3\n"));
  CHECK_THAT(out.text(), Contains("jobpod_rpc_duration_seconds_count{method=\"ListContainers\"} 3\n"));
}

TEST_CASE("this process uses memory, files and threads") {
  const ProcessUsage usage = ReadProcessUsage();
  CHECK(usage.resident_bytes > 1 << 20);
  CHECK(usage.open_files >= 3);
  CHECK(usage.threads >= 1);
}

}  // namespace
}  // namespace jobpod
