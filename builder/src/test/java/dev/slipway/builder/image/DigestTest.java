package dev.slipway.builder.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DigestTest {

  private static final String EMPTY =
      "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  @Test
  void readsAndWritesTheSameText() {
    assertThat(Digest.parse(EMPTY)).hasToString(EMPTY);
    assertThat(Digest.sha256(new byte[0])).isEqualTo(Digest.parse(EMPTY));
    String sha512 = "sha512:" + "0f".repeat(64);
    assertThat(Digest.parse(sha512)).hasToString(sha512);
    assertThat(Digest.parse(EMPTY).shortHex()).isEqualTo("e3b0c44298fc");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "sha256",
        "sha256:",
        ":e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555",
        "sha256:../../../../../../../../../../../../../../../../../../etc/shadow1",
        "SHA256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "md5:d41d8cd98f00b204e9800998ecf8427e",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n",
      })
  void refusesEverythingElse(String text) {
    assertThatThrownBy(() -> Digest.parse(text))
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("invalid digest");
    assertThat(Digest.tryParse(text)).isEmpty();
  }

  @Test
  void tellsOtherBytesApart() {
    Digest abc = Digest.sha256("abc".getBytes(StandardCharsets.UTF_8));
    var hasher = abc.newHasher();
    hasher.update("abd".getBytes(StandardCharsets.UTF_8));
    assertThat(abc.matches(hasher)).isFalse();
    hasher.update("abc".getBytes(StandardCharsets.UTF_8));
    assertThat(abc.matches(hasher)).isTrue();
  }
}
