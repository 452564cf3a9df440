package dev.slipway.builder.solve;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConfigStepTest {

  @ParameterizedTest
  @CsvSource({
    "'',/a,/a",
    "/a,b,/a/b",
    "/a/b,c,/a/b/c",
    "'',b,/b",
    "/a,../..,/",
    "/a/b,./../c/,/a/c",
    "/a,//x///y,/x/y",
  })
  void workingDirectoriesChain(String before, String path, String after) {
    assertThat(ConfigStep.workingDirectory(before, path)).isEqualTo(after);
  }
}
