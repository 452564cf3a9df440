package dev.slipway.builder.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ImageReferenceTest {

  private static final String DIGEST =
      "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  /** What is written, the full form, the short form. */
  @ParameterizedTest
  @CsvSource({
    "debian,                       docker.io/library/debian,             debian",
    "debian:12,                    docker.io/library/debian:12,          debian:12",
    "library/debian,               docker.io/library/debian,             debian",
    "docker.io/debian,             docker.io/library/debian,             debian",
    "index.docker.io/debian:12,    docker.io/library/debian:12,          debian:12",
    "bitnami/redis,                docker.io/bitnami/redis,              bitnami/redis",
    "docker.io/a/b/c,              docker.io/a/b/c,                      a/b/c",
    "localhost/app,                localhost/app,                        localhost/app",
    "localhost:5000/app:1,         localhost:5000/app:1,                 localhost:5000/app:1",
    "127.0.0.1:5000/a/b:v1,        127.0.0.1:5000/a/b:v1,                127.0.0.1:5000/a/b:v1",
    "[::1]:5000/app,               [::1]:5000/app,                       [::1]:5000/app",
    "[2001:db8::1]/app,            [2001:db8::1]/app,                    [2001:db8::1]/app",
    "registry.example.com/app,     registry.example.com/app,             registry.example.com/app",
    "registry/app,                 docker.io/registry/app,               registry/app",
    "registry:5000/app,            registry:5000/app,                    registry:5000/app",
    "Registry/app,                 Registry/app,                         Registry/app",
    "x/a__b.c-d--e/f_g,            docker.io/x/a__b.c-d--e/f_g,          x/a__b.c-d--e/f_g",
    "docker.io/library/a/b,        docker.io/library/a/b,                library/a/b",
    "x:5000,                       docker.io/library/x:5000,             x:5000",
    "ghcr.io/o/r:Tag_1.2-x,        ghcr.io/o/r:Tag_1.2-x,                ghcr.io/o/r:Tag_1.2-x",
  })
  void readsNamesAsDockerDoes(String written, String full, String familiar) {
    ImageReference reference = ImageReference.parse(written);
    assertThat(reference).hasToString(full);
    assertThat(reference.familiar()).isEqualTo(familiar);
    assertThat(ImageReference.parse(full)).isEqualTo(reference);
    assertThat(ImageReference.parse(familiar)).isEqualTo(reference);
  }

  @Test
  void keepsTagAndDigest() {
    ImageReference both = ImageReference.parse("debian:12@" + DIGEST);
    assertThat(both.tag()).isEqualTo("12");
    assertThat(both.digest()).hasToString(DIGEST);
    assertThat(both.target()).isEqualTo(DIGEST);
    assertThat(both.familiar()).isEqualTo("debian:12@" + DIGEST);
    assertThat(both.withDefaultTag()).isEqualTo(both);

    ImageReference digest = ImageReference.parse("reg.example.com:443/a@" + DIGEST);
    assertThat(digest.registry()).isEqualTo("reg.example.com:443");
    assertThat(digest.tag()).isNull();
    assertThat(digest.withDefaultTag().tag()).isNull();
  }

  @Test
  void addsTheDefaultTagWhenAsked() {
    assertThat(ImageReference.parse("debian").tag()).isNull();
    assertThat(ImageReference.parse("debian").withDefaultTag())
        .hasToString("docker.io/library/debian:latest");
    assertThat(ImageReference.parse("debian").target()).isEqualTo("latest");
  }

  @ParameterizedTest
  @CsvSource({
    "'',                                             it is empty",
    "Debian,                                         lower-case",
    "debian:,                                        the tag",
    "debian:-x,                                      the tag",
    "debian:a/b,                                     host",
    "debian@sha256:abc,                              digest",
    "debian@,                                        digest",
    "/debian,                                        empty part",
    "reg.example.com/,                               repository name is missing",
    "reg.example.com//a,                             empty part",
    "a//b,                                           empty part",
    "a/b/,                                           empty part",
    "a..b/c,                                         host",
    "reg.example.com/a___b,                          separated",
    "reg.example.com/-a,                             separated",
    "reg.example.com/a.,                             separated",
    "reg.example.com:port/a,                         host",
    "-reg.example.com/a,                             host",
    "https://reg.example.com/a,                      host",
    "'a b',                                          separated",
    "a/../b,                                         separated",
    "reg.example.com/app:1:2,                        the tag",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, image id",
  })
  void saysWhyANameIsWrong(String written, String why) {
    assertThatThrownBy(() -> ImageReference.parse(written))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_IMAGE_NAME))
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @ValueSource(ints = {255, 256})
  void limitsTheLengthOfARepository(int length) {
    String name = "reg.example.com/" + "a".repeat(length);
    if (length == 255) {
      assertThat(ImageReference.parse(name).repository()).hasSize(255);
    } else {
      assertThatThrownBy(() -> ImageReference.parse(name)).hasMessageContaining("longer than 255");
    }
  }

  @Test
  void limitsTheLengthOfATag() {
    assertThat(ImageReference.parse("a:" + "t".repeat(128)).tag()).hasSize(128);
    assertThatThrownBy(() -> ImageReference.parse("a:" + "t".repeat(129)))
        .hasMessageContaining("128");
  }
}
