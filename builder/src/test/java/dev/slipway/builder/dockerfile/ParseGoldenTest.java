package dev.slipway.builder.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

final class ParseGoldenTest {

  @TestFactory
  Stream<DynamicTest> parses() {
    return GoldenFiles.each("parse", ParseGoldenTest::check);
  }

  private static void check(Path folder) throws IOException {
    byte[] content = Files.readAllBytes(folder.resolve("Dockerfile"));
    boolean wantsError = folder.getParent().endsWith("error");
    try {
      Dockerfile file = Dockerfile.parse("Dockerfile", content);
      assertThat(wantsError).as("it parses, but should not").isFalse();
      String json = CallJson.print(AstJson.of(file));
      GoldenFiles.expect(folder, "expected.json", withVisibleSurrogates(json));
    } catch (BuildException e) {
      assertThat(wantsError).as("it should parse: %s", e.getMessage()).isTrue();
      assertThat(e.code()).isIn(ErrorCode.DOCKERFILE_SYNTAX, ErrorCode.UNSUPPORTED);
      assertThat(e.retryable()).isFalse();
      String place = e.location().orElseThrow().toString();
      GoldenFiles.expect(folder, "expected.txt", place + ": " + e.getMessage() + "\n");
    }
  }

  /** Bytes that are not UTF-8 must be seen in a file that is. */
  private static String withVisibleSurrogates(String json) {
    StringBuilder out = new StringBuilder();
    json.codePoints()
        .forEach(c -> {
          if (c >= 0xD800 && c <= 0xDFFF) {
            out.append("\\u%04x".formatted(c));
          } else {
            out.appendCodePoint(c);
          }
        });
    return out.toString();
  }
}
