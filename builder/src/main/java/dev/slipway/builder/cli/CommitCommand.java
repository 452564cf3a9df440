package dev.slipway.builder.cli;

import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.output.FinishedImage;
import dev.slipway.builder.solve.Commit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code slipway commit}: an image of a changed root file system. */
final class CommitCommand implements Subcommand {

  private Path rootfs = Path.of("");

  private String from = "";
  private List<String> tags = new ArrayList<>();

  private List<String> changes = new ArrayList<>();

  private @Nullable String author;
  private String message = "";
  private @Nullable String platform;
  private EngineOptions engine = new EngineOptions();

  @Override
  public void declare(Flags flags) {
    flags.describe(
        "Make an image of a root file system that came from an image and was changed since.");
    flags.shownAsDeclared();
    flags.pathOperand(
        "ROOTFS", "The changed root file system, a directory.", value -> rootfs = value);
    flags.required(
        "--from",
        "IMAGE",
        "The image that it came from; the new layer is the difference to it.",
        value -> from = value);
    flags.texts(
        "-t, --tag",
        "NAME",
        "Name and tag of the new image; may be repeated.",
        value -> tags = value);
    flags.texts(
        "-c, --change",
        "INSTRUCTION",
        "Apply an instruction to the config, as in 'CMD [\"/app\"]'; repeatable.",
        value -> changes = value);
    flags.text(
        "-a, --author",
        "AUTHOR",
        "Author, as in \"Jane Doe <jane@example.com>\".",
        value -> author = value);
    flags.text(
        "-m, --message", "TEXT", message, "A message for the history.", value -> message = value);
    flags.text("--platform", "OS/ARCH", "Of several, which one.", value -> platform = value);
    engine.declare(flags);
  }

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
