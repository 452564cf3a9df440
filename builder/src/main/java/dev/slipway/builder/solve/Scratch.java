package dev.slipway.builder.solve;

import java.nio.file.Path;

/** A directory for one step's work, deleted with everything in it. */
record Scratch(Path path, Runnable delete) implements AutoCloseable {
  @Override
  public void close() {
    delete.run();
  }
}
