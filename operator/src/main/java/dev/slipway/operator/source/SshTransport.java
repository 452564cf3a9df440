package dev.slipway.operator.source;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.jgit.api.TransportConfigCallback;
import org.eclipse.jgit.transport.Transport;
import org.jspecify.annotations.Nullable;

/**
 * SSH with the key and the known hosts of one Secret, and nothing of the machine it runs on: no
 * agent, no {@code ~/.ssh}. A host that is not in known_hosts is refused. Closing it deletes the
 * files that the SSH library wants its keys in.
 */
final class SshTransport implements TransportConfigCallback, AutoCloseable {
  private final @Nullable Path home;
  private final @Nullable SshSessions sessions;

  private SshTransport(@Nullable Path home, @Nullable SshSessions sessions) {
    this.home = home;
    this.sessions = sessions;
  }

  static SshTransport forUrl(String url, Map<String, byte[]> credentials) {
    boolean ssh = url.startsWith("ssh://") || !url.contains("://");
    if (!ssh) {
      return new SshTransport(null, null);
    }
    try {
      Path home =
          Files.createTempDirectory(
              "slipway-ssh",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      List<Path> keys = write(home.resolve("key"), credentials.get("ssh-privatekey"));
      List<Path> hosts = write(home.resolve("known_hosts"), credentials.get("known_hosts"));
      SshSessions sessions = new SshSessions(home, keys, hosts);
      return new SshTransport(home, sessions);
    } catch (IOException e) {
      throw new UncheckedIOException("no room for the files of an SSH connection", e);
    }
  }

  /** The known_hosts line of the host that was refused, if one was. */
  Optional<String> refused() {
    return sessions == null ? Optional.empty() : sessions.refused();
  }

  private static List<Path> write(Path file, byte @Nullable [] content) throws IOException {
    if (content == null) {
      return List.of();
    }
    Files.write(file, content);
    return List.of(file);
  }

  @Override
  public void configure(Transport transport) {
    if (sessions != null && transport instanceof org.eclipse.jgit.transport.SshTransport ssh) {
      ssh.setSshSessionFactory(sessions);
    }
  }

  @Override
  public void close() {
    if (sessions != null) {
      sessions.close();
    }
    if (home == null) {
      return;
    }
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("SSH keys may be left in " + home, e);
    }
  }
}
