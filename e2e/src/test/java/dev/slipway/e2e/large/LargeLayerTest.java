package dev.slipway.e2e.large;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.builder.cli.Main;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A layer of 4 GB builds in a JVM of 256 MB: memory is bounded by a budget, not by layer size. */
final class LargeLayerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long FOUR_GIGABYTES = 4L << 30;

  @TempDir Path temp;

  @Test
  void zerosAndWhatDoesNotCompress() throws Exception {
    Path context = Files.createDirectories(temp.resolve("context"));
    int random = 200;
    try (RandomAccessFile sparse = new RandomAccessFile(context.resolve("zeros").toFile(), "rw")) {
      sparse.setLength(FOUR_GIGABYTES);
    }
    Random numbers = new Random(1);
    byte[] block = new byte[1 << 20];
    try (OutputStream out = Files.newOutputStream(context.resolve("random"))) {
      for (int i = 0; i < random; i++) {
        numbers.nextBytes(block);
        out.write(block);
      }
    }
    Files.writeString(context.resolve("Dockerfile"), "FROM scratch\nCOPY zeros random /data/\n");

    Path layout = temp.resolve("layout");
    String log = build(context, "type=oci,tar=false,dest=" + layout);

    JsonNode index = JSON.readTree(layout.resolve("index.json").toFile());
    JsonNode manifest = JSON.readTree(blob(layout, index.at("/manifests/0/digest")).toFile());
    long size = manifest.at("/layers/0/size").asLong();
    // The random part is stored as it is, and the zeros are next to nothing.
    assertThat(size).as(log).isBetween(((long) random) << 20, (random + 25L) << 20);
    assertThat(blob(layout, manifest.at("/layers/0/digest"))).hasSize(size);
  }

  private static Path blob(Path layout, JsonNode digest) {
    return layout.resolve("blobs/" + digest.asText().replace(':', '/'));
  }

  private String build(Path context, String output) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("build", "--root=" + temp.resolve("store"), "--output=" + output));
    command.add(context.toString());
    Path log = temp.resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("SLIPWAY_NO_USERNS", "1");
    int exit = builder.start().waitFor();
    String text = Files.readString(log, StandardCharsets.UTF_8);
    assertThat(exit).as(text).isZero();
    return text;
  }
}
