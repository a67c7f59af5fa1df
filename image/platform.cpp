#include "image/platform.hpp"

#include <charconv>
#include <cstdint>
#include <cstdlib>

namespace jobpod {
namespace {

// "v7" → 7; `fallback` when there is none.
int VariantNumber(const std::string& variant, int fallback) {
  int number = fallback;
  if (variant.size() > 1 && variant[0] == 'v')
    std::from_chars(variant.data() + 1, variant.data() + variant.size(), number);
  return number;
}

// "10.0.20348.1006" → 20348; 0 when unknown.
int64_t WindowsBuild(const std::string& version) {
  size_t start = 0;
  for (int dots = 0; dots < 2; ++dots) {
    start = version.find('.', start);
    if (start == std::string::npos) return 0;
    ++start;
  }
  int64_t build = 0;
  std::from_chars(version.data() + start, version.data() + version.size(), build);
  return build;
}

int DefaultVariant(const std::string& architecture) {
  if (architecture == "amd64") return 1;
  if (architecture == "arm64") return 8;
  return architecture == "arm" ? 7 : 0;
}

int HighestVariant(const Platform& wanted, int baseline) {
  if (wanted.architecture == "amd64" && wanted.variant.empty()) return baseline;
  return VariantNumber(wanted.variant, DefaultVariant(wanted.architecture));
}

// Higher is better; negative means unsuitable. A plain amd64 image is preferred over a tuned one: it is
// the one everybody tests.
int64_t Score(const Platform& wanted, const Platform& offer, int baseline) {
  if (offer.os != wanted.os || offer.architecture != wanted.architecture) return -1;
  const int variant = VariantNumber(offer.variant, DefaultVariant(offer.architecture));
  if (variant > HighestVariant(wanted, baseline)) return -1;
  const bool prefer_plain = wanted.architecture == "amd64" && wanted.variant.empty();
  const int64_t by_variant = prefer_plain ? 100 - variant : variant;
  if (wanted.os != "windows") return by_variant;
  const int64_t target = WindowsBuild(wanted.os_version);
  const int64_t build = WindowsBuild(offer.os_version);
  return target == 0 ? build : 1'000'000'000 - std::llabs(target - build);
}

// Moves the version of "windows(10.0.20348)" where it belongs; false when it is none.
bool TakeVersion(Platform& platform) {
  const size_t open = platform.os.find('(');
  if (open == std::string::npos) return platform.os.find(')') == std::string::npos;
  if (!platform.os.ends_with(')')) return false;
  platform.os_version = platform.os.substr(open + 1, platform.os.size() - open - 2);
  platform.os.resize(open);
  return WindowsBuild(platform.os_version) > 0;
}

}  // namespace

std::string Platform::Text() const {
  const std::string version = os_version.empty() ? "" : Concat("(", os_version, ")");
  std::string text = Concat(os, version, "/", architecture);
  if (!variant.empty()) text += Concat("/", variant);
  return text;
}

const char* HostArchitecture() {
#if defined(__aarch64__)
  return "arm64";
#else
  return "amd64";
#endif
}

StatusOr<Platform> ParsePlatform(const std::string& text) {
  if (text.empty()) return HostPlatform();
  const size_t first = text.find('/');
  const size_t second = first == std::string::npos ? first : text.find('/', first + 1);
  Platform out{text.substr(0, first),
               first == std::string::npos ? "" : text.substr(first + 1, second - first - 1),
               second == std::string::npos ? "" : text.substr(second + 1), ""};
  if (TakeVersion(out) && !out.os.empty() && !out.architecture.empty() && out.variant.find('/') == std::string::npos)
    return out;
  return absl::InvalidArgumentError(
      Concat("platform \"", text,
             "\" is not of the form os[(version)]/architecture[/variant], for instance linux/amd64 or "
             "windows(10.0.20348)/amd64"));
}

std::optional<size_t> ChoosePlatform(const Platform& wanted, const std::vector<Platform>& offers,
                                     int baseline) {
  std::optional<size_t> best;
  int64_t best_score = -1;
  for (size_t i = 0; i < offers.size(); ++i) {
    const int64_t score = Score(wanted, offers[i], baseline);
    if (score <= best_score) continue;
    best = i;
    best_score = score;
  }
  return best;
}

// The levels of the x86-64 ABI, feature by feature: not every compiler knows them by name.
int ProcessorLevel() {
#if defined(__x86_64__)
  const bool two = __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
  const bool three = two && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                     __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
  const bool four = three && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
  return 1 + two + three + four;
#else
  return 1;
#endif
}

}  // namespace jobpod
