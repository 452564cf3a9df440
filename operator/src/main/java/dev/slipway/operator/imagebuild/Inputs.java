package dev.slipway.operator.imagebuild;

import dev.slipway.api.CaBundleReference;
import dev.slipway.api.Cache;
import dev.slipway.api.GitSource;
import dev.slipway.api.ImageBuildSpec;
import dev.slipway.api.KeyReference;
import dev.slipway.api.PodTemplate;
import dev.slipway.api.ValueSource;
import dev.slipway.operator.digest.Sha256;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a spec that a build depends on, flattened to text, so that they can be remembered in
 * the status, compared, and named to people. What is at its default is left out: a default that a
 * later version adds changes nothing.
 */
final class Inputs {
  private static final String GIT_CA = "source.git.caBundleRef";
  private static final String REGISTRY_CA = "output.caBundleRef";

  /** These decide whether a build succeeds, and not what is in the image. */
  private static final Set<String> CIRCUMSTANCES =
      Set.of("timeout", "pod", "debug", "cache", GIT_CA, REGISTRY_CA);

  /** Longer values are remembered by their hash. */
  private static final int LONGEST = 120;

  private Inputs() {}

  static Map<String, String> of(ImageBuildSpec spec) {
    Map<String, String> inputs = new TreeMap<>();
    GitSource git = spec.git();
    if (git != null) {
      put(inputs, "source.git.url", git.url(), "");
      put(inputs, "source.git.ref", git.ref(), "");
      put(inputs, "source.git.submodules", git.submodules().toString(), "true");
      put(inputs, "source.git.lfs", git.lfs().toString(), "false");
      put(inputs, "source.git.depth", git.depth() == null ? "" : git.depth().toString(), "");
      put(inputs, GIT_CA, text(git.caBundleRef()), "");
    }
    put(inputs, "source.contextDir", spec.contextDir(), ".");
    put(inputs, "dockerfile", spec.dockerfile(), "Dockerfile");
    put(inputs, "dockerfileInline", spec.dockerfileInline(), "");
    put(inputs, "platforms", String.join(",", spec.platforms()), "");
    put(inputs, "target", spec.target(), "");
    for (var arg : spec.buildArgs()) {
      ValueSource from = arg.valueFrom();
      put(
          inputs,
          "buildArgs." + arg.name(),
          from == null ? "=" + text(arg.value()) : text(from),
          "");
    }
    for (var secret : spec.secrets()) {
      put(inputs, "secrets." + secret.id(), text(secret.secretRef()), "");
    }
    for (var key : spec.ssh()) {
      put(inputs, "ssh." + key.id(), text(key.secretRef()), "");
    }
    put(inputs, "output.image", spec.output().image(), "");
    put(inputs, "output.tags", String.join(",", spec.output().tags()), "latest");
    put(inputs, "output.labels", Serialization.asJson(spec.output().labels()), "{}");
    put(inputs, "output.annotations", Serialization.asJson(spec.output().annotations()), "{}");
    put(inputs, "output.compression", spec.output().compression().name(), "GZIP");
    put(inputs, REGISTRY_CA, text(spec.output().caBundleRef()), "");
    put(inputs, "noCache", Boolean.toString(spec.noCache()), "false");
    if (!spec.cache().equals(Cache.NONE)) {
      put(inputs, "cache", Serialization.asJson(spec.cache()), "");
    }
    put(inputs, "timeout", spec.timeout(), "1h");
    put(inputs, "debug", spec.debug() == null ? "" : spec.debug().keepFor(), "");
    if (!spec.pod().equals(PodTemplate.NONE)) {
      put(inputs, "pod", Serialization.asJson(spec.pod()), "");
    }
    return inputs;
  }

  /** Names of what differs and makes for another image. */
  static Set<String> changed(Map<String, String> before, Map<String, String> after) {
    Set<String> names = differing(before, after);
    names.removeAll(CIRCUMSTANCES);
    return names;
  }

  /** Names of what differs and may turn a failure into a success. */
  static Set<String> circumstances(Map<String, String> before, Map<String, String> after) {
    Set<String> names = differing(before, after);
    names.retainAll(CIRCUMSTANCES);
    return names;
  }

  /** {@code target: dev -> prod}, for people. */
  static String describe(Set<String> names, Map<String, String> before, Map<String, String> after) {
    List<String> changes = new ArrayList<>();
    for (String name : names) {
      if (changes.size() == 4) {
        changes.add("and " + (names.size() - 4) + " more");
        break;
      }
      changes.add(name + ": " + shown(before.get(name)) + " -> " + shown(after.get(name)));
    }
    return String.join("; ", changes);
  }

  private static Set<String> differing(Map<String, String> before, Map<String, String> after) {
    Set<String> names = new TreeSet<>(before.keySet());
    names.addAll(after.keySet());
    names.removeIf(Bases::isInput);
    names.removeIf(name -> java.util.Objects.equals(before.get(name), after.get(name)));
    return names;
  }

  private static String shown(@Nullable String value) {
    return value == null ? "(default)" : value;
  }

  private static void put(
      Map<String, String> inputs, String name, @Nullable String value, String standard) {
    String given = text(value);
    if (!given.equals(standard)) {
      inputs.put(
          name, given.length() <= LONGEST ? given : "sha256:" + Sha256.hex(given).substring(0, 16));
    }
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }

  private static String text(KeyReference ref) {
    return ref.name() + "/" + ref.key();
  }

  private static String text(@Nullable CaBundleReference ref) {
    return ref == null ? "" : ref.kind() + " " + ref.name() + "/" + ref.key();
  }

  private static String text(ValueSource from) {
    if (from.secretKeyRef() != null) {
      return "secret " + text(from.secretKeyRef());
    }
    return from.configMapKeyRef() != null ? "configmap " + text(from.configMapKeyRef()) : "";
  }
}
