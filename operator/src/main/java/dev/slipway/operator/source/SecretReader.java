package dev.slipway.operator.source;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads Secrets with Git credentials, where it may. The operator has no cluster-wide right to do
 * so: a namespace that wants its private repositories resolved, and followed, by the operator
 * grants it {@code get} on the Secret with a Role. Elsewhere the builder pod, into which the
 * kubelet mounts the Secret, resolves the ref.
 */
public interface SecretReader {

  /** What came of reading a Secret. */
  sealed interface SecretAccess {
    /** Its keys, decoded. */
    record Data(Map<String, byte[]> values) implements SecretAccess {}

    /** It does not exist. */
    record Missing() implements SecretAccess {}

    /** The operator may not read it. */
    record Denied() implements SecretAccess {}

    /** The API server did not answer. */
    record Unavailable(String message) implements SecretAccess {}
  }

  SecretAccess read(String namespace, String name);

  /** Reads ConfigMaps instead, with the rights of this client. */
  static SecretReader ofConfigMaps(KubernetesClient client) {
    return (namespace, name) -> {
      try {
        ConfigMap map = client.configMaps().inNamespace(namespace).withName(name).get();
        if (map == null) {
          return new SecretAccess.Missing();
        }
        Map<String, byte[]> values = new HashMap<>();
        if (map.getData() != null) {
          map.getData().forEach((k, v) -> values.put(k, v.getBytes(StandardCharsets.UTF_8)));
        }
        return new SecretAccess.Data(Map.copyOf(values));
      } catch (KubernetesClientException e) {
        return e.getCode() == 403 || e.getCode() == 401
            ? new SecretAccess.Denied()
            : new SecretAccess.Unavailable(
                "the ConfigMap " + name + " cannot be read: the API server does not answer");
      }
    };
  }

  /** Reads with the rights of this client. */
  static SecretReader of(KubernetesClient client) {
    return (namespace, name) -> {
      try {
        Secret secret = client.secrets().inNamespace(namespace).withName(name).get();
        if (secret == null) {
          return new SecretAccess.Missing();
        }
        Map<String, byte[]> values = new HashMap<>();
        if (secret.getData() != null) {
          secret.getData().forEach((k, v) -> values.put(k, Base64.getDecoder().decode(v)));
        }
        return new SecretAccess.Data(Map.copyOf(values));
      } catch (KubernetesClientException e) {
        return e.getCode() == 403 || e.getCode() == 401
            ? new SecretAccess.Denied()
            : new SecretAccess.Unavailable(
                "the Secret " + name + " cannot be read: the API server does not answer");
      }
    };
  }
}
