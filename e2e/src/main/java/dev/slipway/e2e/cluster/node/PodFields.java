package dev.slipway.e2e.cluster.node;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the downward API says of a pod, and the {@code $(NAME)} references of its strings. */
final class PodFields {
  private static final Pattern KEYED =
      Pattern.compile("metadata\\.(labels|annotations)\\['([^']+)'\\]");
  private static final Pattern REFERENCE = Pattern.compile("\\$(?:\\$|\\(([-._a-zA-Z0-9]+)\\))");

  private PodFields() {}

  static String of(Pod pod, String path) throws ConfigException {
    Matcher keyed = KEYED.matcher(path);
    if (keyed.matches()) {
      Map<String, String> map =
          keyed.group(1).equals("labels")
              ? pod.getMetadata().getLabels()
              : pod.getMetadata().getAnnotations();
      return map == null ? "" : map.getOrDefault(keyed.group(2), "");
    }
    String value =
        switch (path) {
          case "metadata.name" -> pod.getMetadata().getName();
          case "metadata.namespace" -> pod.getMetadata().getNamespace();
          case "metadata.uid" -> pod.getMetadata().getUid();
          case "metadata.labels" -> lines(pod.getMetadata().getLabels());
          case "metadata.annotations" -> lines(pod.getMetadata().getAnnotations());
          case "spec.nodeName" -> pod.getSpec().getNodeName();
          case "spec.serviceAccountName" -> pod.getSpec().getServiceAccountName();
          case "status.podIP", "status.podIPs", "status.hostIP", "status.hostIPs" -> "127.0.0.1";
          default ->
              throw new ConfigException(
                  "CreateContainerConfigError", "the field " + path + " is not known here");
        };
    return value == null ? "" : value;
  }

  private static String lines(Map<String, String> map) {
    StringBuilder lines = new StringBuilder();
    if (map != null) {
      map.forEach((key, value) -> lines.append(key).append("=\"").append(value).append("\"\n"));
    }
    return lines.toString();
  }

  /** Replaces {@code $(NAME)} by a variable that is known; {@code $$} stands for one dollar. */
  static String expand(String text, Map<String, String> env) {
    Matcher matcher = REFERENCE.matcher(text);
    StringBuilder expanded = new StringBuilder();
    while (matcher.find()) {
      String name = matcher.group(1);
      String value = name == null ? "$" : env.getOrDefault(name, matcher.group());
      matcher.appendReplacement(expanded, Matcher.quoteReplacement(value));
    }
    return matcher.appendTail(expanded).toString();
  }
}
