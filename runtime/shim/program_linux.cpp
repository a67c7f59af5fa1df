#include "runtime/shim/main.hpp"

int main(int argc, char** argv) {
  return jobpod::shim::ShimMain(argc, argv);
}
