package dev.slipway.operator.imagebuild;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.operator.pod.PodName;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** What is kept of a log, and how much. */
final class LogArchiveTest {

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void theEndOfALongLogIsKept() throws IOException {
    assertThat(LogArchive.last(new ByteArrayInputStream(bytes("0123456789")), 4))
        .isEqualTo(bytes("6789"));
    assertThat(LogArchive.last(new ByteArrayInputStream(bytes("01234567")), 4))
        .isEqualTo(bytes("4567"));
    assertThat(LogArchive.last(new ByteArrayInputStream(bytes("012")), 4)).isEqualTo(bytes("012"));
    assertThat(LogArchive.last(new ByteArrayInputStream(new byte[0]), 4)).isEmpty();
  }

  @Test
  void whatDoesNotCompressIsCutToWhatAnObjectMayHave() throws IOException {
    byte[] noise = new byte[3 << 20];
    new Random(7).nextBytes(noise);
    byte[] packed = LogArchive.packed(noise);
    assertThat(packed.length).isBetween(100 << 10, 300 << 10);
    byte[] kept = new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes();
    assertThat(kept)
        .isEqualTo(java.util.Arrays.copyOfRange(noise, noise.length - kept.length, noise.length));
    assertThat(LogArchive.packed(new byte[0])).isEmpty();
  }

  @Test
  void namesFitWhateverTheNameOfTheImageBuild() {
    assertThat(PodName.log("web", 12)).isEqualTo("web-log-12");
    String longest = "a".repeat(253);
    assertThat(PodName.log(longest, 12)).hasSizeLessThanOrEqualTo(253).endsWith("-log-12");
    assertThat(PodName.log(longest, 12)).isNotEqualTo(PodName.log("a".repeat(252) + "b", 12));
  }
}
