package dev.slipway.builder.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Bytes that are described and can be read again and again, each time from the start. Thread-safe;
 * the streams are not.
 */
public interface Blob {

  Descriptor descriptor();

  /**
   * A fresh stream of the whole blob, which the caller closes. Whoever receives the bytes checks
   * them against the descriptor.
   */
  InputStream open() throws IOException;

  static Blob of(Descriptor descriptor, byte[] bytes) {
    return new Blob() {
      @Override
      public Descriptor descriptor() {
        return descriptor;
      }

      @Override
      public InputStream open() {
        return new ByteArrayInputStream(bytes);
      }
    };
  }

  static Blob of(Document<?> document) {
    return of(document.descriptor(), document.bytes());
  }

  static Blob of(Descriptor descriptor, Path file) {
    return new Blob() {
      @Override
      public Descriptor descriptor() {
        return descriptor;
      }

      @Override
      public InputStream open() throws IOException {
        return Files.newInputStream(file);
      }
    };
  }
}
