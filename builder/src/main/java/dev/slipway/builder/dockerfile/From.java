package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.Location;
import java.util.Optional;

/**
 * {@code FROM [--platform=platform] image [AS name]}.
 *
 * @param image an image reference, the name of an earlier stage, or {@code scratch}
 * @param platform as written; {@code os[/arch[/variant]]} once expanded
 * @param name of the stage, in lower case
 */
public record From(Origin origin, String image, Optional<String> platform, Optional<String> name) {

  public Location location() {
    return origin.location();
  }

  public String source() {
    return origin.source();
  }

  /**
   * The same with variables resolved.
   *
   * @param globals automatic and global arguments only: see {@link Globals#variables}
   * @throws BuildException with {@code DOCKERFILE_SYNTAX} where image or platform become empty
   */
  public From expand(Variables globals) {
    Expander expander = new Expander(origin, globals);
    String expandedImage = expander.word(image);
    if (expandedImage.isEmpty()) {
      throw origin.failure("base name (" + image + ") should not be blank");
    }
    Optional<String> expandedPlatform = expander.optional(platform);
    if (expandedPlatform.filter(String::isEmpty).isPresent()) {
      throw origin.failure("empty platform value from expression " + platform.orElse(""));
    }
    return new From(origin, expandedImage, expandedPlatform, name);
  }
}
