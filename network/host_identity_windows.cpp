#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>

#include "network/host_identity.hpp"

namespace jobpod {
namespace {

struct Address {
  bool by_default_route;
  bool ipv6;
  ULONG metric;
  std::string text;
};

std::string ToUtf8(const wchar_t* text) {
  const int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, nullptr, 0, nullptr, nullptr);
  if (size <= 1) return "";
  std::string out(static_cast<size_t>(size), '\0');
  WideCharToMultiByte(CP_UTF8, 0, text, -1, out.data(), size, nullptr, nullptr);
  out.pop_back();
  return out;
}

bool IsGlobal(const in_addr& address) {
  const uint32_t value = ntohl(address.s_addr);
  const bool link_local = (value >> 16) == 0xA9FE;
  return value != 0 && (value >> 24) != 127 && !link_local && (value >> 28) < 0xE;
}

bool IsGlobal(const in6_addr& address) {
  const uint8_t first = address.u.Byte[0], second = address.u.Byte[1];
  const bool link_local = first == 0xFE && (second & 0xC0) == 0x80, multicast = first == 0xFF;
  const bool low = std::all_of(address.u.Byte, address.u.Byte + 15, [](uint8_t byte) { return byte == 0; });
  const bool unspecified_or_loopback = low && address.u.Byte[15] <= 1;
  return !link_local && !multicast && !unspecified_or_loopback;
}

// The text of a global unicast address, "" for any other.
std::string GlobalText(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    const in_addr ip = reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
    if (IsGlobal(ip)) inet_ntop(AF_INET, &ip, text.data(), text.size());
  } else if (address->sa_family == AF_INET6) {
    const in6_addr ip = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    if (IsGlobal(ip)) inet_ntop(AF_INET6, &ip, text.data(), text.size());
  }
  return text.data();
}

using Buffer = std::unique_ptr<char[]>;

// All adapters that are up; null when the system does not tell.
Buffer ReadAdapters() {
  constexpr ULONG kFlags =
      GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER | GAA_FLAG_INCLUDE_GATEWAYS;
  ULONG size = 32768;
  for (int attempt = 0; attempt < 4; ++attempt) {
    Buffer buffer(new char[size]);
    auto* first = reinterpret_cast<IP_ADAPTER_ADDRESSES*>(buffer.get());
    const ULONG error = GetAdaptersAddresses(AF_UNSPEC, kFlags, nullptr, first, &size);
    if (error == NO_ERROR) return buffer;
    if (error != ERROR_BUFFER_OVERFLOW) break;
  }
  return nullptr;
}

// Of the routes to everywhere the one with the lowest metric counts: an adapter has one when it has a gateway.
std::optional<ULONG> GatewayMetric(const IP_ADAPTER_ADDRESSES& adapter, int family) {
  for (auto* gateway = adapter.FirstGatewayAddress; gateway != nullptr; gateway = gateway->Next)
    if (gateway->Address.lpSockaddr->sa_family == family)
      return family == AF_INET ? adapter.Ipv4Metric : adapter.Ipv6Metric;
  return std::nullopt;
}

void AddAddresses(const IP_ADAPTER_ADDRESSES& adapter, std::vector<Address>& addresses) {
  for (auto* entry = adapter.FirstUnicastAddress; entry != nullptr; entry = entry->Next) {
    const sockaddr* address = entry->Address.lpSockaddr;
    std::string text = GlobalText(address);
    if (text.empty() || entry->DadState == IpDadStateDuplicate || entry->DadState == IpDadStateInvalid) continue;
    const std::optional<ULONG> metric = GatewayMetric(adapter, address->sa_family);
    addresses.push_back(
        {metric.has_value(), address->sa_family == AF_INET6, metric.value_or(0), std::move(text)});
  }
}

std::vector<Address> ListAddresses() {
  std::vector<Address> addresses;
  const Buffer buffer = ReadAdapters();
  auto* adapter = reinterpret_cast<IP_ADAPTER_ADDRESSES*>(buffer.get());
  for (; adapter != nullptr; adapter = adapter->Next)
    if (adapter->OperStatus == IfOperStatusUp && adapter->IfType != IF_TYPE_SOFTWARE_LOOPBACK)
      AddAddresses(*adapter, addresses);
  return addresses;
}

}  // namespace

std::string ReadHostname() {
  std::array<wchar_t, 256> name{};
  DWORD size = name.size();
  return GetComputerNameExW(ComputerNameDnsHostname, name.data(), &size) ? ToUtf8(name.data()) : "";
}

HostIdentity ReadHostIdentity() {
  std::vector<Address> addresses = ListAddresses();
  std::stable_sort(addresses.begin(), addresses.end(), [](const Address& a, const Address& b) {
    return std::tuple(!a.by_default_route, a.ipv6, a.metric) < std::tuple(!b.by_default_route, b.ipv6, b.metric);
  });
  HostIdentity identity{ReadHostname(), {}};
  for (Address& address : addresses) identity.addresses.push_back(std::move(address.text));
  return identity;
}

}  // namespace jobpod
