package dev.slipway.operator.source;

import dev.slipway.api.Reasons;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.api.LsRemoteCommand;
import org.eclipse.jgit.api.errors.GitAPIException;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.transport.TransportHttp;
import org.eclipse.jgit.transport.UsernamePasswordCredentialsProvider;
import org.eclipse.jgit.transport.http.HttpConnectionFactory;
import org.jspecify.annotations.Nullable;

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
    HttpConnectionFactory authority = authority(credentials.get("ca.crt"));
    SshTransport ssh = SshTransport.forUrl(url, credentials);
    try (ssh) {
      command.setTransportConfigCallback(transport -> {
        ssh.configure(transport);
        if (authority != null && transport instanceof TransportHttp http) {
          http.setHttpConnectionFactory(authority);
        }
      });
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
      throw failure(url, e, ssh.refused());
    }
  }

  private static @Nullable HttpConnectionFactory authority(byte @Nullable [] pem) {
    if (pem == null) {
      return null;
    }
    try {
      return new PrivateAuthority(pem);
    } catch (GeneralSecurityException | IOException e) {
      throw new GitFailure(
          Reasons.GIT_UNREACHABLE,
          "the CA bundle for this repository is not PEM with X.509 certificates: " + e.getMessage(),
          e);
    }
  }

  /** JGit tells its failures apart by text alone; the texts are pinned by tests. */
  private static GitFailure failure(String url, Exception e, Optional<String> refused) {
    StringBuilder texts = new StringBuilder();
    for (Throwable t = e; t != null; t = t.getCause()) {
      texts.append(t.getClass().getSimpleName()).append(' ').append(t.getMessage()).append('\n');
    }
    String all = texts.toString().toLowerCase(Locale.ROOT);
    String where = withoutUserInfo(url);
    if (refused.isPresent()) {
      return new GitFailure(
          Reasons.GIT_HOST_KEY_UNKNOWN,
          "the SSH host key of "
              + where
              + " is not in known_hosts of the Secret of spec.source.git.secretRef. Compare it with"
              + " what the host publishes, then add this line to known_hosts: "
              + refused.get(),
          e);
    }
    if (all.contains("server key did not validate")
        || all.contains("hostkey")
        || all.contains("host key")) {
      return new GitFailure(
          Reasons.GIT_HOST_KEY_UNKNOWN,
          "the SSH host key of "
              + where
              + " cannot be checked against known_hosts of the Secret; add the line that ssh-keyscan"
              + " prints for it, after checking the key",
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
    if (all.contains("certificat") || all.contains("sslhandshake") || all.contains("pkix")) {
      return new GitFailure(
          Reasons.GIT_UNREACHABLE,
          where
              + " has a certificate that nobody here vouches for: "
              + last(e)
              + "; name those of a private authority in spec.source.git.caBundleRef",
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
