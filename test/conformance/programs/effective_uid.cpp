// Says as whom it runs; set-user-ID root in its image, to see whether no_new_privs holds.
#include <unistd.h>

#include <cstdio>

int main() {
  printf("Effective uid: %u\n", geteuid());
}
