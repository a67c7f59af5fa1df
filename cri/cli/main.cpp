// The command line's main.
#include "cri/cli/command.hpp"
#include "cri/cli/interrupt.hpp"
#include "cri/process.hpp"

int main(int count, char** arguments) {
  jobpod::cli::BlockInterrupts();
  const jobpod::Arguments words(count, arguments);
  return jobpod::cli::Main(words.count(), words.data());
}
