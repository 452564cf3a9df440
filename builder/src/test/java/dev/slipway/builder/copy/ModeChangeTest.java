package dev.slipway.builder.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ModeChangeTest {

  /** Change, mode before, type, mode after: as chmod(1) of coreutils with an umask of 0. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "755|0644|f|0755",
        "04755|0644|f|4755",
        "1777|0755|d|1777",
        "0|0644|f|0000",
        "+x|0644|f|0755",
        "u+x|0644|f|0744",
        "a-w|0666|f|0444",
        "go-rwx|0777|f|0700",
        "u=rwX,go=rX|0600|f|0644",
        "u=rwX,go=rX|0700|f|0755",
        "u=rwX,go=rX|0700|d|0755",
        "g=u|0640|f|0660",
        "o=g|0751|f|0755",
        "u=g|0650|f|0550",
        "g+u|0740|f|0770",
        "u+s|0755|f|4755",
        "g+s|0755|d|2755",
        "+t|0777|d|1777",
        "-t|1777|d|0777",
        "u=rw|4755|f|0655",
        "a=r|0777|f|0444",
        "=r|0777|f|0444",
        "u+r+w|0000|f|0600",
        "u=rwx,g=rx,o=|0000|f|0750",
        "+X|0644|f|0644",
        "+X|0744|f|0755",
        "a+rwx|0000|d|0777",
        "u=|0755|f|0055",
        "ug+s|0755|f|6755",
        "o+t|0777|d|1777"
      })
  void changes(String change, String before, String type, String after) {
    int mode = ModeChange.parse(change).apply(Integer.parseInt(before, 8), type.equals("d"));
    assertThat(Integer.toOctalString(mode))
        .isEqualTo(Integer.toOctalString(Integer.parseInt(after, 8)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "64a", "10000", "8", "u", "x", "u+q", "u=rw,", "+z", "a:b", "-1"})
  void whatIsNeitherIsRefused(String text) {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> ModeChange.parse(text))
        .withMessageContaining("invalid chmod parameter: '" + text + "'");
  }
}
