package dev.slipway.builder.store;

import java.util.OptionalLong;

/**
 * How large a store may stay once a build has ended.
 *
 * <p>Nobody set one: half of the file system and at most 50 GB, less than the three fifths and 100
 * GB at which <a href="https://docs.docker.com/build/cache/garbage-collection/">BuildKit</a> begins
 * to collect, for a store in a pod shares its disk with the node.
 *
 * @param chosen bytes; zero for no limit, empty where nobody chose
 */
public record StoreLimit(OptionalLong chosen) {
  /** As large as is right for the disk. */
  public static final StoreLimit OF_THE_DISK = new StoreLimit(OptionalLong.empty());

  /** Nothing is ever deleted unasked. */
  public static final StoreLimit NONE = of(0);

  private static final long LARGEST_UNASKED = 50_000_000_000L;

  public StoreLimit {
    if (chosen.isPresent() && chosen.getAsLong() < 0) {
      throw new IllegalArgumentException("a store cannot be smaller than nothing");
    }
  }

  public static StoreLimit of(long bytes) {
    return new StoreLimit(OptionalLong.of(bytes));
  }

  /** The limit in bytes on a file system of {@code disk} bytes; empty where there is none. */
  OptionalLong bytes(long disk) {
    if (chosen.isEmpty()) {
      return OptionalLong.of(Math.min(disk / 2, LARGEST_UNASKED));
    }
    return isNone() ? OptionalLong.empty() : chosen;
  }

  /** Whether nothing may be deleted, not even when the disk is full. */
  public boolean isNone() {
    return chosen.isPresent() && chosen.getAsLong() == 0;
  }
}
