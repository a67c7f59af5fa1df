#include <winsock2.h>
#include <ws2ipdef.h>

#include <iphlpapi.h>
#include <netioapi.h>
#include <windows.h>

#include "base/process_counts_windows.hpp"
#include "base/win32_windows.hpp"
#include "cri/host_figures.hpp"

namespace jobpod {
namespace {

InterfaceFigures FiguresOf(const MIB_IF_ROW2& row) {
  InterfaceFigures figures;
  figures.name = Utf8(row.Alias);
  figures.received_bytes = row.InOctets;
  figures.received_packets = row.InUcastPkts + row.InNUcastPkts;
  figures.received_errors = row.InErrors;
  figures.received_dropped = row.InDiscards;
  figures.sent_bytes = row.OutOctets;
  figures.sent_packets = row.OutUcastPkts + row.OutNUcastPkts;
  figures.sent_errors = row.OutErrors;
  figures.sent_dropped = row.OutDiscards;
  return figures;
}

// Filters and layers show the traffic of the hardware below them once more.
bool IsCounted(const MIB_IF_ROW2& row) {
  return row.Type != IF_TYPE_SOFTWARE_LOOPBACK && !row.InterfaceAndOperStatusFlags.FilterInterface;
}

}  // namespace

FilesystemSpace SpaceOf(const std::string& directory) {
  const StatusOr<std::wstring> path = LongPath(directory);
  ULARGE_INTEGER available{}, total{};
  if (!path.ok() || !GetDiskFreeSpaceExW(path->c_str(), &available, &total, nullptr)) return {};
  return {.total_bytes = total.QuadPart};
}

// Handles count as descriptors; the system has no limit of them that matters.
ProcessFigures FiguresOf(int32_t pid) {
  ProcessFigures figures;
  if (pid > 0) figures.descriptors = CountsOf(static_cast<uint32_t>(pid)).handles;
  return figures;
}

std::vector<InterfaceFigures> HostInterfaces() {
  std::vector<InterfaceFigures> interfaces;
  MIB_IF_TABLE2* table = nullptr;
  if (GetIfTable2(&table) != NO_ERROR) return interfaces;
  for (ULONG i = 0; i < table->NumEntries; ++i) {
    const MIB_IF_ROW2& row = table->Table[i];
    if (IsCounted(row)) interfaces.push_back(FiguresOf(row));
  }
  FreeMibTable(table);
  return interfaces;
}

}  // namespace jobpod
