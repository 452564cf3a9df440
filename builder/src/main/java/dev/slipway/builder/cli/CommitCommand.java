package dev.slipway.builder.cli;

import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.output.FinishedImage;
import dev.slipway.builder.solve.Commit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code slipway commit}: an image of a changed root file system. */
@Command(
    name = "commit",
    description =
        "Make an image of a root file system that came from an image and was changed since.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CommitCommand implements Callable<Integer> {

  @Parameters(paramLabel = "ROOTFS", description = "The changed root file system, a directory.")
  private Path rootfs = Path.of("");

  @Option(
      names = "--from",
      paramLabel = "IMAGE",
      required = true,
      description = "The image that it came from; the new layer is the difference to it.")
  private String from = "";

  @Option(
      names = {"-t", "--tag"},
      paramLabel = "NAME",
      description = "Name and tag of the new image; may be repeated.")
  private List<String> tags = new ArrayList<>();

  @Option(
      names = {"-c", "--change"},
      paramLabel = "INSTRUCTION",
      description = "Apply an instruction to the config, as in 'CMD [\"/app\"]'; repeatable.")
  private List<String> changes = new ArrayList<>();

  @Option(
      names = {"-a", "--author"},
      paramLabel = "AUTHOR",
      description = "Author, as in \"Jane Doe <jane@example.com>\".")
  private @Nullable String author;

  @Option(
      names = {"-m", "--message"},
      paramLabel = "TEXT",
      defaultValue = "",
      description = "A message for the history.")
  private String message = "";

  @Option(names = "--platform", paramLabel = "OS/ARCH", description = "Of several, which one.")
  private @Nullable String platform;

  @Mixin private EngineOptions engine = new EngineOptions();

  @Override
  public Integer call() throws InterruptedException {
    List<ImageReference> names = tags.stream().map(ImageReference::parse).toList();
    FinishedImage image =
        new Commit(
                rootfs,
                ImageReference.parse(from),
                ImageCommands.platformOrLocal(platform),
                changes,
                Optional.ofNullable(author),
                message)
            .run(names, engine.settings());
    System.out.println(image.config().digest());
    return 0;
  }
}
