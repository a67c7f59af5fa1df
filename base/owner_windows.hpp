// Whose a pipe or a directory is: anybody may make one under a name that is free.
#pragma once

#include <windows.h>

#include <accctrl.h>

#include <string>

#include "base/status.hpp"

namespace jobpod {

// SYSTEM, Administrators, TrustedInstaller (whose C:\ and C:\Program Files are), this process's own account, and whoever
// owns the object in question ("OWNER RIGHTS").
bool IsTrusted(PSID account);

// "DOMAIN\\name", or its SID as text.
std::string NameOfAccount(PSID account);

// PermissionDenied unless a trusted account owns `object` (READ_CONTROL), which is a pipe or a job (SE_KERNEL_OBJECT) or
// a file or directory (SE_FILE_OBJECT). `name` is for the sentence.
Status CheckOwner(HANDLE object, SE_OBJECT_TYPE type, const std::string& name);

// The same of a file or directory and of all directories above it but the volume; where one is a link, of the link and
// of what it leads to.
Status CheckPathOwners(const std::string& path);

}  // namespace jobpod
