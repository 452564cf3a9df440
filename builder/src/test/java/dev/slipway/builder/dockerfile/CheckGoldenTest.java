package dev.slipway.builder.dockerfile;

import dev.slipway.builder.image.Platform;
import dev.slipway.builder.source.IgnorePatterns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

final class CheckGoldenTest {
  private static final BuildPlatforms PLATFORMS =
      new BuildPlatforms(new Platform("linux", "amd64"), new Platform("linux", "amd64"));

  @TestFactory
  Stream<DynamicTest> checks() {
    return GoldenFiles.each("check", CheckGoldenTest::check);
  }

  private static void check(Path folder) throws IOException {
    String text = Files.readString(folder.resolve("Dockerfile"));
    CheckReport report = CheckReport.of(request(folder, text));
    GoldenFiles.expect(
        folder,
        "expected.txt",
        report.toText(text)
            + report.failureText(text)
            + "(status "
            + report.statusCode()
            + (report.failsBuild() ? ", findings fail the build)\n" : ")\n"));
  }

  @TestFactory
  Stream<DynamicTest> calls() {
    return GoldenFiles.each("call", CheckGoldenTest::call);
  }

  private static void call(Path folder) throws IOException {
    String text = Files.readString(folder.resolve("Dockerfile"));
    CheckRequest request = request(folder, text);
    Outline outline = Outline.of(request);
    Targets targets = Targets.of(request.file());
    GoldenFiles.expect(folder, "outline.txt", outline.toText());
    GoldenFiles.expect(folder, "outline.json", outline.toJson(text));
    GoldenFiles.expect(folder, "targets.txt", targets.toText());
    GoldenFiles.expect(folder, "targets.json", targets.toJson(text));
    GoldenFiles.expect(folder, "check.json", CheckReport.of(request).toJson("Dockerfile", text));
  }

  private static CheckRequest request(Path folder, String text) throws IOException {
    Path ignore = folder.resolve("dockerignore");
    return new CheckRequest(
        Dockerfile.parse("Dockerfile", text),
        Map.of(),
        PLATFORMS,
        Optional.empty(),
        BaseImage.Lookup.NONE,
        Files.exists(ignore)
            ? IgnorePatterns.parse(".dockerignore", Files.readString(ignore))
            : IgnorePatterns.none());
  }
}
