#include <iostream>
#include <set>
#include <string>

int main(int argc, char **argv) {
  std::set<std::string> words(argv + 1, argv + argc);
  const char *separator = "";
  for (const auto &word : words) {
    std::cout << separator << word;
    separator = ", ";
  }
  std::cout << std::endl;
}
