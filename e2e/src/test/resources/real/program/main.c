#include <stdio.h>

int main(void) {
  puts("built by slipway");
  return 0;
}
