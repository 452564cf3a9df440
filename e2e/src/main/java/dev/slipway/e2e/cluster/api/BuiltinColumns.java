package dev.slipway.e2e.cluster.api;

import dev.slipway.e2e.cluster.api.ResourceType.Column;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code kubectl get} prints for built-in resources. A path that starts with {@code =} is
 * computed by {@link Table}.
 */
final class BuiltinColumns {
  private BuiltinColumns() {}

  static List<Column> of(String plural) {
    return switch (plural) {
      case "pods" ->
          columns(
              "Ready =podReady",
              "Status =podStatus",
              "Restarts =podRestarts",
              "Age =age",
              "IP .status.podIP wide",
              "Node .spec.nodeName wide");
      case "namespaces" -> columns("Status .status.phase", "Age =age");
      case "nodes" ->
          columns("Status =nodeStatus", "Age =age", "Version .status.nodeInfo.kubeletVersion");
      case "secrets" -> columns("Type .type", "Data =dataCount", "Age =age");
      case "configmaps" -> columns("Data =dataCount", "Age =age");
      case "events" ->
          columns(
              "Last-Seen =lastSeen",
              "Type .type",
              "Reason .reason",
              "Object =involved",
              "Message .message");
      case "leases" -> columns("Holder .spec.holderIdentity", "Age =age");
      case "customresourcedefinitions" -> columns("Created-At .metadata.creationTimestamp");
      default -> columns("Age =age");
    };
  }

  private static List<Column> columns(String... specs) {
    List<Column> columns = new ArrayList<>();
    columns.add(new Column("Name", "string", "name", "", ".metadata.name", 0));
    for (String spec : specs) {
      String[] part = spec.split(" ", -1);
      int priority = part.length > 2 ? 1 : 0;
      columns.add(new Column(part[0].replace('-', ' '), "string", "", "", part[1], priority));
    }
    return columns;
  }
}
