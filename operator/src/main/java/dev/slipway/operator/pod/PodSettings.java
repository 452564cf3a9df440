package dev.slipway.operator.pod;

import dev.slipway.api.PodTemplate;
import dev.slipway.operator.trace.Tracing;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How builder pods look, as far as the platform and not the ImageBuild decides.
 *
 * @param image the builder image
 * @param imagePullPolicy as in a container; null leaves it to the API server
 * @param command entry point of the builder container; empty keeps the one of the image, which must
 *     understand the arguments of {@code slipway}
 * @param insecureRegistries registries ({@code host[:port]}) that speak plain HTTP
 * @param registryMirrors registry to the mirror that is asked first, such as {@code docker.io} to
 *     {@code 127.0.0.1:5000}
 * @param env environment of the builder container, such as proxies
 * @param store volume of the content store; null for an {@code emptyDir}
 * @param defaults what a build gets that asks for nothing
 * @param isolations which isolation pods may have
 * @param tracing where traces go
 */
public record PodSettings(
    String image,
    @Nullable String imagePullPolicy,
    List<String> command,
    List<String> insecureRegistries,
    Map<String, String> registryMirrors,
    Map<String, String> env,
    @Nullable Volume store,
    PodTemplate defaults,
    Isolations isolations,
    Tracing tracing) {

  public PodSettings {
    command = List.copyOf(command);
    insecureRegistries = List.copyOf(insecureRegistries);
    registryMirrors = Map.copyOf(registryMirrors);
    env = Map.copyOf(env);
  }

  /** Settings with nothing but an image. */
  public static PodSettings of(String image) {
    return new PodSettings(
        image,
        null,
        List.of(),
        List.of(),
        Map.of(),
        Map.of(),
        null,
        PodTemplate.NONE,
        Isolations.PLAIN,
        Tracing.NONE);
  }

  public PodSettings withInsecureRegistries(List<String> hosts) {
    return new PodSettings(
        image,
        imagePullPolicy,
        command,
        hosts,
        registryMirrors,
        env,
        store,
        defaults,
        isolations,
        tracing);
  }

  public PodSettings withRegistryMirrors(Map<String, String> mirrors) {
    return new PodSettings(
        image,
        imagePullPolicy,
        command,
        insecureRegistries,
        mirrors,
        env,
        store,
        defaults,
        isolations,
        tracing);
  }

  public PodSettings withIsolations(Isolations allowed) {
    return new PodSettings(
        image,
        imagePullPolicy,
        command,
        insecureRegistries,
        registryMirrors,
        env,
        store,
        defaults,
        allowed,
        tracing);
  }

  public PodSettings withTracing(Map<String, String> ofBuilders, Tracing to) {
    Map<String, String> all = new TreeMap<>(env);
    ofBuilders.forEach(all::putIfAbsent);
    return new PodSettings(
        image,
        imagePullPolicy,
        command,
        insecureRegistries,
        registryMirrors,
        all,
        store,
        defaults,
        isolations,
        to);
  }
}
