package dev.slipway.builder.solve;

import dev.slipway.builder.dockerfile.BaseImage;
import dev.slipway.builder.dockerfile.From;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.image.ContainerConfig;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.Platform;
import java.util.Optional;

/**
 * Tells checks of the images that stages start from, and resolves those that no step has asked for.
 */
record BaseImageLookup(BaseImages images, NamedContexts named, Platform platform)
    implements BaseImage.Lookup {

  @Override
  public Optional<BaseImage> find(From from) {
    try {
      Platform wanted = from.platform().map(Platform::parse).orElse(platform);
      String name = from.image();
      ImageConfig config =
          (named.contains(name) ? named.image(name, wanted) : images.get(name, wanted)).config();
      ContainerConfig container = config.config();
      return Optional.of(
          new BaseImage(
              container.env(),
              !container.shell().isEmpty(),
              container.onBuild(),
              Optional.of(config.platform())));
    } catch (BuildException e) {
      throw e.at(from.location());
    }
  }
}
