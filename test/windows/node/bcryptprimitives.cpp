// bcryptprimitives.dll for nodes that are Wine prefixes: Wine 8 has none, and no program made with Go 1.22 or newer
// starts without it. Its one function, with the system's own random numbers.
#include <windows.h>

#include <ntsecapi.h>

extern "C" __declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE* data, SIZE_T size) {
  return RtlGenRandom(data, static_cast<ULONG>(size));
}
