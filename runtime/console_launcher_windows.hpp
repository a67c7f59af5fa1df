// Wine starts a program in a pseudo console without standard streams. There the shim's own program is started in its
// place, and starts it with the console's, in the same console and job.
#pragma once

#include <string>

namespace jobpod {

// The name the shim's program is called by for this.
inline constexpr char kConsoleLauncherName[] = "jobpod-console";

// Changes what CreateProcess is given.
void StartByConsoleLauncher(std::wstring& program, std::wstring& command_line);

// Gives the exit code of the program.
int ConsoleLauncherMain();

}  // namespace jobpod
