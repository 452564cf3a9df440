package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.sandbox.Sandbox;
import dev.slipway.builder.sandbox.SandboxSettings;
import dev.slipway.builder.sandbox.Tier;
import dev.slipway.builder.store.ContentStore;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The sandbox, opened by the first step that needs it. Thread-safe. */
final class SandboxOnDemand implements Supplier<Sandbox>, AutoCloseable {
  private final ContentStore store;
  private final Optional<String> isolation;
  private final Consumer<String> warnings;
  private Optional<Sandbox> sandbox = Optional.empty();
  private Optional<Tier> tier = Optional.empty();
  private Optional<Path> directory = Optional.empty();

  /**
   * @param isolation the tier that was asked for; empty for the strongest that works
   * @param warnings hears of a tier that is much weaker than others, and why it is none of those
   */
  SandboxOnDemand(ContentStore store, Optional<String> isolation, Consumer<String> warnings) {
    this.store = store;
    this.isolation = isolation;
    this.warnings = warnings;
  }

  @Override
  public synchronized Sandbox get() {
    if (sandbox.isEmpty()) {
      Path place = store.newScratch("sandbox");
      directory = Optional.of(place);
      Sandbox opened = Sandbox.open(settings(place));
      sandbox = Optional.of(opened);
      tier = Optional.of(opened.tier());
      if (opened.tier() == Tier.CHROOT && isolation.isEmpty()) {
        warnings.accept(
            "RUN steps have the weakest isolation, chroot: they share the builder's processes and"
                + " network. "
                + String.join("; ", opened.refusals()));
      }
    }
    return sandbox.get();
  }

  /** The tier of the sandbox if it was opened; also after it was closed. */
  synchronized Optional<Tier> tier() {
    return tier;
  }

  /** The tier that it will most likely have, without opening it. */
  Tier expected() {
    return asked().orElseGet(Sandbox::expected);
  }

  private SandboxSettings settings(Path place) {
    return asked()
        .map(tier -> SandboxSettings.of(tier, place))
        .orElseGet(() -> SandboxSettings.strongest(place));
  }

  private Optional<Tier> asked() {
    return isolation.map(label ->
        Tier.ofLabel(label)
            .orElseThrow(() ->
                new BuildException(
                    ErrorCode.USAGE,
                    "--isolation %s: no such tier; use one of %s"
                        .formatted(
                            label, Arrays.stream(Tier.values()).map(Tier::label).toList()))));
  }

  @Override
  public synchronized void close() {
    sandbox.ifPresent(Sandbox::close);
    directory.ifPresent(store::delete);
  }
}
