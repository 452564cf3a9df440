package dev.slipway.builder.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class FileNameTest {
  @Test
  void utf8NamesReadAsThemselves() {
    assertThat(FileName.decode("usr/bin/env".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo("usr/bin/env");
    assertThat(FileName.decode("größe-日本-🚢".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo("größe-日本-🚢");
  }

  @Test
  void otherBytesBecomeLoneSurrogates() {
    assertThat(FileName.decode(new byte[] {'a', (byte) 0xff, 'b'})).isEqualTo("a\udcffb");
    assertThat(FileName.isEscaped("a\udcffb")).isTrue();
    assertThat(FileName.isEscaped("a🚢b")).isFalse();
  }

  @Test
  void everyByteStringSurvives() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(12)];
      random.nextBytes(bytes);
      if (i % 2 == 0) {
        // Lead bytes followed by too little are what a decoder gets wrong.
        for (int j = 0; j < bytes.length; j++) {
          bytes[j] |= (byte) 0x80;
        }
      }
      assertThat(FileName.encode(FileName.decode(bytes))).isEqualTo(bytes);
    }
  }

  @Test
  void halfAPairThatNoNameHasIsRefused() {
    assertThatThrownBy(() -> FileName.encode("a\ud800b"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aQuestionMarkIsNoHalfPair() {
    assertThat(FileName.encode("why?")).isEqualTo("why?".getBytes(StandardCharsets.UTF_8));
    assertThat(FileName.encode("?\udcff")).isEqualTo(new byte[] {'?', (byte) 0xff});
  }

  @Test
  void orderIsThatOfTheBytes() {
    Random random = new Random(8);
    for (int i = 0; i < 20_000; i++) {
      String a = randomName(random);
      String b = randomName(random);
      int expected = Arrays.compareUnsigned(FileName.encode(a), FileName.encode(b));
      assertThat(Integer.signum(FileName.BYTE_ORDER.compare(a, b)))
          .as("%s and %s", a, b)
          .isEqualTo(Integer.signum(expected));
    }
  }

  @Test
  void pathsGoDepthFirst() {
    assertThat(FileName.PATH_ORDER.compare("a", "a/b")).isNegative();
    assertThat(FileName.PATH_ORDER.compare("a/b", "a-b")).isNegative();
    assertThat(FileName.PATH_ORDER.compare("a-b", "a.b")).isNegative();
    assertThat(FileName.PATH_ORDER.compare("a/b", "a/b")).isZero();
    assertThat(FileName.PATH_ORDER.compare("a🚢/b", "a🚢-")).isNegative();
  }

  private static String randomName(Random random) {
    String alphabet = "a\u00e9\u65e5\uffee\udc80\udcff";
    StringBuilder name = new StringBuilder();
    for (int i = random.nextInt(5); i > 0; i--) {
      int pick = random.nextInt(alphabet.length() + 1);
      name.append(pick == alphabet.length() ? "🚢" : alphabet.substring(pick, pick + 1));
    }
    return name.toString();
  }
}
