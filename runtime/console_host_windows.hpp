// The console host: a system process Windows starts beside the first program of a console, inside its job.
#pragma once

#include <windows.h>

#include <string>

namespace jobpod {

// Full path of the program that `process` (PROCESS_QUERY_LIMITED_INFORMATION) runs; empty while it has not
// begun.
std::wstring ImageOf(HANDLE process);

// Whether `process` (PROCESS_QUERY_LIMITED_INFORMATION) runs the system's conhost.exe. It takes no part in
// what the programs of a job do, and ending it would end them.
bool IsConsoleHost(HANDLE process);

}  // namespace jobpod
