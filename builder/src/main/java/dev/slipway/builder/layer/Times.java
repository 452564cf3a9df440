package dev.slipway.builder.layer;

/**
 * Which time of last change a layer records for a file.
 *
 * @param epoch seconds since 1970
 * @param exact true if every file gets the epoch, false if only later ones do
 */
public record Times(long epoch, boolean exact) {

  /** Each file keeps its own. */
  public static final Times KEEP = new Times(Long.MAX_VALUE, false);

  /** Each file keeps its own, but none later than the build's epoch: what RUN wrote. */
  public static Times clamp(long epoch) {
    return new Times(epoch, false);
  }

  /** The build's epoch for every file: what came from a source that keeps no times. */
  public static Times exactly(long epoch) {
    return new Times(epoch, true);
  }

  /** The time to record for a file that was last changed at {@code mtime}. */
  public long of(long mtime) {
    return exact ? epoch : Math.min(mtime, epoch);
  }

  /** The same entries with these times. */
  public Entries applyTo(Entries entries) {
    return equals(KEEP)
        ? entries
        : entries.map(entry -> entry.mapAttributes(a -> a.withMtime(of(a.mtime()))));
  }
}
