package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.output.RegistryPush;
import dev.slipway.builder.report.Reporter;
import dev.slipway.builder.store.ContentStore;
import dev.slipway.builder.store.Pruning;
import dev.slipway.builder.store.StoreLimit;

/** Keeps the store within its limit. What goes wrong with that is a warning, no failed build. */
final class StoreCare {
  private final ContentStore store;
  private final StoreLimit limit;
  private final Reporter reporter;
  private boolean madeRoom;

  StoreCare(ContentStore store, StoreLimit limit, Reporter reporter) {
    this.store = store;
    this.limit = limit;
    this.reporter = reporter;
  }

  /** Deletes what is too much, now that the build is over. */
  void tidy() {
    try {
      store.keepWithin(limit);
    } catch (RuntimeException e) {
      reporter.warning("the content store cannot be kept within its limit: " + e.getMessage());
    }
  }

  /**
   * Deletes, once in a build, all that no build uses, where that is why it failed.
   *
   * @return whether something went, so that it is worth while to go on
   */
  boolean makeRoom(RuntimeException failure) {
    boolean full =
        switch (failure) {
          case StepFailure step -> step.failure().code() == ErrorCode.DISK_FULL;
          case BuildException other -> other.code() == ErrorCode.DISK_FULL;
          default -> false;
        };
    if (!full || madeRoom || limit.isNone()) {
      return false;
    }
    madeRoom = true;
    try {
      Pruning.Pruned pruned = store.pruning().prune(Pruning.Policy.CACHE);
      if (pruned.bytes() == 0) {
        return false;
      }
      reporter.warning(
          "the disk is full; deleted caches that no build uses, "
              + RegistryPush.size(pruned.bytes())
              + ", and starting over with the rest");
      return true;
    } catch (RuntimeException e) {
      reporter.warning("the disk is full, and nothing can be deleted: " + e.getMessage());
      return false;
    }
  }
}
