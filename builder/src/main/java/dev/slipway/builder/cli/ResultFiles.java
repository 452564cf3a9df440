package dev.slipway.builder.cli;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.report.BuildResult;
import dev.slipway.builder.solve.Build;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Files that tell another program how a build ended. */
final class ResultFiles {
  private @Nullable Path metadataFile;
  private @Nullable Path iidFile;
  private @Nullable Path resultFile;

  void declare(Flags flags) {
    flags.path(
        "--metadata-file",
        "FILE",
        "Write what was built here, as JSON.",
        value -> metadataFile = value);
    flags.path("--iidfile", "FILE", "Write the image ID here.", value -> iidFile = value);
    flags.path(
        "--result-file",
        "FILE",
        "Write the result document (at most 4 KB) here, also after a failure.",
        value -> resultFile = value);
  }

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
