package dev.slipway.builder.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PlatformTest {

  @ParameterizedTest
  @CsvSource({
    "linux/amd64,       linux/amd64",
    "Linux/x86_64,      linux/amd64",
    "linux/amd64/v1,    linux/amd64",
    "linux/amd64/v3,    linux/amd64/v3",
    "linux/i386,        linux/386",
    "linux/aarch64,     linux/arm64",
    "linux/arm64/v8,    linux/arm64",
    "linux/arm64/8,     linux/arm64",
    "linux/arm,         linux/arm/v7",
    "linux/arm/7,       linux/arm/v7",
    "linux/armhf,       linux/arm/v7",
    "linux/armel,       linux/arm/v6",
    "linux/arm/v5,      linux/arm/v5",
    "macos/arm64,       darwin/arm64",
    "arm64,             linux/arm64",
    "s390x,             linux/s390x",
    "linux/riscv64,     linux/riscv64",
  })
  void normalises(String written, String normal) {
    assertThat(Platform.parse(written)).hasToString(normal);
    assertThat(Platform.parse(normal)).isEqualTo(Platform.parse(written));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/", "linux/", "linux/amd64/v1/x", "linux amd64", "mips128", "li$nux/a"})
  void refusesWhatIsNoPlatform(String written) {
    assertThatThrownBy(() -> Platform.parse(written))
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("invalid platform");
  }

  @Test
  void knowsThisMachine() {
    assertThat(Platform.parse("local")).isEqualTo(Platform.local());
    assertThat(Platform.parse("linux")).isEqualTo(Platform.local());
  }

  @ParameterizedTest
  @CsvSource({
    "linux/amd64,    linux/amd64,    true",
    "linux/amd64,    linux/386,      true",
    "linux/386,      linux/amd64,    false",
    "linux/amd64,    linux/amd64/v2, false",
    "linux/amd64/v3, linux/amd64,    true",
    "linux/arm/v7,   linux/arm/v6,   true",
    "linux/arm/v6,   linux/arm/v7,   false",
    "linux/arm64,    linux/arm/v7,   true",
    "linux/arm64,    linux/arm64/v9, false",
    "linux/amd64,    windows/amd64,  false",
  })
  void knowsWhatRunsWhere(String here, String image, boolean runs) {
    assertThat(Platform.parse(here).runs(Platform.parse(image))).isEqualTo(runs);
  }

  @Test
  void comparesWindowsBuilds() {
    Platform ltsc2022 = new Platform("windows", "amd64", "", "10.0.20348.1", List.of());
    assertThat(ltsc2022.runs(new Platform("windows", "amd64", "", "10.0.20348.99", List.of())))
        .isTrue();
    assertThat(ltsc2022.runs(new Platform("windows", "amd64", "", "10.0.17763.1", List.of())))
        .isFalse();
    assertThat(ltsc2022.runs(new Platform("windows", "amd64"))).isTrue();
  }

  @Test
  void choosesTheNearestEntryOfAnIndexAndNeverAnAttestation() {
    Index index =
        Index.of(
            ImageFormat.OCI,
            List.of(
                manifest(1).withAnnotations(Map.of("vnd.docker.reference.type", "attestation")),
                entry(2, "linux/arm/v6"),
                entry(3, "linux/arm/v7"),
                entry(4, "linux/amd64"),
                entry(5, "linux/amd64/v3")),
            Map.of());

    assertThat(index.select(Platform.parse("linux/amd64"))).contains(index.manifests().get(3));
    assertThat(index.select(Platform.parse("linux/amd64/v2"))).contains(index.manifests().get(3));
    assertThat(index.select(Platform.parse("linux/amd64/v4"))).contains(index.manifests().get(4));
    assertThat(index.select(Platform.parse("linux/arm/v8"))).contains(index.manifests().get(2));
    assertThat(index.select(Platform.parse("linux/s390x"))).isEmpty();
    assertThat(index.platforms())
        .hasToString("[linux/arm/v6, linux/arm/v7, linux/amd64, linux/amd64/v3]");
  }

  private static Descriptor entry(int number, String platform) {
    return manifest(number).withPlatform(Platform.parse(platform));
  }

  private static Descriptor manifest(int number) {
    return Descriptor.of(MediaType.OCI_MANIFEST, new byte[] {(byte) number});
  }
}
