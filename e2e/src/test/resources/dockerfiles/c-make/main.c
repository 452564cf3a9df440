#include <stdio.h>

#include "words.h"

int main(int argc, char **argv) { return argc != 2 || printf("%d words\n", words(argv[1])) < 0; }
