package dev.slipway.builder.image;

import java.util.List;

/**
 * An image, or an index of images, and what it is called.
 *
 * @param names full references with tags; empty for an image without a name
 * @param root the manifest or index
 */
public record NamedImage(List<ImageReference> names, Descriptor root) {

  public NamedImage {
    names = List.copyOf(names);
  }
}
