package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.image.Platform;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known before the first stage: the automatic arguments, the global {@code ARG}s with their
 * values, and the build arguments that the user gave. Immutable.
 */
public final class Globals {
  private final Map<String, String> values;
  private final Map<String, String> buildArgs;

  private Globals(Map<String, String> values, Map<String, String> buildArgs) {
    this.values = values;
    this.buildArgs = buildArgs;
  }

  /**
   * Evaluates the global arguments of {@code file}.
   *
   * @param buildArgs {@code --build-arg}, in order; they also override automatic arguments
   * @param target the stage to build as the user named it, for {@code TARGETSTAGE}; empty for the
   *     last
   * @throws BuildException with {@code DOCKERFILE_SYNTAX} where a default cannot be expanded
   */
  public static Globals of(
      Dockerfile file,
      Map<String, String> buildArgs,
      BuildPlatforms platforms,
      Optional<String> target) {
    Map<String, String> values = new LinkedHashMap<>();
    platform(values, "BUILD", platforms.build());
    platform(values, "TARGET", platforms.target());
    String stage = target.or(() -> file.stages().getLast().name()).orElse("default");
    values.put("TARGETSTAGE", stage);
    values.replaceAll((name, value) -> buildArgs.getOrDefault(name, value));
    for (Arg arg : file.globalArgs()) {
      Expander expander = new Expander(arg.origin(), variables(values));
      for (Arg.Declaration declaration : arg.declarations()) {
        String given = buildArgs.get(declaration.name());
        if (given != null) {
          values.put(declaration.name(), given);
        } else if (declaration.defaultValue().isPresent()) {
          values.put(declaration.name(), expander.word(declaration.defaultValue().get()));
        }
      }
      Scope.requireRoom(arg.origin(), values);
    }
    return new Globals(
        Collections.unmodifiableMap(values),
        Collections.unmodifiableMap(new LinkedHashMap<>(buildArgs)));
  }

  private static void platform(Map<String, String> values, String prefix, Platform platform) {
    values.put(prefix + "PLATFORM", platform.toString());
    values.put(prefix + "OS", platform.os());
    values.put(prefix + "OSVERSION", platform.osVersion());
    values.put(prefix + "ARCH", platform.architecture());
    values.put(prefix + "VARIANT", platform.variant());
  }

  /** A view: what is added to {@code values} later is seen. */
  static Variables variables(Map<String, String> values) {
    return new Variables() {
      @Override
      public @Nullable String get(String name) {
        return values.get(name);
      }

      @Override
      public Set<String> names() {
        return Collections.unmodifiableSet(values.keySet());
      }
    };
  }

  /** What {@code FROM} sees, and what an {@code ARG} without a default takes over. */
  public Variables variables() {
    return variables(values);
  }

  /** What the user gave, in order. */
  public Map<String, String> buildArgs() {
    return buildArgs;
  }
}
