package dev.slipway.builder.image;

import java.util.Arrays;

/**
 * A parsed JSON document together with exactly the bytes it was read from, or will be written as.
 * An image that is passed on must be passed on with its own bytes, or its digest changes.
 *
 * <p>Immutable as long as callers leave {@link #bytes} alone.
 *
 * @param <T> {@link Manifest}, {@link Index} or {@link ImageConfig}
 */
public final class Document<T> {

  private final T content;
  private final byte[] bytes;
  private final Descriptor descriptor;

  Document(T content, MediaType mediaType, byte[] bytes) {
    this.content = content;
    this.bytes = bytes;
    this.descriptor = Descriptor.of(mediaType, bytes);
  }

  public T content() {
    return content;
  }

  /** The bytes themselves, not a copy: not to be written to. */
  public byte[] bytes() {
    return bytes;
  }

  public Descriptor descriptor() {
    return descriptor;
  }

  public Digest digest() {
    return descriptor.digest();
  }

  public MediaType mediaType() {
    return descriptor.mediaType();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Document<?> document
        && document.descriptor.equals(descriptor)
        && Arrays.equals(document.bytes, bytes);
  }

  @Override
  public int hashCode() {
    return descriptor.hashCode();
  }

  @Override
  public String toString() {
    return descriptor.mediaType() + " " + descriptor.digest();
  }
}
