#pragma once

namespace jobpod {

// What the system calls its process trees, and what helps when it has none or few of their abilities.
struct JobWords {
  const char *name, *without, *with_less;
};
extern const JobWords kJobWords;

}  // namespace jobpod
