package dev.slipway.builder.sandbox;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How to open a sandbox.
 *
 * @param tier the only tier to try; empty means the strongest that works
 * @param directory an existing directory of the builder, on the file system where scratch
 *     directories will be: probes run in it, and it holds mount points
 */
public record SandboxSettings(Optional<Tier> tier, Path directory) {

  /** The strongest tier that works. */
  public static SandboxSettings strongest(Path directory) {
    return new SandboxSettings(Optional.empty(), directory);
  }

  public static SandboxSettings of(Tier tier, Path directory) {
    return new SandboxSettings(Optional.of(tier), directory);
  }
}
