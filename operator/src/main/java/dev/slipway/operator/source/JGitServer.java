package dev.slipway.operator.source;

import dev.slipway.api.Reasons;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.api.LsRemoteCommand;
import org.eclipse.jgit.api.errors.GitAPIException;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.transport.UsernamePasswordCredentialsProvider;

/** Asks with JGit. */
final class JGitServer implements GitServer {
  private final Duration timeout;

  JGitServer(Duration timeout) {
    this.timeout = timeout;
  }

  @Override
  public RemoteRefs refs(String url, Map<String, byte[]> credentials) {
    LsRemoteCommand command =
        Git.lsRemoteRepository().setRemote(url).setTimeout(Math.toIntExact(timeout.toSeconds()));
    String password = text(credentials, "password");
    if (!password.isEmpty() || credentials.containsKey("token")) {
      String user = text(credentials, "username");
      command.setCredentialsProvider(
          new UsernamePasswordCredentialsProvider(
              // Hosts that take tokens ignore the name, but want one.
              user.isEmpty() ? "git" : user,
              password.isEmpty() ? text(credentials, "token") : password));
    }
    try (SshTransport ssh = SshTransport.forUrl(url, credentials)) {
      command.setTransportConfigCallback(ssh);
      Collection<Ref> refs = command.call();
      Map<String, String> commits = new HashMap<>();
      for (Ref ref : refs) {
        ObjectId id = ref.getPeeledObjectId() != null ? ref.getPeeledObjectId() : ref.getObjectId();
        if (id != null) {
          commits.put(ref.getName(), id.name());
        }
      }
      return new RemoteRefs(commits);
    } catch (GitAPIException | RuntimeException e) {
      throw failure(url, e);
    }
  }

  /** JGit tells its failures apart by text alone; the texts are pinned by tests. */
  private static GitFailure failure(String url, Exception e) {
    StringBuilder texts = new StringBuilder();
    for (Throwable t = e; t != null; t = t.getCause()) {
      texts.append(t.getClass().getSimpleName()).append(' ').append(t.getMessage()).append('\n');
    }
    String all = texts.toString().toLowerCase(Locale.ROOT);
    String where = withoutUserInfo(url);
    if (all.contains("server key did not validate")
        || all.contains("hostkey")
        || all.contains("host key")) {
      return new GitFailure(
          Reasons.GIT_HOST_KEY_UNKNOWN,
          "the SSH host key of "
              + where
              + " is not in known_hosts of the Secret; add the line that ssh-keyscan prints for it, "
              + "after checking the key",
          e);
    }
    if (all.contains("not authorized")
        || all.contains("authentication is required")
        || all.contains("not permitted")
        || all.contains("auth fail")
        || all.contains("cannot log in")
        || all.contains("no more authentication methods")
        || all.contains("forbidden")) {
      return new GitFailure(
          Reasons.GIT_AUTHENTICATION_FAILED,
          where
              + " refuses access; put valid credentials into the Secret of spec.source.git.secretRef"
              + " (username and password or token, or ssh-privatekey)",
          e);
    }
    if (all.contains("norremoterepositoryexception")
        || all.contains("noremoterepositoryexception")
        || all.contains("not found")) {
      return new GitFailure(
          Reasons.GIT_REPOSITORY_NOT_FOUND,
          where
              + " is not a Git repository, or is private; check spec.source.git.url, and name"
              + " credentials in spec.source.git.secretRef if it is private",
          e);
    }
    return new GitFailure(
        Reasons.GIT_UNREACHABLE,
        where + " cannot be reached: " + last(e) + "; it is tried again by itself",
        e);
  }

  private static String last(Throwable e) {
    Throwable t = e;
    while (t.getCause() != null) {
      t = t.getCause();
    }
    String message = t.getMessage() == null ? "" : withoutUserInfo(t.getMessage());
    return message.isEmpty() ? t.getClass().getSimpleName() : message;
  }

  static String withoutUserInfo(String text) {
    return text.replaceAll("://[^/@\\s]*@", "://");
  }

  private static String text(Map<String, byte[]> credentials, String key) {
    byte[] value = credentials.get(key);
    return value == null ? "" : new String(value, StandardCharsets.UTF_8).strip();
  }
}
