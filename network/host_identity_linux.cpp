#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <tuple>

#include "network/host_identity.hpp"

namespace jobpod {
namespace {

struct DefaultRoutes {
  std::string ipv4;  // interface names; empty = no such route
  std::string ipv6;
};

struct Address {
  bool by_default_route;
  bool ipv6;
  std::string text;
};

bool IsUsable(unsigned flags) {
  return (flags & RTF_UP) != 0 && (flags & RTF_REJECT) == 0;
}

// Numbers in these files are hexadecimal, the metric of the IPv4 table alone is decimal.
std::string DefaultInterface4() {
  std::ifstream lines("/proc/net/route");
  std::string best;
  uint64_t best_metric = UINT64_MAX;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string name, destination, gateway, mask;
    unsigned flags = 0;
    uint64_t references = 0, uses = 0, metric = 0;
    fields >> name >> destination >> gateway >> std::hex >> flags >> std::dec >> references >> uses >>
        metric >> mask;
    if (!fields || destination != "00000000" || mask != "00000000" || !IsUsable(flags)) continue;
    if (metric < best_metric) best = name;
    best_metric = std::min(metric, best_metric);
  }
  return best;
}

std::string DefaultInterface6() {
  std::ifstream lines("/proc/net/ipv6_route");
  std::string best;
  uint64_t best_metric = UINT64_MAX;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string destination, length, source, source_length, gateway, name;
    uint64_t metric = 0, references = 0, uses = 0;
    unsigned flags = 0;
    fields >> destination >> length >> source >> source_length >> gateway >> std::hex >> metric >>
        references >> uses >> flags >> name;
    if (!fields || length != "00" || source_length != "00" || !IsUsable(flags)) continue;
    if (metric < best_metric) best = name;
    best_metric = std::min(metric, best_metric);
  }
  return best;
}

bool IsGlobal(const in_addr& address) {
  uint32_t value = ntohl(address.s_addr);
  bool link_local = (value >> 16) == 0xA9FE;
  return value != 0 && (value >> 24) != 127 && !link_local && (value >> 28) < 0xE;
}

bool IsGlobal(const in6_addr& address) {
  return !IN6_IS_ADDR_UNSPECIFIED(&address) && !IN6_IS_ADDR_LOOPBACK(&address) &&
         !IN6_IS_ADDR_LINKLOCAL(&address) && !IN6_IS_ADDR_MULTICAST(&address);
}

// The text of a global unicast address, "" for any other.
std::string GlobalText(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    in_addr ip = reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
    if (IsGlobal(ip)) inet_ntop(AF_INET, &ip, text.data(), text.size());
  } else if (address->sa_family == AF_INET6) {
    in6_addr ip = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    if (IsGlobal(ip)) inet_ntop(AF_INET6, &ip, text.data(), text.size());
  }
  return text.data();
}

std::vector<Address> ListAddresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(first, &freeifaddrs);
  DefaultRoutes routes{DefaultInterface4(), DefaultInterface6()};
  std::vector<Address> addresses;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_UP) == 0) continue;
    std::string text = GlobalText(entry->ifa_addr);
    if (text.empty()) continue;
    bool ipv6 = entry->ifa_addr->sa_family == AF_INET6;
    addresses.push_back({(ipv6 ? routes.ipv6 : routes.ipv4) == entry->ifa_name, ipv6, std::move(text)});
  }
  return addresses;
}

}  // namespace

std::string ReadHostname() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

HostIdentity ReadHostIdentity() {
  std::vector<Address> addresses = ListAddresses();
  std::stable_sort(addresses.begin(), addresses.end(), [](const Address& a, const Address& b) {
    return std::tuple(!a.by_default_route, a.ipv6) < std::tuple(!b.by_default_route, b.ipv6);
  });
  HostIdentity identity{ReadHostname(), {}};
  for (Address& address : addresses) identity.addresses.push_back(std::move(address.text));
  return identity;
}

}  // namespace jobpod
