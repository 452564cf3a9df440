package dev.slipway.builder.cli;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.flag.ByteSize;
import dev.slipway.builder.store.StoreLimit;
import org.jspecify.annotations.Nullable;

/** {@code --store-limit}: how large the content store may stay after a build. */
final class StoreOptions {
  private static final String VARIABLE = "SLIPWAY_STORE_LIMIT";

  private @Nullable String limit;

  void declare(Flags flags) {
    flags.text(
        "--store-limit",
        "SIZE",
        "After the build, delete from the content store what was not used longest until it is"
            + " this small, such as 20GB; images with a name stay; 0 for no limit (default:"
            + " $SLIPWAY_STORE_LIMIT, else half of the disk, at most 50GB).",
        value -> limit = value);
  }

  /**
   * The limit that the flag sets, else the environment.
   *
   * @throws BuildException USAGE where it is no size
   */
  StoreLimit limit() {
    String set = System.getenv(VARIABLE);
    if (limit != null) {
      return parse("--store-limit", limit);
    }
    return set == null || set.isBlank() ? StoreLimit.OF_THE_DISK : parse(VARIABLE, set);
  }

  private static StoreLimit parse(String name, String text) {
    return StoreLimit.of(ByteSize.ofStorage(name, text));
  }
}
