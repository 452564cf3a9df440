package dev.slipway.e2e.imagebuild;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuildStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One ImageBuild makes the base of another: when the first is built anew, so is the second. */
final class FollowBaseImagesTest {
  @TempDir private Path work;

  @Test
  void anImageIsBuiltAgainWhenItsBaseMoves() throws IOException {
    try (Lab lab = new Lab(work)) {
      lab.commit("base", Map.of("Dockerfile", "FROM scratch\nCOPY text /\n", "text", "one"));
      String base =
          """
          source: {git: {url: "%s", ref: main}}
          output: {image: %s}
          """
              .formatted(lab.url("base"), lab.image("base"));
      lab.apply("base", base);
      String old = lab.built("base", 1).digest();

      String commit =
          lab.commit(
              "app",
              Map.of("Dockerfile", "FROM " + lab.image("base") + "\nCOPY more /\n", "more", "x"));
      lab.apply(
          "app",
          """
          source: {git: {url: "%s", ref: main}}
          output: {image: %s}
          follow: {interval: 10s, baseImages: true}
          """
              .formatted(lab.url("app"), lab.image("app")));
      ImageBuildStatus first = lab.built("app", 1);
      assertThat(first.baseImages())
          .singleElement()
          .satisfies(b -> {
            assertThat(b.ref()).isEqualTo(lab.image("base"));
            assertThat(b.digest()).isEqualTo(old);
          });

      lab.commit("base", Map.of("Dockerfile", "FROM scratch\nCOPY text /\n", "text", "two"));
      lab.annotate("base", "slipway.dev/requested-at", "now");
      String moved = lab.built("base", 2).digest();
      assertThat(moved).isNotEqualTo(old);

      ImageBuildStatus second = lab.built("app", 2);
      assertThat(second.build().reason()).isEqualTo("BaseImageChanged");
      assertThat(second.build().trigger())
          .isEqualTo(
              lab.image("base") + ": " + old.substring(7, 19) + " -> " + moved.substring(7, 19));
      assertThat(second.source().commit()).isEqualTo(commit);
      assertThat(second.digest()).isNotEqualTo(first.digest());
      assertThat(second.baseImages().get(0).digest()).isEqualTo(moved);
    }
  }
}
