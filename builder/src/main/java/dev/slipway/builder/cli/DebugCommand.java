package dev.slipway.builder.cli;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.solve.KeptStage;
import dev.slipway.builder.store.ContentStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code slipway debug}: looks around in the stage that the last build failed in. */
final class DebugCommand implements Subcommand {

  private List<String> command = new ArrayList<>();

  private @Nullable String user;
  private boolean lastGood;
  private String name = "last";
  private @Nullable String isolation;
  private EngineOptions engine = new EngineOptions();

  @Override
  public void declare(Flags flags) {
    flags.describe(
        "Open a shell, or run a command, in the stage that a build with --on-error=keep left.");
    flags.operands("COMMAND", "What to run; a shell by default.", value -> command = value);
    flags.text(
        "-u, --user", "USER", "Run as this user (default: the stage's).", value -> user = value);
    flags.flag(
        "--last-good",
        "Without what the failing step had changed before it failed.",
        value -> lastGood = value);
    flags.text(
        "--kept-as",
        "NAME",
        name,
        "Which kept stage, as --keep-as named it (default: ${DEFAULT-VALUE}).",
        value -> name = value);
    flags.text(
        "--isolation",
        "TIER",
        "How it is isolated; the strongest that works by default.",
        value -> isolation = value);
    engine.declare(flags);
  }

  @Override
  public Integer call() throws InterruptedException {
    try (ContentStore store = ContentStore.open(engine.settings().store())) {
      KeptStage stage =
          KeptStage.find(store, name)
              .orElseThrow(() ->
                  new BuildException(
                      ErrorCode.FILE_NOT_FOUND,
                      "no failed build kept its stage here; build with --on-error=keep"));
      System.err.println("Failed: " + stage.step());
      if (!stage.command().isEmpty()) {
        System.err.println("The command was: " + String.join(" ", stage.command()));
      }
      return stage.run(
          store, Optional.ofNullable(isolation), command, Optional.ofNullable(user), lastGood);
    }
  }
}
