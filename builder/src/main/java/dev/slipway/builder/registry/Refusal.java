package dev.slipway.builder.registry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.json.JsonText;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.StringJoiner;
import javax.net.ssl.SSLException;

/** Turns what a registry answered, or that it did not, into a failure that says what to do. */
final class Refusal {

  private static final int MAX_BODY = 64 * 1024;
  private static final int MAX_SHOWN = 300;

  private Refusal() {}

  /**
   * Reads the rest of {@code response} and closes it.
   *
   * @param action what was tried on what: {@code pushing 127.0.0.1:5000/app:1}
   * @param hadLogin whether a login was shown
   */
  static StatusException of(String action, Endpoint endpoint, Response response, boolean hadLogin) {
    try (response) {
      int status = response.status();
      String said = said(response);
      return new StatusException(
          status,
          retryAfter(response.headers()),
          failure(action, endpoint.name(), status, said, hadLogin));
    }
  }

  private static BuildException failure(
      String action, String host, int status, String said, boolean hadLogin) {
    String login = "`docker login " + host + "` or spec.output.pushSecretRef";
    return switch (status) {
      case 401 ->
          new BuildException(
              ErrorCode.REGISTRY_AUTH,
              hadLogin
                  ? action
                      + ": the registry refused the credentials (401)"
                      + said
                      + ". Renew them with "
                      + login
                  : action
                      + ": the registry asks for credentials (401) and there are none for "
                      + host
                      + said
                      + ". Add them with "
                      + login
                      + ", or check the name: some registries answer so for what does not exist");
      case 403 ->
          new BuildException(
              ErrorCode.REGISTRY_DENIED,
              action
                  + ": the registry does not allow it (403)"
                  + said
                  + (hadLogin
                      ? ". Check what the account may do in this repository"
                      : ". Add credentials with " + login));
      case 404 ->
          new BuildException(
                  ErrorCode.REGISTRY_ERROR,
                  action
                      + ": the registry does not know this repository or blob (404)"
                      + said
                      + ". Check the name, and that the repository exists if the registry wants it"
                      + " created first")
              .withRetryable(false);
      case 413 ->
          new BuildException(
                  ErrorCode.REGISTRY_ERROR,
                  action
                      + ": the registry, or a proxy before it, does not take so much at once (413)"
                      + said
                      + ". Raise its limit on the size of a request")
              .withRetryable(false);
      case 429 ->
          new BuildException(
              ErrorCode.REGISTRY_ERROR,
              action
                  + ": the registry limits how often it may be asked (429)"
                  + said
                  + ". Try later, use a mirror (--registry-mirror)"
                  + (hadLogin ? "" : ", or add credentials with " + login));
      default ->
          new BuildException(
                  ErrorCode.REGISTRY_ERROR,
                  action
                      + ": the registry answered with status "
                      + status
                      + said
                      + (status >= 500 ? ". Look into its log, or try later" : ""))
              .withRetryable(RetryPolicy.isRetryable(status));
    };
  }

  static BuildException unreachable(String action, Endpoint endpoint, IOException e) {
    String where = endpoint.authority();
    return switch (e) {
      case UnsafeTargetException unsafe ->
          new BuildException(
                  ErrorCode.REGISTRY_ERROR,
                  action + ": " + unsafe.getMessage() + ". This may be an attack",
                  e)
              .withRetryable(false);
      case ProtocolException protocol ->
          new BuildException(
                  ErrorCode.REGISTRY_ERROR,
                  action
                      + ": "
                      + where
                      + " does not answer as a registry: "
                      + protocol.getMessage()
                      + ". Check host and port",
                  e)
              .withRetryable(false);
      case SSLException tls ->
          new BuildException(
                  ErrorCode.REGISTRY_UNREACHABLE,
                  action
                      + ": TLS with "
                      + where
                      + " failed: "
                      + clean(String.valueOf(tls.getMessage()))
                      + ". Give its authority with --ca-bundle, or allow it with"
                      + " --insecure-registry "
                      + where,
                  e)
              .withRetryable(RetryPolicy.isRetryable(e));
      case UnknownHostException unknown ->
          new BuildException(
              ErrorCode.REGISTRY_UNREACHABLE,
              action + ": " + unknown.getMessage() + ". Check the host name and the name service",
              e);
      case ConnectException refused ->
          new BuildException(
              ErrorCode.REGISTRY_UNREACHABLE,
              action
                  + ": "
                  + where
                  + " does not take connections ("
                  + clean(String.valueOf(refused.getMessage()))
                  + "). Check that the registry runs there",
              e);
      default ->
          new BuildException(
              ErrorCode.REGISTRY_UNREACHABLE,
              action
                  + ": the connection to "
                  + where
                  + " broke ("
                  + clean(String.valueOf(e.getMessage()))
                  + "). Try later, or look into the registry's log",
              e);
    };
  }

  /** The registry's own words: code and message of each error, as the specification has them. */
  private static String said(Response response) {
    StringJoiner words = new StringJoiner("; ", ": ", "").setEmptyValue("");
    try {
      JsonNode errors = JsonText.read(response.body().readNBytes(MAX_BODY)).path("errors");
      for (JsonNode error : errors) {
        String code = error.path("code").asText("");
        String message = error.path("message").asText("");
        words.add(message.isEmpty() ? code : code.isEmpty() ? message : code + " " + message);
      }
    } catch (IOException e) {
      // Not every proxy answers in JSON; the status has to do then.
      return "";
    }
    return clean(words.toString());
  }

  static Duration retryAfter(Headers headers) {
    String value = headers.first("Retry-After").orElse("");
    try {
      if (!value.isEmpty() && value.chars().allMatch(Character::isDigit)) {
        return Duration.ofSeconds(Long.parseLong(value));
      }
      if (!value.isEmpty()) {
        Instant until =
            ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
        Duration wait = Duration.between(Instant.now(), until);
        return wait.isNegative() ? Duration.ZERO : wait;
      }
    } catch (DateTimeException | ArithmeticException | NumberFormatException _) {
      // What cannot be read asks for nothing.
    }
    return Duration.ZERO;
  }

  /** Foreign text for our logs: one line, printable, not long. */
  static String clean(String text) {
    String printable = text.replaceAll("\\p{Cntrl}+", " ").strip();

    return printable.length() <= MAX_SHOWN ? printable : printable.substring(0, MAX_SHOWN) + "…";
  }
}
