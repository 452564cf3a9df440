package dev.slipway.builder.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Asks a program {@code docker-credential-NAME} for a login, by <a
 * href="https://github.com/docker/docker-credential-helpers">docker's protocol</a>: the server on
 * its standard input, JSON on its standard output.
 */
final class CredentialHelper {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_ANSWER = 1024 * 1024;
  private static final int SECONDS = 30;

  /** The user name that marks the secret as an identity token. */
  private static final String TOKEN_USER = "<token>";

  private CredentialHelper() {}

  static Optional<Login> ask(String name, String server) {
    String program = "docker-credential-" + name;
    if (name.indexOf('/') >= 0) {
      throw failed(program, server, "the name of a helper has no slash");
    }
    try {
      Process process =
          new ProcessBuilder(program, "get").redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try {
        return answer(process, program, server);
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw failed(program, server, "it cannot be run; is it installed?");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildException(ErrorCode.CANCELLED, "asking " + program + ": cancelled", e);
    }
  }

  private static Optional<Login> answer(Process process, String program, String server)
      throws IOException, InterruptedException {
    // The helper reads its input before it writes anything, so neither side can block the other.
    try (OutputStream in = process.getOutputStream()) {
      in.write(server.getBytes(StandardCharsets.UTF_8));
    }
    // A helper that hangs keeps its output open: end it from the side.
    Thread watch =
        Thread.ofVirtual()
            .start(() -> {
              try {
                if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                  process.destroyForcibly();
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    byte[] output = process.getInputStream().readNBytes(MAX_ANSWER);
    int exit = process.waitFor();
    watch.interrupt();
    if (exit != 0) {
      String text = new String(output, StandardCharsets.UTF_8);
      if (text.contains("credentials not found")) {
        return Optional.empty();
      }
      // Not its output, which may hold anything.
      throw failed(program, server, "it ended with exit code " + exit);
    }
    return login(output, program, server);
  }

  private static Optional<Login> login(byte[] output, String program, String server) {
    try {
      JsonNode node = JSON.readTree(output);
      String user = node.path("Username").asText("");
      String secret = node.path("Secret").asText("");
      if (secret.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          user.equals(TOKEN_USER)
              ? new Login.IdentityToken(secret)
              : new Login.Password(user, secret));
    } catch (JsonProcessingException e) {
      throw failed(program, server, "its answer is not JSON");
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory cannot fail", e);
    }
  }

  private static BuildException failed(String program, String server, String why) {
    return new BuildException(
        ErrorCode.REGISTRY_AUTH,
        "asking the credential helper "
            + program
            + " for the login of "
            + server
            + ": "
            + why
            + ". Fix the helper, or remove it from docker's config.json");
  }
}
