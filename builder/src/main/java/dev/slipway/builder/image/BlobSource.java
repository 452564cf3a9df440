package dev.slipway.builder.image;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Somewhere that has the content of images, by digest: an archive, a registry, some blobs at hand.
 * Thread-safe; the streams are not.
 */
public interface BlobSource {

  /**
   * A fresh stream of the bytes that {@code descriptor} names, manifests and indexes included.
   *
   * @throws BuildException {@code IMAGE_INVALID} if they are not here
   */
  InputStream open(Descriptor descriptor) throws IOException;

  /** One of the blobs as a thing of its own; nothing is read yet. */
  default Blob blob(Descriptor descriptor) {
    BlobSource source = this;
    return new Blob() {
      @Override
      public Descriptor descriptor() {
        return descriptor;
      }

      @Override
      public InputStream open() throws IOException {
        return source.open(descriptor);
      }
    };
  }

  /** A source of exactly these blobs. */
  static BlobSource of(Collection<? extends Blob> blobs) {
    Map<Digest, Blob> byDigest = new HashMap<>();
    for (Blob blob : blobs) {
      byDigest.put(blob.descriptor().digest(), blob);
    }
    return descriptor -> {
      Blob blob = byDigest.get(descriptor.digest());
      if (blob == null) {
        throw missing(descriptor);
      }
      return blob.open();
    };
  }

  static BuildException missing(Descriptor descriptor) {
    return new BuildException(
        ErrorCode.IMAGE_INVALID,
        "reading an image: its blob " + descriptor.digest() + " is missing");
  }
}
