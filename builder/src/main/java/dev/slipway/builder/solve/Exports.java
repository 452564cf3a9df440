package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.layer.DirectoryFormat;
import dev.slipway.builder.layer.DirectoryReader;
import dev.slipway.builder.layer.DirectoryWriter;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.TarWriter;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.output.ArchiveExport;
import dev.slipway.builder.output.FinishedImage;
import dev.slipway.builder.output.LocalImages;
import dev.slipway.builder.output.Output;
import dev.slipway.builder.output.RegistryPush;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.report.Reporter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Brings the finished image to every output. */
final class Exports {
  private static final Duration FIRST_WAIT = Duration.ofSeconds(2);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  private final RegistryClient registry;
  private final LocalImages local;
  private final Trees trees;
  private final EarlyUploads early;
  private final Reporter reporter;

  Exports(
      RegistryClient registry,
      LocalImages local,
      Trees trees,
      EarlyUploads early,
      Reporter reporter) {
    this.registry = registry;
    this.local = local;
    this.trees = trees;
    this.early = early;
    this.reporter = reporter;
  }

  /** Whether some of {@code outputs} wants the files of the image, not its layers. */
  static boolean needFiles(List<Output> outputs) {
    return outputs.stream()
        .anyMatch(
            output -> output instanceof Output.LocalDirectory || output instanceof Output.Tar);
  }

  void deliver(Assembly.Images images, StageState state, BuildRequest request)
      throws InterruptedException {
    for (Output output : request.outputs()) {
      deliver(output, images.of(output), state, request.labelling().tags());
    }
  }

  private void deliver(
      Output output, FinishedImage image, StageState state, List<ImageReference> tags)
      throws InterruptedException {
    Reporter.Running step = reporter.start(Optional.empty(), title(output));
    try {
      switch (output) {
        case Output.Registry to -> {
          List<ImageReference> names = names(to.name(), tags);
          if (names.isEmpty()) {
            throw new BuildException(
                ErrorCode.USAGE, "nothing to push to: give the image a name with --tag");
          }
          push(image, names, to.patience(), step);
        }
        case Output.Store to -> {
          for (ImageReference name : names(to.name(), tags)) {
            local.put(name, image);
            step.note("named " + name.withDefaultTag().familiar());
          }
        }
        case Output.OciArchive to ->
            ArchiveExport.oci(image, names(to.name(), tags), to.destination(), to.tar());
        case Output.DockerArchive to ->
            ArchiveExport.docker(image, names(to.name(), tags), to.destination());
        case Output.LocalDirectory to -> directory(state, to.directory());
        case Output.Tar to -> tar(state, to.destination());
      }
      step.done();
    } catch (BuildException e) {
      step.failed(String.valueOf(e.getMessage()));
      throw e;
    } catch (IOException e) {
      step.failed(String.valueOf(e.getMessage()));
      throw StageBuilder.unexpected(e);
    } catch (InterruptedException e) {
      step.cancelled();
      throw e;
    }
  }

  /** What is built stays at hand while a registry is out of order. */
  private void push(
      FinishedImage image, List<ImageReference> names, Duration patience, Reporter.Running step)
      throws InterruptedException {
    Instant begin = Instant.now();
    Instant end = begin.plus(patience);
    early.await();
    for (Duration wait = FIRST_WAIT; ; wait = wait.multipliedBy(2)) {
      try {
        new RegistryPush(registry, early::sent, step::note).push(image, names);
        return;
      } catch (BuildException e) {
        Duration next = wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
        if (!e.retryable() || Instant.now().plus(next).isAfter(end)) {
          throw e;
        }
        step.waits(
            "push failed: "
                + e.getMessage()
                + "; tried since "
                + begin.truncatedTo(ChronoUnit.SECONDS)
                + ", again in "
                + next.toSeconds()
                + " s and until "
                + end.truncatedTo(ChronoUnit.SECONDS)
                + ", nothing is built again");
        Thread.sleep(next);
      }
    }
  }

  private void directory(StageState state, Path target) throws IOException {
    Files.createDirectories(target);
    try (Trees.Opened files = trees.merged(state.layers());
        Dir to = Dir.open(target)) {
      DirectoryWriter.write(filesOf(files), to, DirectoryFormat.PLAIN);
    }
  }

  private void tar(StageState state, Output.Destination destination) throws IOException {
    try (Trees.Opened files = trees.merged(state.layers());
        OutputStream out = ArchiveExport.open(destination)) {
      TarWriter.write(filesOf(files), out);
    }
  }

  private static Entries filesOf(Trees.Opened files) {
    return DirectoryReader.entries(files.root(), DirectoryFormat.PLAIN);
  }

  static List<ImageReference> names(Optional<String> own, List<ImageReference> tags) {
    return own.map(text -> Arrays.stream(text.split(",")).map(ImageReference::parse).toList())
        .orElse(tags);
  }

  private static String title(Output output) {
    return switch (output) {
      case Output.Registry ignored -> "pushing to the registry";
      case Output.Store ignored -> "keeping the image in the local store";
      case Output.OciArchive ignored -> "writing an OCI layout";
      case Output.DockerArchive ignored -> "writing a docker archive";
      case Output.LocalDirectory to -> "writing files to " + to.directory();
      case Output.Tar ignored -> "writing files as a tar";
    };
  }
}
