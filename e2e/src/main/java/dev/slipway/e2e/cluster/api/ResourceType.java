package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One served resource of one API version: a row of discovery.
 *
 * @param group empty for the core group
 * @param subresources {@code status} and others, as discovery lists them
 * @param schema the structural schema of a custom resource, null for a built-in one
 * @param columns what {@code kubectl get} prints after the name
 */
record ResourceType(
    String group,
    String version,
    String plural,
    String singular,
    String kind,
    boolean namespaced,
    List<String> shortNames,
    List<String> categories,
    List<String> subresources,
    @Nullable ObjectNode schema,
    List<Column> columns) {

  /** A printer column; {@code priority} above 0 is printed by {@code -o wide} only. */
  record Column(
      String name, String type, String format, String description, String path, int priority) {}

  String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  /**
   * {@code pods}, {@code imagebuilds.slipway.dev}: how messages name it, and where it is stored.
   */
  String qualified() {
    return group.isEmpty() ? plural : plural + "." + group;
  }

  /** {@code /api/v1} or {@code /apis/GROUP/VERSION}. */
  String root() {
    return group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
  }

  boolean hasStatus() {
    return subresources.contains("status");
  }

  boolean custom() {
    return schema != null;
  }
}
