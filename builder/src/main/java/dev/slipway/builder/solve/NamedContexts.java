package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.source.BuildContext;
import dev.slipway.builder.source.ContextLoader;
import dev.slipway.builder.source.Source;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The values of {@code --build-context}: images under another name, or trees of files. */
final class NamedContexts {
  private static final String IMAGE = "docker-image://";
  private static final String LAYOUT = "oci-layout://";

  private final Map<String, String> values;
  private final ContextLoader loader;
  private final BaseImages images;

  NamedContexts(Map<String, String> values, ContextLoader loader, BaseImages images) {
    Map<String, String> normal = new LinkedHashMap<>();
    values.forEach((name, value) -> normal.put(normal(name), value));
    this.values = Map.copyOf(normal);
    this.loader = loader;
    this.images = images;
  }

  /** Whether a context of that name was given; {@code alpine} names {@code alpine:latest} too. */
  boolean contains(String name) {
    return values.containsKey(normal(name));
  }

  boolean isImage(String name) {
    String value = value(name);
    return value.startsWith(IMAGE) || value.startsWith(LAYOUT);
  }

  /** The image that a context names. */
  BaseImages.Base image(String name, Platform platform) {
    String value = value(name);
    if (value.startsWith(IMAGE)) {
      return images.get(value.substring(IMAGE.length()), platform);
    }
    if (value.startsWith(LAYOUT)) {
      return images.layout(value.substring(LAYOUT.length()), platform);
    }
    throw new BuildException(
        ErrorCode.UNSUPPORTED,
        "the context "
            + name
            + " is a tree of files; FROM needs an image: docker-image://... or oci-layout://...");
  }

  /** The files that a context names. */
  Trees.Tree tree(String name) throws LinuxException {
    // A named context needs no Dockerfile: "-" takes it from standard input, which is empty.
    BuildContext context =
        loader.load(Source.parse(value(name)), "-", InputStream.nullInputStream());
    Path directory = context.directory();
    return new Trees.Tree(
        Dir.open(directory),
        Optional.of(directory),
        Optional.empty(),
        Optional.of(context.ignore()),
        true,
        context::close);
  }

  private String value(String name) {
    String value = values.get(normal(name));
    if (value == null) {
      throw new BuildException(ErrorCode.INTERNAL, "there is no context " + name);
    }
    return value;
  }

  private static String normal(String name) {
    try {
      return ImageReference.parse(name).withDefaultTag().toString();
    } catch (BuildException e) {
      // Stage names with capitals and the like are no image names, and need no normal form.
      return name;
    }
  }
}
