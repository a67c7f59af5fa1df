// The host as a container sees it: its name, addresses, processes and pipes.
#include <winsock2.h>
#include <ws2tcpip.h>

#include <windows.h>

#include <iphlpapi.h>
#include <tlhelp32.h>

#include "test/windows/probe/deed.hpp"

namespace jobpod::probe {
namespace {

std::optional<int> HostName(Words) {
  wchar_t name[256];
  DWORD size = 256;
  if (!GetComputerNameExW(ComputerNameDnsHostname, name, &size)) return Failed("ask for the host's name");
  Print(Utf8({name, size}) + "\n");
  return std::nullopt;
}

// IPv4 addresses, one a line.
std::optional<int> Addresses(Words) {
  ULONG size = 64 * 1024;
  std::string buffer(size, '\0');
  auto* adapter = reinterpret_cast<IP_ADAPTER_ADDRESSES*>(buffer.data());
  SetLastError(GetAdaptersAddresses(AF_INET, 0, nullptr, adapter, &size));
  if (GetLastError() != ERROR_SUCCESS) return Failed("ask for addresses");
  for (; adapter; adapter = adapter->Next) {
    for (auto* unicast = adapter->FirstUnicastAddress; unicast; unicast = unicast->Next) {
      char text[64] = "";
      inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(unicast->Address.lpSockaddr)->sin_addr, text, sizeof text);
      Print(std::string(text) + "\n");
    }
  }
  return std::nullopt;
}

// Every process of the host, "PID NAME" a line.
std::optional<int> Processes(Words) {
  const HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  PROCESSENTRY32W entry{};
  entry.dwSize = sizeof entry;
  for (BOOL more = Process32FirstW(snapshot, &entry); more; more = Process32NextW(snapshot, &entry))
    Print(std::to_string(entry.th32ProcessID) + " " + Utf8(entry.szExeFile) + "\n");
  CloseHandle(snapshot);
  return std::nullopt;
}

// pipe-read NAME: prints what the pipe's server says.
std::optional<int> PipeRead(Words words) {
  const std::wstring name = Wide(Word(words, 0));
  const HANDLE pipe = CreateFileW(name.c_str(), GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  if (pipe == INVALID_HANDLE_VALUE) return Failed("open " + Word(words, 0));
  char buffer[4096];
  for (DWORD got = 0; ReadFile(pipe, buffer, sizeof buffer, &got, nullptr) && got > 0;) Print({buffer, got});
  CloseHandle(pipe);
  return std::nullopt;
}

// pipe-say NAME TEXT: says it to one client.
std::optional<int> PipeSay(Words words) {
  const HANDLE pipe = CreateNamedPipeW(Wide(Word(words, 0)).c_str(), PIPE_ACCESS_OUTBOUND, PIPE_TYPE_BYTE | PIPE_WAIT,
                                       1, 4096, 4096, 0, nullptr);
  if (pipe == INVALID_HANDLE_VALUE) return Failed("make " + Word(words, 0));
  Print("serving\n");
  if (!ConnectNamedPipe(pipe, nullptr) && GetLastError() != ERROR_PIPE_CONNECTED) return Failed("wait for a client");
  const std::string text = Word(words, 1);
  DWORD written = 0;
  WriteFile(pipe, text.data(), static_cast<DWORD>(text.size()), &written, nullptr);
  FlushFileBuffers(pipe);
  CloseHandle(pipe);
  return std::nullopt;
}

constexpr Deed kDeeds[] = {
    {"hostname", false, HostName},  {"addresses", false, Addresses}, {"processes", false, Processes},
    {"pipe-read", false, PipeRead}, {"pipe-say", false, PipeSay},
};

}  // namespace

std::span<const Deed> HostDeeds() {
  return kDeeds;
}

}  // namespace jobpod::probe
