// The command line's main.
#include "cri/cli/command.hpp"
#include "cri/cli/interrupt.hpp"

int main(int count, char** arguments) {
  jobpod::cli::BlockInterrupts();
  return jobpod::cli::Main(count, arguments);
}
