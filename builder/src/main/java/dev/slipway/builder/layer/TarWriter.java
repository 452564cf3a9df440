package dev.slipway.builder.layer;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes entries as a tar: ustar, with PAX records where ustar cannot say it. The bytes depend on
 * the entries alone.
 */
public final class TarWriter {
  private TarWriter() {}

  /** Writes a whole archive, with its end; flushes but does not close {@code out}. */
  public static void write(Entries entries, OutputStream out) throws IOException {
    Pending.yet();
  }
}
