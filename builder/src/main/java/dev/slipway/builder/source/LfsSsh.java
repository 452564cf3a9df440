package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.eclipse.jgit.transport.RemoteSession;
import org.eclipse.jgit.transport.URIish;
import org.eclipse.jgit.util.FS;

/**
 * Asks an SSH host where the LFS objects of its repository are, and for a token to show there. The
 * transfer of objects over SSH itself ({@code git-lfs-transfer}) is not spoken.
 */
final class LfsSsh {
  private static final int MAX_ANSWER = 64 * 1024;
  private static final int COMMAND_NOT_FOUND = 127;

  private final GitSettings settings;

  LfsSsh(GitSettings settings) {
    this.settings = settings;
  }

  /**
   * The JSON that {@code git-lfs-authenticate} prints; empty where the host does not know it.
   *
   * @throws BuildException GIT_AUTH where it refuses, or as for a clone
   */
  Optional<String> authenticate(URIish remote) {
    int seconds = Math.toIntExact(settings.timeout().toSeconds());
    String command = "git-lfs-authenticate " + quoted(remote.getPath()) + " download";
    GitSsh ssh = new GitSsh(settings.credentials());
    RemoteSession session = null;
    try {
      settings.addresses().check(ssh.realName(remote.getHost()));
      session = ssh.getSession(remote, null, FS.DETECTED, seconds * 1000);
      Process process = session.exec(command, seconds);
      String answer = read(process.getInputStream());
      String complaint = read(process.getErrorStream()).strip();
      int status = process.waitFor();
      if (status == 0) {
        return Optional.of(answer);
      }
      // Gerrit says so with another status.
      boolean unknown =
          complaint.contains("git-lfs-authenticate") && complaint.endsWith("not found");
      if (status == COMMAND_NOT_FOUND || unknown) {
        return Optional.empty();
      }
      throw new BuildException(
          ErrorCode.GIT_AUTH,
          "%s refuses git-lfs-authenticate for %s (status %d): %s"
              .formatted(remote.getHost(), remote.getPath(), status, first(complaint)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildException(ErrorCode.CANCELLED, "fetching Git LFS was cancelled");
    } catch (IOException | RuntimeException e) {
      throw GitErrors.translate(
          "asking for Git LFS at", remote.setPass(null).toString(), e, ssh.refusedLine());
    } finally {
      if (session != null) {
        session.disconnect();
      }
      ssh.close();
    }
  }

  private static String read(InputStream stream) throws IOException {
    return new String(stream.readNBytes(MAX_ANSWER), StandardCharsets.UTF_8);
  }

  private static String first(String text) {
    String line = text.lines().findFirst().orElse("no reason given");
    return Redaction.url(line.length() > 200 ? line.substring(0, 200) : line);
  }

  /** For a POSIX shell, as git quotes. */
  private static String quoted(String path) {
    String plain = "[A-Za-z0-9_./~-]+";
    return path.toLowerCase(Locale.ROOT).matches(plain)
        ? path
        : "'" + path.replace("'", "'\\''") + "'";
  }
}
