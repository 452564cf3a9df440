package dev.slipway.builder.cli;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.solve.KeptStage;
import dev.slipway.builder.store.ContentStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code slipway debug}: looks around in the stage that the last build failed in. */
@Command(
    name = "debug",
    description =
        "Open a shell, or run a command, in the stage that a build with --on-error=keep left.",
    mixinStandardHelpOptions = true)
final class DebugCommand implements Callable<Integer> {

  @Parameters(
      arity = "0..*",
      paramLabel = "COMMAND",
      description = "What to run; a shell by default.")
  private List<String> command = new ArrayList<>();

  @Option(
      names = {"-u", "--user"},
      paramLabel = "USER",
      description = "Run as this user (default: the stage's).")
  private @Nullable String user;

  @Option(
      names = "--last-good",
      description = "Without what the failing step had changed before it failed.")
  private boolean lastGood;

  @Option(
      names = "--kept-as",
      paramLabel = "NAME",
      defaultValue = "last",
      description = "Which kept stage, as --keep-as named it (default: ${DEFAULT-VALUE}).")
  private String name = "last";

  @Option(
      names = "--isolation",
      paramLabel = "TIER",
      description = "How it is isolated; the strongest that works by default.")
  private @Nullable String isolation;

  @Mixin private EngineOptions engine = new EngineOptions();

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
