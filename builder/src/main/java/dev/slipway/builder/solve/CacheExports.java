package dev.slipway.builder.solve;

import dev.slipway.builder.cache.BuildCache;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.report.Reporter;
import java.util.Optional;

/** Sees to it that the caches of a build are written to their end, and tells of it. */
final class CacheExports {
  private final BuildCache cache;
  private final KeptMounts mounts;
  private final Reporter reporter;

  CacheExports(BuildCache cache, KeptMounts mounts, Reporter reporter) {
    this.cache = cache;
    this.mounts = mounts;
    this.reporter = reporter;
  }

  /**
   * Waits until the caches are written.
   *
   * @throws BuildException where one could not be, and its {@code ignore-error=false} says that
   *     this matters
   */
  void finish() throws InterruptedException {
    mounts.save();
    for (BuildCache.Export export : cache.exports()) {
      Reporter.Running step =
          reporter.start(Optional.empty(), "exporting cache to " + export.name());
      try {
        export.finish().run(step::note);
        step.done();
      } catch (BuildException e) {
        if (export.mayFail() && e.code() != ErrorCode.CANCELLED) {
          reporter.warning("the cache " + export.name() + " is not written: " + e.getMessage());
          step.done();
        } else {
          step.failed(String.valueOf(e.getMessage()));
          throw e;
        }
      } catch (InterruptedException e) {
        step.cancelled();
        throw e;
      }
    }
  }

  /** What was done up to a failure need not be done again. */
  void finishAfterFailure() {
    try {
      finish();
    } catch (BuildException e) {
      reporter.warning("the cache is not written: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
