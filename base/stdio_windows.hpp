// Put before every file that sees generated messages (cmake/libraries_windows.cmake): MinGW's <stdio.h> makes
// macros of stdin, stdout and stderr, and messages have fields of these names. Here they become variables.
#pragma once

#include <stdio.h>

#undef stdin
#undef stdout
#undef stderr

inline FILE* const stdin = __acrt_iob_func(0);
inline FILE* const stdout = __acrt_iob_func(1);
inline FILE* const stderr = __acrt_iob_func(2);
