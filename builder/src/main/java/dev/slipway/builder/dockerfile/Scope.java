package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The variables of one stage after some of its instructions. Immutable: {@link #apply} returns the
 * scope after the next one.
 *
 * <p>{@code ENV} and {@code ARG} set the same names; the later one wins for what follows, but only
 * {@code ENV} gets into the image.
 */
public final class Scope {
  private static final String DEFAULT_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  /** They are settings of BuildKit's scanner, not variables. */
  private static final Set<String> NO_VARIABLES =
      Set.of("BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE");

  private static final Set<String> PROXIES =
      Set.of("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy");

  /** Characters in all values. Linux itself starts no program with more than 6 MB. */
  private static final int LIMIT = 8 << 20;

  private static final int MAX_VARIABLES = 4_000;

  private final Globals globals;
  private final Map<String, String> values;
  private final Map<String, String> config;
  private final Map<String, String> declared;

  private Scope(
      Globals globals,
      Map<String, String> values,
      Map<String, String> config,
      Map<String, String> declared) {
    this.globals = globals;
    this.values = values;
    this.config = config;
    this.declared = declared;
  }

  /**
   * The scope at the start of a stage that is based on an image.
   *
   * @param environment the {@code NAME=value} of the image's config; empty for {@code scratch}. A
   *     {@code PATH} is added where there is none.
   */
  public static Scope ofImage(Globals globals, List<String> environment) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String entry : environment) {
      int equals = entry.indexOf('=');
      values.put(
          equals < 0 ? entry : entry.substring(0, equals),
          equals < 0 ? "" : entry.substring(equals + 1));
    }
    values.putIfAbsent("PATH", DEFAULT_PATH);
    return new Scope(globals, values, new LinkedHashMap<>(values), Map.of());
  }

  /** What the next instruction is expanded with. */
  public Variables variables() {
    return Globals.variables(values);
  }

  /**
   * The scope after {@code instruction}.
   *
   * @param instruction an expanded {@code ENV}, or an {@code ARG}; any other changes nothing
   * @throws BuildException with {@code DOCKERFILE_SYNTAX} where the default of an {@code ARG}
   *     cannot be expanded
   */
  public Scope apply(Instruction instruction) {
    return switch (instruction) {
      case Env env -> env(env);
      case Arg arg -> arg(arg);
      default -> this;
    };
  }

  private Scope arg(Arg arg) {
    Map<String, String> newValues = new LinkedHashMap<>(values);
    Map<String, String> newDeclared = new LinkedHashMap<>(declared);
    // Unlike ENV, ARG a=1 b=$a sees the new a: it is several ARGs in one line.
    Expander expander = new Expander(arg.origin(), Globals.variables(newValues));
    for (Arg.Declaration declaration : arg.declarations()) {
      String name = declaration.name();
      String value = globals.buildArgs().get(name);
      if (value == null) {
        value =
            declaration.defaultValue().isPresent()
                ? expander.word(declaration.defaultValue().get())
                : globals.variables().get(name);
      }
      if (value != null && !NO_VARIABLES.contains(name)) {
        newValues.put(name, value);
      }
      newDeclared.put(name, value == null ? "" : value);
    }
    requireRoom(arg.origin(), newValues);
    return new Scope(globals, newValues, config, newDeclared);
  }

  private Scope env(Env env) {
    Map<String, String> newValues = new LinkedHashMap<>(values);
    Map<String, String> newConfig = new LinkedHashMap<>(config);
    for (KeyValue pair : env.variables()) {
      newValues.put(pair.key(), pair.value());
      newConfig.put(pair.key(), pair.value());
    }
    requireRoom(env.origin(), newValues);
    return new Scope(globals, newValues, newConfig, declared);
  }

  static void requireRoom(Origin origin, Map<String, String> values) {
    if (values.size() > MAX_VARIABLES) {
      throw origin.failure("there are more than " + MAX_VARIABLES + " variables");
    }
    long size = 0;
    for (Map.Entry<String, String> entry : values.entrySet()) {
      size += entry.getKey().length() + entry.getValue().length();
    }
    if (size > LIMIT) {
      throw origin.failure(
          "the variables now have %d characters, more than the limit of %d".formatted(size, LIMIT));
    }
  }

  /** The environment of a {@code RUN}, arguments included: part of the step's cache key. */
  public Map<String, String> environment() {
    return Collections.unmodifiableMap(values);
  }

  /**
   * The proxy settings that were given as build arguments, in both spellings. A {@code RUN} sees
   * them where {@link #environment} does not say otherwise, but they are part neither of its cache
   * key nor of the history.
   */
  public Map<String, String> proxyEnvironment() {
    Map<String, String> proxies = new LinkedHashMap<>();
    globals
        .buildArgs()
        .forEach((name, value) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (PROXIES.contains(lower) && !value.isEmpty()) {
            proxies.put(lower, value);
            proxies.put(name.toUpperCase(Locale.ROOT), value);
          }
        });
    return proxies;
  }

  /** The {@code NAME=value} for the image's config: of the base and of {@code ENV}. */
  public List<String> configEnvironment() {
    List<String> out = new ArrayList<>(config.size());
    config.forEach((name, value) -> out.add(name + "=" + value));
    return out;
  }

  /**
   * The declared arguments, inherited ones first, with the values that their names have now: what
   * the history of a {@code RUN} lists as {@code |2 a=1 b=2 /bin/sh -c ...}.
   */
  public Map<String, String> declaredArgs() {
    Map<String, String> out = new LinkedHashMap<>(declared);
    out.replaceAll((name, value) -> values.getOrDefault(name, value));
    return out;
  }

  /** What was known before the first stage. */
  public Globals globals() {
    return globals;
  }
}
