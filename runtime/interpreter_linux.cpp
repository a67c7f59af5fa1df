// Which interpreter a program asks for: the `#!` line of a script, PT_INTERP of an ELF file.
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/file_linux.hpp"
#include "runtime/child_exec_linux.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxName = 256;  // the kernel reads no more of a `#!` line either
constexpr int kMaxDepth = 4;

template <typename Value>
std::optional<Value> ReadAt(int fd, uint64_t offset) {
  Value value;
  if (pread(fd, &value, sizeof value, static_cast<off_t>(offset)) != sizeof value) return std::nullopt;
  return value;
}

std::string ReadText(int fd, uint64_t offset, size_t size) {
  std::string text(std::min(size, kMaxName), '\0');
  ssize_t got = pread(fd, text.data(), text.size(), static_cast<off_t>(offset));
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text.substr(0, text.find('\0'));
}

template <typename Header, typename Segment>
std::string ElfInterpreter(int fd) {
  auto header = ReadAt<Header>(fd, 0);
  if (!header || header->e_phentsize != sizeof(Segment)) return "";
  for (unsigned i = 0; i < header->e_phnum; ++i) {
    auto segment = ReadAt<Segment>(fd, header->e_phoff + uint64_t{i} * sizeof(Segment));
    if (!segment) return "";
    if (segment->p_type == PT_INTERP) return ReadText(fd, segment->p_offset, segment->p_filesz);
  }
  return "";
}

std::string ScriptInterpreter(const std::string& start) {
  size_t begin = start.find_first_not_of(" \t", 2);
  if (begin == std::string::npos) return "";
  return start.substr(begin, start.find_first_of(" \t\n", begin) - begin);
}

std::string InterpreterOf(const std::string& program) {
  StatusOr<Fd> file = OpenFile(program, O_RDONLY | O_NONBLOCK);
  if (!file.ok()) return "";
  std::string start = ReadText(file->get(), 0, kMaxName);
  if (start.starts_with("#!")) return ScriptInterpreter(start);
  if (!start.starts_with(std::string_view(ELFMAG, SELFMAG)) || start.size() <= EI_CLASS) return "";
  return start[EI_CLASS] == ELFCLASS64 ? ElfInterpreter<Elf64_Ehdr, Elf64_Phdr>(file->get())
                                       : ElfInterpreter<Elf32_Ehdr, Elf32_Phdr>(file->get());
}

// Names come from images: nothing in them may steer the terminal that shows the error.
std::string Printable(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c < ' ' || c == 0x7f; }, '?');
  return name;
}

}  // namespace

std::string MissingInterpreter(const std::string& program) {
  std::string current = program;
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    current = InterpreterOf(current);
    if (current.empty()) return "";
    struct stat info {};
    if (stat(current.c_str(), &info) != 0) return Printable(current);
  }
  return "";
}

}  // namespace jobpod
