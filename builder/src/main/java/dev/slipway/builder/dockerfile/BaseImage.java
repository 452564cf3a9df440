package dev.slipway.builder.dockerfile;

import dev.slipway.builder.image.Platform;
import java.util.List;
import java.util.Optional;

/**
 * What checks need to know of the image that a stage starts from.
 *
 * @param environment its {@code NAME=value}
 * @param hasShell whether its config sets a shell
 * @param triggers of {@code ONBUILD}
 * @param platform what it was made for, where it says so
 */
public record BaseImage(
    List<String> environment,
    boolean hasShell,
    List<String> triggers,
    Optional<Platform> platform) {

  /** {@code scratch}. */
  public static final BaseImage EMPTY =
      new BaseImage(List.of(), false, List.of(), Optional.empty());

  public BaseImage {
    environment = List.copyOf(environment);
    triggers = List.copyOf(triggers);
  }

  /** Where checks find it. */
  @FunctionalInterface
  public interface Lookup {
    /** Knows no image: checks that need one are left out. */
    Lookup NONE = from -> Optional.empty();

    /**
     * The image that an expanded {@code FROM} names; it is no stage and not {@code scratch}.
     *
     * @return empty where it is not known
     */
    Optional<BaseImage> find(From from);
  }
}
