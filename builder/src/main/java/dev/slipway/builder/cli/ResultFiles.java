package dev.slipway.builder.cli;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.report.BuildResult;
import dev.slipway.builder.solve.Build;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Files that tell another program how a build ended. */
final class ResultFiles {
  @Option(
      names = "--metadata-file",
      paramLabel = "FILE",
      description = "Write what was built here, as JSON.")
  private @Nullable Path metadataFile;

  @Option(names = "--iidfile", paramLabel = "FILE", description = "Write the image ID here.")
  private @Nullable Path iidFile;

  @Option(
      names = "--result-file",
      paramLabel = "FILE",
      description = "Write the result document (at most 4 KB) here, also after a failure.")
  private @Nullable Path resultFile;

  void write(Build.Finished.Succeeded done) {
    write(done.result());
    if (iidFile != null) {
      write(iidFile, done.imageId());
    }
    if (metadataFile != null) {
      write(metadataFile, done.metadata().get());
    }
  }

  /** The result document alone, as after a failure. */
  void write(BuildResult result) {
    if (resultFile != null) {
      write(resultFile, result.toTerminationMessage());
    }
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new BuildException(ErrorCode.IO, "writing " + file + ": " + e.getMessage(), e);
    }
  }
}
