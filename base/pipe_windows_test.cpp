#include "base/pipe_windows.hpp"

#include <catch2/catch.hpp>

#include "base/file_windows.hpp"
#include "base/wine_windows.hpp"

namespace jobpod {
namespace {

// A program has the reading end of its standard input.
TEST_CASE("who reads from a pipe cannot act as who has written to it") {
  if (RunsUnderWine()) {
    WARN("Wine lets the server of a pipe act as itself, whatever its client allows: not tested");
    return;
  }
  auto pipe = MakePipe(PipeUse::kWaiting, PipeUse::kWaiting);
  REQUIRE(pipe.ok());
  REQUIRE(WriteAll(pipe->write.get(), "x", "a pipe").ok());
  char byte = 0;
  DWORD size = 0;
  REQUIRE(ReadFile(pipe->read.get(), &byte, 1, &size, nullptr));
  if (!ImpersonateNamedPipeClient(pipe->read.get())) return;
  HANDLE token = nullptr;
  const BOOL opened = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token);
  const DWORD error = GetLastError();
  RevertToSelf();
  const Handle owned(token);
  CHECK_FALSE(opened);
  CHECK(error == ERROR_CANT_OPEN_ANONYMOUS);
}

}  // namespace
}  // namespace jobpod
