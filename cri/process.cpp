#include "cri/process.hpp"

#include "cri/process_words.hpp"

namespace jobpod {

Arguments::Arguments(int count, char** arguments) : words_(WordsOf(count, arguments)) {
  for (const std::string& word : words_) pointers_.push_back(word.c_str());
}

void Say(std::FILE* stream, const std::string& text) {
  std::fputs(text.c_str(), stream);
  std::fflush(stream);
}

}  // namespace jobpod
