package dev.slipway.builder.registry;

import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.ImageReference;
import java.io.InputStream;

/** A blob that is still in a registry. */
record RemoteBlob(RegistryClient client, ImageReference repository, Descriptor descriptor)
    implements Blob {

  @Override
  public InputStream open() {
    return client.fetchBlob(repository, descriptor);
  }
}
