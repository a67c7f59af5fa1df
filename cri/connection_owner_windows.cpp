#include "cri/connection_owner_windows.hpp"

#include <winsock2.h>
#include <ws2ipdef.h>

#include <iphlpapi.h>
#include <windows.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/wine_windows.hpp"

namespace jobpod {
namespace {

// The system's table of TCP connections with their processes; empty when there is none to be had.
template <typename Table>
auto Rows(ULONG family) {
  std::vector<char> buffer;
  DWORD size = 64u << 10, error = ERROR_INSUFFICIENT_BUFFER;
  while (error == ERROR_INSUFFICIENT_BUFFER) {
    buffer.resize(size);
    error = GetExtendedTcpTable(buffer.data(), &size, FALSE, family, TCP_TABLE_OWNER_PID_ALL, 0);
  }
  const auto* table = reinterpret_cast<const Table*>(buffer.data());
  return std::vector(table->table, table->table + (error == NO_ERROR ? table->dwNumEntries : 0));
}

bool IsLoopback(DWORD address) {
  return address == htonl(INADDR_LOOPBACK);
}
// As sockets of both families have it.
bool IsLoopback(const UCHAR (&address)[16]) {
  constexpr UCHAR kMapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
  return std::memcmp(address, kMapped, sizeof kMapped) == 0;
}

}  // namespace

bool ConnectsFromThisProcess(uint16_t peer_port, uint16_t own_port) {
  const auto ours = [&, process = GetCurrentProcessId()](const auto& row, const auto& local, const auto& remote) {
    // Wine does not say whose a socket of both families is.
    const bool mine = row.dwOwningPid == process || (row.dwOwningPid == 0 && RunsUnderWine());
    return mine && row.dwLocalPort == htons(peer_port) && row.dwRemotePort == htons(own_port) && IsLoopback(local) &&
           IsLoopback(remote);
  };
  return std::ranges::any_of(Rows<MIB_TCPTABLE_OWNER_PID>(AF_INET),
                             [&](const auto& row) { return ours(row, row.dwLocalAddr, row.dwRemoteAddr); }) ||
         std::ranges::any_of(Rows<MIB_TCP6TABLE_OWNER_PID>(AF_INET6),
                             [&](const auto& row) { return ours(row, row.ucLocalAddr, row.ucRemoteAddr); });
}

}  // namespace jobpod
