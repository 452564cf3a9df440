package dev.slipway.builder.registry;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** What to show a registry to be let in. Never printed. */
sealed interface Login {

  /** A user name and a password, or an access token in its place. */
  record Password(String user, String secret) implements Login {
    String basic() {
      return "Basic "
          + Base64.getEncoder()
              .encodeToString((user + ":" + secret).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
      return "Password[]";
    }
  }

  /** A refresh token, to be exchanged for access tokens. */
  record IdentityToken(String token) implements Login {
    @Override
    public String toString() {
      return "IdentityToken[]";
    }
  }

  /** A bearer token, sent as it is. */
  record RegistryToken(String token) implements Login {
    @Override
    public String toString() {
      return "RegistryToken[]";
    }
  }
}
