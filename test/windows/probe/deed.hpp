// What the probe can be asked to do: `probe.exe DEED WORD… + DEED WORD…`, one after the other.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jobpod::probe {

using Words = std::span<const std::string>;

struct Deed {
  const char* name;
  bool takes_rest;  // also what stands behind "+"
  // The code to end with, or nothing to go on.
  std::optional<int> (*run)(Words words);
};

// One table a subject.
std::span<const Deed> SelfDeeds();
std::span<const Deed> HostDeeds();
std::span<const Deed> FileDeeds();
std::span<const Deed> TreeDeeds();
std::span<const Deed> OutputDeeds();
std::span<const Deed> NetworkDeeds();

std::optional<int> Perform(Words words);

// Standard output and error, as they are: no CR is put in.
void Print(std::string_view text);
void PrintError(std::string_view text);
// Says what failed with Windows' number and is the code to end with.
std::optional<int> Failed(std::string_view what);

std::wstring Wide(std::string_view text);
std::string Utf8(std::wstring_view text);
// Word `index`, or `otherwise` when there are fewer.
std::string Word(Words words, size_t index, const char* otherwise = "");
unsigned Number(Words words, size_t index, unsigned otherwise = 0);

}  // namespace jobpod::probe
