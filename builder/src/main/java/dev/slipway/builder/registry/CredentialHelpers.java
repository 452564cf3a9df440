package dev.slipway.builder.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.json.JsonText;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Asks programs {@code docker-credential-NAME} for logins, by <a
 * href="https://github.com/docker/docker-credential-helpers">docker's protocol</a>: the server on
 * standard input, JSON on standard output.
 *
 * @param directories where the programs are looked for, in this order
 * @param patience how long one may take
 */
record CredentialHelpers(List<Path> directories, Duration patience) {
  private static final int MAX_ANSWER = 1024 * 1024;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** The user name that marks the secret as an identity token. */
  private static final String TOKEN_USER = "<token>";

  /** Those on the {@code PATH}. */
  static CredentialHelpers of(Map<String, String> environment) {
    String path = environment.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
    return new CredentialHelpers(
        Arrays.stream(path.split(":", -1)).filter(text -> !text.isEmpty()).map(Path::of).toList(),
        PATIENCE);
  }

  /**
   * The login for a server; empty where the helper has none.
   *
   * @throws BuildException {@code REGISTRY_AUTH} if it is missing, fails, or takes too long
   */
  Optional<Login> ask(String name, String server) {
    String program = "docker-credential-" + name;
    if (name.indexOf('/') >= 0) {
      throw failed(program, server, "the name of a helper has no slash");
    }
    Path file =
        directories.stream()
            .map(directory -> directory.resolve(program))
            .filter(Files::isExecutable)
            .findFirst()
            .orElseThrow(() -> failed(program, server, "it is not on the PATH; is it installed?"));
    try {
      Process process =
          new ProcessBuilder(file.toString(), "get")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        return answer(process, program, server);
      } finally {
        end(process);
      }
    } catch (IOException e) {
      throw failed(program, server, "it cannot be run");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildException(ErrorCode.CANCELLED, "asking " + program + ": cancelled", e);
    }
  }

  private Optional<Login> answer(Process process, String program, String server)
      throws IOException, InterruptedException {
    // One that hangs keeps its output open, and so does what it started: end them from the side.
    AtomicBoolean late = new AtomicBoolean();
    Thread watch =
        Thread.ofVirtual()
            .start(() -> {
              try {
                Thread.sleep(patience);
                late.set(true);
                end(process);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // it was quicker
              }
            });
    byte[] output;
    int exit;
    try {
      send(process, server);
      output = process.getInputStream().readNBytes(MAX_ANSWER);
      exit = process.waitFor();
    } finally {
      watch.interrupt();
    }
    if (late.get()) {
      throw failed(program, server, "it did not answer within " + patience.toSeconds() + " s");
    }
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

  /** The helper reads its input before it writes anything, so neither side can block the other. */
  private static void send(Process process, String server) {
    try (OutputStream in = process.getOutputStream()) {
      in.write(server.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      return; // it ended without asking; its exit code says more
    }
  }

  private static void end(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static Optional<Login> login(byte[] output, String program, String server) {
    try {
      JsonNode node = JsonText.read(output);
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
