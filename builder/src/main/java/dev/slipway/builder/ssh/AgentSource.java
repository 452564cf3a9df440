package dev.slipway.builder.ssh;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.sandbox.Agent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where a build has an SSH agent from: {@code --ssh ID[=SOCKET|KEY[,KEY]]}, as docker buildx has
 * it.
 *
 * <p>Holds no key: that is read when a step mounts it.
 */
public sealed interface AgentSource {
  String id();

  /**
   * The agent.
   *
   * @throws BuildException if a key cannot be read
   */
  Agent open();

  /** One that runs already. */
  record Socket(String id, Path socket) implements AgentSource {
    @Override
    public Agent open() {
      return new RunningAgent(socket);
    }
  }

  /** Private keys in files. */
  record Keys(String id, List<Path> files) implements AgentSource {
    public Keys {
      files = List.copyOf(files);
    }

    @Override
    public Agent open() {
      return KeyAgent.of(id, files);
    }
  }

  /**
   * Reads one {@code --ssh} value.
   *
   * @param environment for {@code SSH_AUTH_SOCK}, where the value names neither socket nor key
   * @throws BuildException USAGE with what is wrong
   */
  static AgentSource parse(String text, Map<String, String> environment) {
    int equals = text.indexOf('=');
    String id = equals < 0 ? text : text.substring(0, equals);
    if (id.isEmpty()) {
      throw wrong(text, "it has no ID; use --ssh default=FILE");
    }
    String value =
        equals < 0 ? environment.getOrDefault("SSH_AUTH_SOCK", "") : text.substring(equals + 1);
    if (value.isEmpty()) {
      throw wrong(
          text,
          "no agent is running (SSH_AUTH_SOCK is not set); start one, or give a key: --ssh "
              + id
              + "=FILE");
    }
    List<Path> files = Stream.of(value.split(",", -1)).map(Path::of).toList();
    for (Path file : files) {
      if (!Files.exists(file)) {
        throw wrong(text, "there is no " + file);
      }
    }
    boolean socket = files.stream().anyMatch(AgentSource::isSocket);
    if (socket && files.size() > 1) {
      throw wrong(text, "one socket, or one or more keys, not both");
    }
    return socket ? new Socket(id, files.getFirst()) : new Keys(id, files);
  }

  private static boolean isSocket(Path file) {
    try {
      int type = (Integer) Files.getAttribute(file, "unix:mode") & 0170000;
      return type == 0140000;
    } catch (IOException | UnsupportedOperationException e) {
      return false; // what it is will show when it is read
    }
  }

  private static BuildException wrong(String text, String why) {
    return new BuildException(ErrorCode.USAGE, "--ssh " + text + ": " + why);
  }
}
