package dev.slipway.operator.base;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * The value of an {@code Authorization: Basic} header. Its text form shows nothing of it.
 *
 * @param basic user and password, encoded
 */
record Login(String basic) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * The login for a repository in a Docker config file: of the longest path that leads to it, as
   * the kubelet chooses.
   */
  static Optional<Login> in(byte[] dockerConfig, ImageName image) {
    JsonNode auths;
    try {
      auths = JSON.readTree(dockerConfig).path("auths");
    } catch (IOException e) {
      // The builder, which needs it to push, says what is wrong with it.
      return Optional.empty();
    }
    String wanted = image.registry() + "/" + image.repository() + "/";
    int longest = -1;
    Optional<Login> found = Optional.empty();
    for (var entry : auths.properties()) {
      String key = scope(entry.getKey());
      if (wanted.startsWith(key + "/") && key.length() > longest) {
        Optional<Login> login = read(entry.getValue());
        if (login.isPresent()) {
          longest = key.length();
          found = login;
        }
      }
    }
    return found;
  }

  /** {@code https://index.docker.io/v1/} and all the other ways to write a registry. */
  private static String scope(String key) {
    String name = key.replaceFirst("^https?://", "").replaceFirst("/(v1|v2)?/?$", "");
    return name.equals("index.docker.io") || name.equals("registry-1.docker.io")
        ? "docker.io"
        : name;
  }

  private static Optional<Login> read(JsonNode entry) {
    String auth = entry.path("auth").asText("");
    if (!auth.isEmpty()) {
      return Optional.of(new Login(auth.strip()));
    }
    String user = entry.path("username").asText("");
    String password = entry.path("password").asText("");
    if (user.isEmpty() && password.isEmpty()) {
      return Optional.empty();
    }
    byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
    return Optional.of(new Login(Base64.getEncoder().encodeToString(pair)));
  }

  @Override
  public String toString() {
    return "Login[...]";
  }
}
