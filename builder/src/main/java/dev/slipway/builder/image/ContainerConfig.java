package dev.slipway.builder.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How a container of an image is run: the {@code config} object of an {@link ImageConfig}. Empty
 * means absent throughout, as docker writes it.
 *
 * @param exposedPorts {@code 80/tcp}, sorted
 * @param env {@code NAME=value}, in order
 * @param volumes paths, sorted
 * @param labels sorted when written
 * @param healthcheck null for none
 * @param onBuild instructions for a child's build, in order
 * @param shell of shell-form instructions; empty is the default
 * @param argsEscaped Windows only
 * @param other fields that this engine does not know, kept as they were
 */
public record ContainerConfig(
    String user,
    SortedSet<String> exposedPorts,
    List<String> env,
    List<String> entrypoint,
    List<String> cmd,
    SortedSet<String> volumes,
    String workingDir,
    Map<String, String> labels,
    String stopSignal,
    boolean argsEscaped,
    @Nullable Healthcheck healthcheck,
    List<String> onBuild,
    List<String> shell,
    Map<String, JsonNode> other) {

  private static final Set<String> KNOWN =
      Set.of(
          "User",
          "ExposedPorts",
          "Env",
          "Entrypoint",
          "Cmd",
          "Volumes",
          "WorkingDir",
          "Labels",
          "StopSignal",
          "ArgsEscaped",
          "Healthcheck",
          "OnBuild",
          "Shell");

  /**
   * What docker's classic builder left of the container that it committed. It says nothing about
   * the image, so it is dropped as BuildKit drops it.
   */
  private static final Set<String> OBSOLETE =
      Set.of(
          "Hostname",
          "Domainname",
          "AttachStdin",
          "AttachStdout",
          "AttachStderr",
          "Tty",
          "OpenStdin",
          "StdinOnce",
          "Image",
          "NetworkDisabled",
          "MacAddress",
          "PublishService");

  public static final ContainerConfig EMPTY = builder().build();

  public ContainerConfig {
    exposedPorts = sorted(exposedPorts);
    env = List.copyOf(env);
    entrypoint = List.copyOf(entrypoint);
    cmd = List.copyOf(cmd);
    volumes = sorted(volumes);
    labels = Json.orderedCopy(labels);
    onBuild = List.copyOf(onBuild);
    shell = List.copyOf(shell);
    other = Json.orderedCopy(other);
  }

  public static Builder builder() {
    return new Builder();
  }

  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.user = user;
    builder.exposedPorts.addAll(exposedPorts);
    builder.env.addAll(env);
    builder.entrypoint = entrypoint;
    builder.cmd = cmd;
    builder.volumes.addAll(volumes);
    builder.workingDir = workingDir;
    builder.labels.putAll(labels);
    builder.stopSignal = stopSignal;
    builder.argsEscaped = argsEscaped;
    builder.healthcheck = healthcheck;
    builder.onBuild.addAll(onBuild);
    builder.shell = shell;
    builder.other = other;
    return builder;
  }

  /** {@link #env} as a map, in order; the last of two values for one name wins. */
  public Map<String, String> environment() {
    Map<String, String> map = new LinkedHashMap<>();
    for (String pair : env) {
      int equals = pair.indexOf('=');
      map.put(
          equals < 0 ? pair : pair.substring(0, equals),
          equals < 0 ? "" : pair.substring(equals + 1));
    }
    return map;
  }

  static ContainerConfig fromJson(String subject, ObjectNode node) {
    Builder builder = new Builder();
    builder.user = Json.text(subject, node, "User");
    builder.exposedPorts.addAll(Json.keys(subject, node, "ExposedPorts"));
    builder.env.addAll(Json.strings(subject, node, "Env"));
    builder.entrypoint = Json.strings(subject, node, "Entrypoint");
    builder.cmd = Json.strings(subject, node, "Cmd");
    builder.volumes.addAll(Json.keys(subject, node, "Volumes"));
    builder.workingDir = Json.text(subject, node, "WorkingDir");
    builder.labels.putAll(Json.stringMap(subject, node, "Labels"));
    builder.stopSignal = Json.text(subject, node, "StopSignal");
    builder.argsEscaped = Json.flag(subject, node, "ArgsEscaped");
    if (node.path("Healthcheck") instanceof ObjectNode health) {
      builder.healthcheck = Healthcheck.fromJson(subject, health);
    }
    builder.onBuild.addAll(Json.strings(subject, node, "OnBuild"));
    builder.shell = Json.strings(subject, node, "Shell");
    Map<String, JsonNode> other = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!KNOWN.contains(field.getKey()) && !OBSOLETE.contains(field.getKey())) {
        other.put(field.getKey(), field.getValue());
      }
    }
    builder.other = other;
    return builder.build();
  }

  ObjectNode toJson() {
    ObjectNode node = Json.object();
    Json.put(node, "User", user);
    Json.putKeys(node, "ExposedPorts", exposedPorts);
    Json.put(node, "Env", env);
    Json.put(node, "Entrypoint", entrypoint);
    Json.put(node, "Cmd", cmd);
    Json.putKeys(node, "Volumes", volumes);
    Json.put(node, "WorkingDir", workingDir);
    Json.put(node, "Labels", new java.util.TreeMap<>(labels));
    Json.put(node, "StopSignal", stopSignal);
    if (argsEscaped) {
      node.put("ArgsEscaped", true);
    }
    if (healthcheck != null) {
      node.set("Healthcheck", healthcheck.toJson());
    }
    Json.put(node, "OnBuild", onBuild);
    Json.put(node, "Shell", shell);
    other.forEach(node::set);
    return node;
  }

  private static SortedSet<String> sorted(Collection<String> names) {
    return Collections.unmodifiableSortedSet(new TreeSet<>(names));
  }

  /** Collects a changed copy. Not thread-safe. */
  public static final class Builder {
    private String user = "";
    private final SortedSet<String> exposedPorts = new TreeSet<>();
    private final List<String> env = new ArrayList<>();
    private List<String> entrypoint = List.of();
    private List<String> cmd = List.of();
    private final SortedSet<String> volumes = new TreeSet<>();
    private String workingDir = "";
    private final Map<String, String> labels = new LinkedHashMap<>();
    private String stopSignal = "";
    private boolean argsEscaped;
    private @Nullable Healthcheck healthcheck;
    private final List<String> onBuild = new ArrayList<>();
    private List<String> shell = List.of();
    private Map<String, JsonNode> other = Map.of();

    private Builder() {}

    public Builder user(String value) {
      user = value;
      return this;
    }

    public Builder exposePort(String portAndProtocol) {
      exposedPorts.add(portAndProtocol);
      return this;
    }

    /** Sets one variable, in the place where it already is, else at the end. */
    public Builder env(String name, String value) {
      String pair = name + "=" + value;
      for (int i = 0; i < env.size(); i++) {
        String old = env.get(i);
        if (old.equals(name) || old.startsWith(name + "=")) {
          env.set(i, pair);
          return this;
        }
      }
      env.add(pair);
      return this;
    }

    /** Replaces the whole environment by {@code NAME=value} pairs. */
    public Builder env(List<String> pairs) {
      env.clear();
      env.addAll(pairs);
      return this;
    }

    public Builder entrypoint(List<String> value) {
      entrypoint = value;
      return this;
    }

    public Builder cmd(List<String> value) {
      cmd = value;
      return this;
    }

    public Builder volume(String path) {
      volumes.add(path);
      return this;
    }

    public Builder workingDir(String value) {
      workingDir = value;
      return this;
    }

    public Builder label(String name, String value) {
      labels.put(name, value);
      return this;
    }

    public Builder stopSignal(String value) {
      stopSignal = value;
      return this;
    }

    public Builder argsEscaped(boolean value) {
      argsEscaped = value;
      return this;
    }

    public Builder healthcheck(@Nullable Healthcheck value) {
      healthcheck = value;
      return this;
    }

    public Builder addOnBuild(String instruction) {
      onBuild.add(instruction);
      return this;
    }

    public Builder clearOnBuild() {
      onBuild.clear();
      return this;
    }

    public Builder shell(List<String> value) {
      shell = value;
      return this;
    }

    public ContainerConfig build() {
      return new ContainerConfig(
          user,
          exposedPorts,
          env,
          entrypoint,
          cmd,
          volumes,
          workingDir,
          labels,
          stopSignal,
          argsEscaped,
          healthcheck,
          onBuild,
          shell,
          other);
    }
  }
}
