package dev.slipway.builder.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Compression;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.layer.LayerOptions;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CacheFlagsTest {

  @Test
  void readsWhatBuildxUsersWrite() {
    CachePlace registry =
        new CachePlace.InRegistry(ImageReference.parse("registry.example/cache:latest"));
    assertThat(CacheFrom.parse("type=registry,ref=registry.example/cache"))
        .isEqualTo(new CacheFrom(registry, true));
    assertThat(CacheFrom.parse("registry.example/cache")).isEqualTo(new CacheFrom(registry, true));
    assertThat(CacheTo.parse("type=registry,ref=registry.example/cache,mode=max,mounts=true"))
        .isEqualTo(new CacheTo(registry, CacheTo.Mode.MAX, Optional.empty(), true, true));
    assertThat(
            CacheTo.parse(
                "type=registry,ref=registry.example/cache,compression=zstd,compression-level=5,"
                    + "force-compression=true,oci-mediatypes=true,image-manifest=true,"
                    + "ignore-error=false"))
        .isEqualTo(
            new CacheTo(
                registry,
                CacheTo.Mode.MIN,
                Optional.of(new LayerOptions(Compression.ZSTD, 5)),
                false,
                false));
    assertThat(CacheTo.parse("type=local,dest=/tmp/c,tag=main").place())
        .isEqualTo(new CachePlace.InDirectory(Path.of("/tmp/c"), "main"));
    assertThat(CacheTo.parse("type=inline").place()).isEqualTo(new CachePlace.Inline());
    assertThat(CacheTo.parse("inline").place()).isEqualTo(new CachePlace.Inline());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "type=gha,scope=x                  | type=gha is not supported",
        "type=s3,bucket=x                  | type=s3 is not supported",
        "type=azblob,name=x                | type=azblob is not supported",
        "type=disk,dest=x                  | type disk is unknown",
        "ref=x/y                           | has no type=",
        "type=registry                     | has no ref=",
        "type=local                        | has no dest=",
        "type=registry,ref=UPPER           | UPPER",
        "type=registry,ref=x/y,mode=most   | mode most is unknown",
        "type=registry,ref=x/y,color=red   | the field color is not supported",
        "type=registry,ref=x/y,compression=estargz | compression estargz is not supported",
        "type=registry,ref=x/y,compression-level=3 | compression-level needs compression=",
        "type=registry,ref=x/y,oci-mediatypes=false | a cache is an OCI artifact",
        "type=registry,ref=x/y,image-manifest=false | not an index",
        "type=inline,mode=max              | mode=min",
        "type=inline,mounts=true           | do not belong into an image",
      })
  void refusesByName(String text, String why) {
    assertThatThrownBy(() -> CacheTo.parse(text))
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("--cache-to " + text.strip())
        .hasMessageContaining(why);
  }

  @Test
  void whatOnlyBuildKitHasIsUnsupportedAndNotAMistake() {
    assertThatThrownBy(() -> CacheFrom.parse("type=gha"))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED));
    assertThatThrownBy(() -> CacheFrom.parse("type=inline"))
        .hasMessageContaining("type=registry,ref=IMAGE");
    assertThatThrownBy(() -> CacheTo.parse("type=registry,ref=x/y@sha256:" + "0".repeat(64)))
        .hasMessageContaining("not to a digest");
  }
}
