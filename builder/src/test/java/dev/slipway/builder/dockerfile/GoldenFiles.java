package dev.slipway.builder.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * Folders with one behaviour each: a Dockerfile and what is expected of it. After a change that is
 * meant, {@code -Dgolden.update=true} writes the expectations anew; read the difference.
 */
final class GoldenFiles {
  private static final Path ROOT = Path.of("src/test/resources/dockerfile");
  private static final boolean UPDATE = Boolean.getBoolean("golden.update");

  private GoldenFiles() {}

  /** What a case expects. */
  interface Check {
    void run(Path folder) throws IOException;
  }

  static Stream<DynamicTest> each(String group, Check check) {
    Path root = ROOT.resolve(group);
    List<Path> folders;
    try (Stream<Path> files = Files.walk(root)) {
      folders =
          files.filter(path -> path.endsWith("Dockerfile")).map(Path::getParent).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    assertThat(folders).isNotEmpty();
    return folders.stream()
        .map(folder ->
            DynamicTest.dynamicTest(
                root.relativize(folder).toString(), folder.toUri(), () -> check.run(folder)));
  }

  static void expect(Path folder, String name, String actual) throws IOException {
    Path file = folder.resolve(name);
    if (UPDATE) {
      Files.writeString(file, actual);
    }
    assertThat(file).as("expectation; -Dgolden.update=true writes it").exists();
    assertThat(actual).isEqualTo(Files.readString(file));
  }
}
