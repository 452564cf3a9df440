package dev.slipway.e2e.cluster.node;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The environment of a container, from values, fields, Secrets and ConfigMaps. */
final class Environment {
  private final KubernetesClient client;
  private final Pod pod;

  Environment(KubernetesClient client, Pod pod) {
    this.client = client;
    this.pod = pod;
  }

  /**
   * The variables of {@code container} over those of its image.
   *
   * @throws ConfigException if a Secret, ConfigMap or key that is not optional does not exist
   */
  Map<String, String> of(Container container, Map<String, String> image) throws ConfigException {
    Map<String, String> env = new LinkedHashMap<>();
    env.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    env.put("HOME", "/");
    env.put("HOSTNAME", pod.getMetadata().getName());
    env.putAll(image);
    for (EnvFromSource source : container.getEnvFrom()) {
      addAll(source, env);
    }
    for (EnvVar variable : container.getEnv()) {
      if (variable.getValueFrom() == null) {
        String value = variable.getValue() == null ? "" : variable.getValue();
        env.put(variable.getName(), PodFields.expand(value, env));
      } else {
        String value = valueOf(variable.getValueFrom());
        if (value != null) {
          env.put(variable.getName(), value);
        }
      }
    }
    return env;
  }

  private void addAll(EnvFromSource source, Map<String, String> env) throws ConfigException {
    String prefix = source.getPrefix() == null ? "" : source.getPrefix();
    Map<String, byte[]> found = Map.of();
    if (source.getSecretRef() != null) {
      found = secret(source.getSecretRef().getName(), isTrue(source.getSecretRef().getOptional()));
    } else if (source.getConfigMapRef() != null) {
      found =
          configMap(
              source.getConfigMapRef().getName(), isTrue(source.getConfigMapRef().getOptional()));
    }
    found.forEach((key, value) -> env.put(prefix + key, new String(value, StandardCharsets.UTF_8)));
  }

  private @Nullable String valueOf(EnvVarSource source) throws ConfigException {
    if (source.getFieldRef() != null) {
      return PodFields.of(pod, source.getFieldRef().getFieldPath());
    }
    if (source.getSecretKeyRef() != null) {
      boolean optional = isTrue(source.getSecretKeyRef().getOptional());
      String name = source.getSecretKeyRef().getName();
      return key(
          "Secret", name, secret(name, optional), source.getSecretKeyRef().getKey(), optional);
    }
    if (source.getConfigMapKeyRef() != null) {
      boolean optional = isTrue(source.getConfigMapKeyRef().getOptional());
      String name = source.getConfigMapKeyRef().getName();
      return key(
          "ConfigMap",
          name,
          configMap(name, optional),
          source.getConfigMapKeyRef().getKey(),
          optional);
    }
    throw failure("resourceFieldRef is not known here");
  }

  private @Nullable String key(
      String kind, String name, Map<String, byte[]> data, String key, boolean optional)
      throws ConfigException {
    byte[] value = data.get(key);
    if (value == null && !optional) {
      throw failure(
          "couldn't find key %s in %s %s/%s"
              .formatted(key, kind, pod.getMetadata().getNamespace(), name));
    }
    return value == null ? null : new String(value, StandardCharsets.UTF_8);
  }

  /** The data of a Secret; empty if it is optional and absent. */
  Map<String, byte[]> secret(String name, boolean optional) throws ConfigException {
    Secret secret =
        client.secrets().inNamespace(pod.getMetadata().getNamespace()).withName(name).get();
    if (secret == null && !optional) {
      throw failure("secret \"" + name + "\" not found");
    }
    return decode(secret == null ? null : secret.getData());
  }

  /** The data of a ConfigMap; empty if it is optional and absent. */
  Map<String, byte[]> configMap(String name, boolean optional) throws ConfigException {
    ConfigMap map =
        client.configMaps().inNamespace(pod.getMetadata().getNamespace()).withName(name).get();
    if (map == null && !optional) {
      throw failure("configmap \"" + name + "\" not found");
    }
    Map<String, byte[]> data = decode(map == null ? null : map.getBinaryData());
    if (map != null && map.getData() != null) {
      map.getData().forEach((key, value) -> data.put(key, value.getBytes(StandardCharsets.UTF_8)));
    }
    return data;
  }

  private static Map<String, byte[]> decode(@Nullable Map<String, String> data) {
    Map<String, byte[]> decoded = new LinkedHashMap<>();
    if (data != null) {
      data.forEach((key, value) -> decoded.put(key, Base64.getDecoder().decode(value)));
    }
    return decoded;
  }

  private static ConfigException failure(String message) {
    return new ConfigException("CreateContainerConfigError", message);
  }

  static boolean isTrue(@Nullable Boolean value) {
    return value != null && value;
  }
}
