package dev.slipway.builder.cli;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.flag.ByteSize;
import dev.slipway.builder.output.RegistryPush;
import dev.slipway.builder.store.ContentStore;
import dev.slipway.builder.store.Pruning;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** The commands that measure the content store and make it smaller. */
final class StoreCommands {
  private StoreCommands() {}

  /** {@code slipway system}: looks after the store. */
  static CommandSpec system() {
    CommandSpec spec = Flags.helping(CommandSpec.create().name("system"));
    spec.usageMessage().description("Look after the content store.");
    return spec.addSubcommand("df", Flags.command("df", new DfCommand()))
        .addSubcommand("prune", Flags.command("prune", new PruneCommand()));
  }

  /** {@code slipway system df}: what the store costs. */
  static final class DfCommand implements Subcommand {
    private EngineOptions engine = new EngineOptions();

    @Override
    public void declare(Flags flags) {
      flags.describe("Show what images, layers and caches cost.");
      engine.declare(flags);
    }

    @Override
    public Integer call() {
      try (ContentStore store = ContentStore.open(engine.settings().store())) {
        System.out.printf("%-18s%8s%12s%14s%n", "TYPE", "TOTAL", "SIZE", "RECLAIMABLE");
        long total = 0;
        for (Pruning.Usage usage : store.pruning().usage()) {
          total += usage.bytes();
          System.out.printf(
              "%-18s%8d%12s%14s%n",
              usage.kind().title(),
              usage.count(),
              RegistryPush.size(usage.bytes()),
              RegistryPush.size(usage.reclaimable()));
        }
        System.out.printf("%-18s%8s%12s%n", "All", "", RegistryPush.size(total));
      }
      return 0;
    }
  }

  /** {@code slipway prune}: deletes what was not used for long. */
  static final class PruneCommand implements Subcommand {
    private @Nullable String keep;
    private @Nullable String unusedFor;
    private boolean all;
    private EngineOptions engine = new EngineOptions();

    @Override
    public void declare(Flags flags) {
      flags.describe(
          "Delete what no running build uses, the longest unused first, but for images with a name.");
      flags.text(
          "--keep-storage, --max-used-space",
          "SIZE",
          "Stop once the store is this small, such as 10GB.",
          value -> keep = value);
      flags.text(
          "--unused-for",
          "DURATION",
          "Only what was not used for so long, such as 24h.",
          value -> unusedFor = value);
      flags.flag(
          "-a, --all", "Images that have a name too, which otherwise stay.", value -> all = value);
      engine.declare(flags);
    }

    @Override
    public Integer call() {
      Optional<Long> bytes =
          Optional.ofNullable(keep).map(text -> ByteSize.ofStorage("--keep-storage", text));
      Duration age =
          Optional.ofNullable(unusedFor).map(StoreCommands::duration).orElse(Duration.ZERO);
      try (ContentStore store = ContentStore.open(engine.settings().store())) {
        Pruning.Pruned pruned = store.pruning().prune(new Pruning.Policy(bytes, age, all));
        System.out.println(
            "Deleted " + pruned.count() + " things, freed " + RegistryPush.size(pruned.bytes()));
      }
      return 0;
    }
  }

  static Duration duration(String text) {
    try {
      String upper = text.strip().toUpperCase(Locale.ROOT);
      return Duration.parse(upper.contains("D") ? "P" + upper : "PT" + upper);
    } catch (java.time.format.DateTimeParseException e) {
      throw new BuildException(ErrorCode.USAGE, text + " is not a duration such as 24h", e);
    }
  }
}
