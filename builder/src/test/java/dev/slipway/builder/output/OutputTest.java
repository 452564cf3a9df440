package dev.slipway.builder.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Compression;
import dev.slipway.builder.layer.LayerOptions;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OutputTest {

  @Test
  void readsAnOciArchive() {
    assertThat(Output.parse("type=oci,dest=image.tar"))
        .isEqualTo(
            new Output.OciArchive(
                new Output.Destination.ToFile(Path.of("image.tar")),
                true,
                Optional.empty(),
                Output.Encoding.DEFAULT));
  }

  @Test
  void anImageIsPushedOnlyWhenAsked() {
    assertThat(Output.parse("type=image,name=a/b")).isInstanceOf(Output.Store.class);
    assertThat(Output.parse("type=image,name=a/b,push=true"))
        .isInstanceOfSatisfying(Output.Registry.class, to -> assertThat(to.name()).contains("a/b"));
  }

  @Test
  void aBareValueIsADirectoryAndADashIsATar() {
    assertThat(Output.parse("out")).isEqualTo(new Output.LocalDirectory(Path.of("out")));
    assertThat(Output.parse("-")).isEqualTo(new Output.Tar(new Output.Destination.ToStdout()));
  }

  @Test
  void readsCompression() {
    assertThat(
            Output.parse(
                    "type=registry,compression=zstd,compression-level=9,force-compression=true,"
                        + "oci-mediatypes=false")
                .encoding())
        .contains(new Output.Encoding(new LayerOptions(Compression.ZSTD, 9), true, false));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dest=x                          | no type=",
        "type=oci                        | no dest=",
        "type=tarball,dest=x             | type tarball is unknown",
        "type=oci,dest=x,color=red       | the field color is not supported",
        "type=oci,dest=x,compression=lz4 | compression lz4 is unknown",
        "type=oci,dest=x,tar=maybe       | neither true nor false",
        "type=local,dest=-               | type=local writes a directory",
        "type=registry,compression-level=high | is not a number",
        "type=registry,compression-level=12   | compression level 12 is not between 0 and 9",
        "type=oci,dest=x,dest=y               | the field dest stands in it twice",
      })
  void refusesByName(String text, String why) {
    assertThatThrownBy(() -> Output.parse(text))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE))
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource({"0,0B", "999,999B", "1000,1kB", "7860000,7.86MB", "353000000,353MB", "999960,1MB"})
  void sizesReadAsDockerPrintsThem(long bytes, String text) {
    assertThat(RegistryPush.size(bytes)).isEqualTo(text);
  }
}
