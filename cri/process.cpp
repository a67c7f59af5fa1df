#include "cri/process.hpp"

#include "cri/process_words.hpp"

namespace jobpod {

Arguments::Arguments(int count, char** arguments) : words_(WordsOf(count, arguments)) {
  for (const std::string& word : words_) pointers_.push_back(word.c_str());
}

}  // namespace jobpod
