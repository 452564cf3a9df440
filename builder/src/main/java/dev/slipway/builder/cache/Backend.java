package dev.slipway.builder.cache;

import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Manifest;
import java.io.IOException;
import java.util.Optional;

/**
 * One place that holds a cache. Thread-safe. Everything may fail with a {@link
 * dev.slipway.builder.failure.BuildException}; whoever calls decides what that means.
 */
interface Backend {

  /** For messages. */
  String name();

  /**
   * What is there now.
   *
   * @return empty where there is nothing yet
   */
  Optional<Content> read() throws IOException;

  /**
   * What a place holds.
   *
   * @param cache whether it is a cache (ours, or BuildKit's, which tells us nothing), and not an
   *     image that somebody wants to keep
   */
  record Content(CacheIndex index, boolean cache) {}

  /** A blob that {@link #read} named; nothing is fetched yet. */
  Blob blob(Descriptor descriptor);

  /** Whether a blob is there. */
  boolean has(Descriptor blob) throws IOException;

  /** Sees to it that a blob is there. */
  void push(Blob blob) throws IOException;

  /** Replaces the index; its blobs are there. */
  void write(Document<Manifest> manifest) throws IOException;

  /** Runs a read and the write that follows it as one, where the place can promise that. */
  void update(Update update) throws IOException;

  /** A read and the write that follows it. */
  interface Update {
    void run() throws IOException;
  }

  /** The repository whose blobs a push into the same registry can mount. */
  Optional<ImageReference> repository();
}
