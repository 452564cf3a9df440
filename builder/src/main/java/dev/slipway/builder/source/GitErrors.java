package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.eclipse.jgit.errors.NoRemoteRepositoryException;

/** Gives the failures of Git transports their code and a next step. */
final class GitErrors {
  private GitErrors() {}

  /**
   * @param remote the URL, with or without credentials
   * @param refusedLine the known_hosts line of an SSH host that was just refused
   */
  static BuildException translate(
      String action, String remote, Throwable failure, Optional<String> refusedLine) {
    String subject = action + " " + Redaction.url(remote);
    if (refusedLine.isPresent()) {
      return new BuildException(
          ErrorCode.GIT_HOST_KEY,
          subject
              + " failed: the host key is not in known_hosts. Compare it with what the host"
              + " publishes, then add this line to known_hosts: "
              + refusedLine.get(),
          failure);
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      Optional<BuildException> known = known(subject, cause, failure);
      if (known.isPresent()) {
        return known.get();
      }
    }
    return new BuildException(
        ErrorCode.GIT_UNREACHABLE, subject + " failed: " + reason(failure), failure);
  }

  private static Optional<BuildException> known(
      String subject, Throwable cause, Throwable failure) {
    return switch (cause) {
      case BuildException done -> Optional.of(done);
      case AddressPolicy.Refused refused ->
          Optional.of(
              new BuildException(
                      ErrorCode.GIT_UNREACHABLE,
                      subject + " is not allowed: " + refused.getMessage(),
                      failure)
                  .withRetryable(false));
      case UnknownHostException host ->
          unreachable(subject, "the host " + unknown(host) + " is unknown", failure);
      case ConnectException refused ->
          unreachable(subject, "the host refuses connections", failure);
      case SocketTimeoutException late -> unreachable(subject, "the host did not answer", failure);
      case SSLException tls ->
          unreachable(
              subject,
              "TLS failed: "
                  + tls.getMessage()
                  + "; a private authority needs its certificate in ca.crt of the Git credentials",
              failure);
      case NoRemoteRepositoryException missing ->
          Optional.of(
              new BuildException(
                  ErrorCode.GIT_REPOSITORY_NOT_FOUND,
                  subject
                      + " failed: the host has no such repository, or hides it from these"
                      + " credentials; check the URL and the credentials",
                  failure));
      case SocketException broken -> unreachable(subject, reason(broken), failure);
      default -> byMessage(subject, cause, failure);
    };
  }

  /** The name alone: some resolvers say their own words after it. */
  static String unknown(UnknownHostException host) {
    String message = String.valueOf(host.getMessage());
    int colon = message.indexOf(": ");
    return colon < 0 ? message : message.substring(0, colon);
  }

  private static Optional<BuildException> byMessage(
      String subject, Throwable cause, Throwable failure) {
    String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
    boolean authentication =
        text.contains("not authorized")
            || text.contains("credentialsprovider")
            || text.contains("authentication")
            || text.contains("not permitted")
            || text.contains("no more keys")
            || text.contains("cannot log in")
            || text.contains("permission denied");
    if (!authentication) {
      return Optional.empty();
    }
    return Optional.of(
        new BuildException(
            ErrorCode.GIT_AUTH,
            subject
                + " failed: the host refused the credentials, or wants some; check the Git"
                + " credentials of the build ("
                + reason(cause)
                + ")",
            failure));
  }

  private static Optional<BuildException> unreachable(
      String subject, String why, Throwable failure) {
    return Optional.of(
        new BuildException(ErrorCode.GIT_UNREACHABLE, subject + " failed: " + why, failure));
  }

  private static String reason(Throwable failure) {
    Throwable deepest = failure;
    while (deepest.getCause() instanceof IOException
        || deepest.getCause() instanceof RuntimeException) {
      deepest = deepest.getCause();
    }
    String message = deepest.getMessage();
    return Redaction.url(message == null ? deepest.getClass().getSimpleName() : message);
  }
}
