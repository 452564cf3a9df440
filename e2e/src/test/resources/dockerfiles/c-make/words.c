#include "words.h"

int words(const char *text) {
  int count = 0;
  for (char before = ' '; *text; before = *text++) {
    count += before == ' ' && *text != ' ';
  }
  return count;
}
