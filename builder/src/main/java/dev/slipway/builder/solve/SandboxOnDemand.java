package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.sandbox.Sandbox;
import dev.slipway.builder.sandbox.SandboxSettings;
import dev.slipway.builder.sandbox.Tier;
import dev.slipway.builder.store.ContentStore;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/** The sandbox, opened by the first step that needs it. Thread-safe. */
final class SandboxOnDemand implements Supplier<Sandbox>, AutoCloseable {
  private final ContentStore store;
  private final Optional<String> isolation;
  private Optional<Sandbox> sandbox = Optional.empty();
  private Optional<Tier> tier = Optional.empty();
  private Optional<Path> directory = Optional.empty();

  /**
   * @param isolation the tier that was asked for; empty for the strongest that works
   */
  SandboxOnDemand(ContentStore store, Optional<String> isolation) {
    this.store = store;
    this.isolation = isolation;
  }

  @Override
  public synchronized Sandbox get() {
    if (sandbox.isEmpty()) {
      Path place = store.newScratch("sandbox");
      directory = Optional.of(place);
      sandbox = Optional.of(Sandbox.open(settings(place)));
      tier = sandbox.map(Sandbox::tier);
    }
    return sandbox.get();
  }

  /** The tier of the sandbox if it was opened; also after it was closed. */
  synchronized Optional<Tier> tier() {
    return tier;
  }

  private SandboxSettings settings(Path place) {
    if (isolation.isEmpty()) {
      return SandboxSettings.strongest(place);
    }
    Tier asked =
        Tier.ofLabel(isolation.get())
            .orElseThrow(() ->
                new BuildException(
                    ErrorCode.USAGE, "--isolation " + isolation.get() + ": no such tier"));
    return SandboxSettings.of(asked, place);
  }

  @Override
  public synchronized void close() {
    sandbox.ifPresent(Sandbox::close);
    directory.ifPresent(store::delete);
  }
}
