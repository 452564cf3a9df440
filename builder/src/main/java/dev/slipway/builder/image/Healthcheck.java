package dev.slipway.builder.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;

/**
 * The health check of a container, a field that Docker added to the config.
 *
 * @param test {@code [NONE]}, {@code [CMD, …]} or {@code [CMD-SHELL, …]}; empty inherits
 * @param interval zero inherits, as do the other durations
 * @param retries zero inherits
 */
public record Healthcheck(
    List<String> test,
    Duration interval,
    Duration timeout,
    Duration startPeriod,
    Duration startInterval,
    int retries) {

  public Healthcheck {
    test = List.copyOf(test);
  }

  static Healthcheck fromJson(String subject, ObjectNode node) {
    return new Healthcheck(
        Json.strings(subject, node, "Test"),
        Duration.ofNanos(Json.optionalLong(subject, node, "Interval")),
        Duration.ofNanos(Json.optionalLong(subject, node, "Timeout")),
        Duration.ofNanos(Json.optionalLong(subject, node, "StartPeriod")),
        Duration.ofNanos(Json.optionalLong(subject, node, "StartInterval")),
        Math.toIntExact(
            Math.clamp(
                Json.optionalLong(subject, node, "Retries"),
                Integer.MIN_VALUE,
                Integer.MAX_VALUE)));
  }

  ObjectNode toJson() {
    ObjectNode node = Json.object();
    Json.put(node, "Test", test);
    putNanos(node, "Interval", interval);
    putNanos(node, "Timeout", timeout);
    putNanos(node, "StartPeriod", startPeriod);
    putNanos(node, "StartInterval", startInterval);
    if (retries != 0) {
      node.put("Retries", retries);
    }
    return node;
  }

  private static void putNanos(ObjectNode node, String field, Duration value) {
    if (!value.isZero()) {
      node.put(field, value.toNanos());
    }
  }
}
