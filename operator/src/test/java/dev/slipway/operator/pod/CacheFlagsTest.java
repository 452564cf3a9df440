package dev.slipway.operator.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuildSpec;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CacheFlagsTest {

  private static List<String> flags(String cache) {
    ImageBuildSpec spec =
        Serialization.unmarshal(
            """
            source: {git: {url: "https://git.example.com/team/app.git", ref: main}}
            output: {image: registry.example.com/team/app, tags: [v1, latest]}
            """
                + cache,
            ImageBuildSpec.class);
    return BuilderCommand.arguments(spec, null, PodSettings.of("builder")).stream()
        .filter(arg -> arg.startsWith("--cache"))
        .toList();
  }

  @Test
  void aRepositoryIsReadAndWrittenWithTheLayersOfEveryStage() {
    assertThat(flags("cache: {repository: registry.example.com/team/app-cache}"))
        .containsExactly(
            "--cache-from=type=registry,ref=registry.example.com/team/app-cache,mounts=false",
            "--cache-to=type=registry,ref=registry.example.com/team/app-cache,mode=max");
    assertThat(flags("cache: {repository: 'r.example.com/c:main', mode: Min, mounts: true}"))
        .containsExactly(
            "--cache-from=type=registry,ref=r.example.com/c:main",
            "--cache-to=type=registry,ref=r.example.com/c:main,mode=min,mounts=true");
  }

  @Test
  void aBuildOfSourcesThatAreNotTrustedOnlyReads() {
    assertThat(flags("cache: {repository: r.example.com/c, readOnly: true}"))
        .containsExactly("--cache-from=type=registry,ref=r.example.com/c,mounts=false");
  }

  @Test
  void theImageCanBeItsOwnCache() {
    assertThat(flags("cache: {inline: true}"))
        .containsExactly(
            "--cache-from=type=registry,ref=registry.example.com/team/app:v1",
            "--cache-to=type=inline");
  }

  @Test
  void noneAndDisabledAreNoFlags() {
    assertThat(flags("")).isEmpty();
    assertThat(flags("cache: {repository: r.example.com/c, disabled: true}")).isEmpty();
  }
}
