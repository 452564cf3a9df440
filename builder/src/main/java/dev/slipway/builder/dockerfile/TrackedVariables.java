package dev.slipway.builder.dockerfile;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Variables that remember which of them were asked for. For one thread. */
final class TrackedVariables implements Variables {
  private final Variables variables;
  private final Set<String> found = new LinkedHashSet<>();
  private final Set<String> missing = new LinkedHashSet<>();

  TrackedVariables(Variables variables) {
    this.variables = variables;
  }

  @Override
  public @Nullable String get(String name) {
    String value = variables.get(name);
    (value == null ? missing : found).add(name);
    return value;
  }

  @Override
  public Set<String> names() {
    return variables.names();
  }

  Set<String> found() {
    return found;
  }

  Set<String> missing() {
    return missing;
  }
}
