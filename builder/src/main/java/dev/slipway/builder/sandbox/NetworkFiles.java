package dev.slipway.builder.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The files by which a step finds names: the builder's resolver, and hosts of its own. */
final class NetworkFiles {
  static final String HOSTS = "/etc/hosts";
  static final String RESOLVER = "/etc/resolv.conf";

  private NetworkFiles() {}

  static String hosts(Command command) {
    return hosts(command, command.hostname());
  }

  /**
   * @param names of the step's machine
   */
  static String hosts(Command command, String names) {
    StringBuilder text =
        new StringBuilder()
            .append("127.0.0.1\tlocalhost ")
            .append(names)
            .append('\n')
            .append("::1\tlocalhost ip6-localhost ip6-loopback\n");
    for (Command.Host host : command.hosts()) {
      text.append(host.address()).append('\t').append(host.name()).append('\n');
    }
    return text.toString();
  }

  /** What the machine calls itself, for steps that cannot have a name of their own. */
  static String machine() throws IOException {
    return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
  }

  /** As it is: a step with the builder's network reaches the servers that the builder reaches. */
  static Optional<String> resolver() throws IOException {
    Path path = Path.of(RESOLVER);
    return Files.isReadable(path) ? Optional.of(Files.readString(path)) : Optional.empty();
  }
}
