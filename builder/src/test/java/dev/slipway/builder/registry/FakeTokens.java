package dev.slipway.builder.registry;

import com.sun.net.httpserver.HttpExchange;
import dev.slipway.builder.registry.FakeRegistry.Seen;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;

/** Whom a {@link FakeRegistry} lets in, and the tokens that it gives. */
final class FakeTokens {
  private final Map<String, String> given = new ConcurrentHashMap<>();

  /** The header that is asked for. */
  volatile @Nullable String basic;

  volatile @Nullable String realm;
  volatile @Nullable String identityToken;
  volatile @Nullable String refusedScope;
  volatile int seconds = 300;

  void revoke() {
    given.clear();
  }

  boolean authorized(Seen request, FakeAnswer answer) throws IOException {
    String login = request.header("Authorization");
    if (realm != null) {
      String scopes = given.get(login);
      if (scopes != null && covers(scopes, request)) {
        return true;
      }
      answer.header(
          "WWW-Authenticate",
          "Bearer realm=\"" + realm + "\",service=\"fake, with comma\",scope=\"ignored\"");
    } else if (basic == null || basic.equals(login)) {
      return true;
    } else {
      answer.header("WWW-Authenticate", "Basic realm=\"fake\"");
    }
    answer.send(
        401, "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"authentication required\"}]}");
    return false;
  }

  private static boolean covers(String scopes, Seen request) {
    Matcher matcher = FakeContent.PATH.matcher(request.path());
    if (!matcher.matches()) {
      return true;
    }
    boolean read = request.method().equals("GET") || request.method().equals("HEAD");
    String repository = "repository:" + matcher.group(1) + ":";
    return Arrays.stream(scopes.split(" ", -1))
        .anyMatch(
            s -> s.startsWith(repository) && (read || s.contains("push") || s.contains("delete")));
  }

  void token(HttpExchange exchange, Seen request, Map<String, String> query, FakeAnswer answer)
      throws IOException {
    String scopes;
    if (request.method().equals("POST")) {
      Map<String, String> form =
          FakeRegistry.parameters(
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
      if (identityToken == null || !identityToken.equals(form.get("refresh_token"))) {
        answer.send(401, "{}");
        return;
      }
      scopes = form.getOrDefault("scope", "");
    } else {
      if (basic != null && !basic.equals(request.header("Authorization"))) {
        answer.send(401, "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"bad login\"}]}");
        return;
      }
      scopes = query.getOrDefault("scope", "");
    }
    if (refusedScope != null && scopes.contains(refusedScope)) {
      answer.send(403, "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"not there\"}]}");
      return;
    }
    String token = "token-" + request.number();
    given.put("Bearer " + token, scopes);
    answer.send(200, "{\"token\":\"%s\",\"expires_in\":%d}".formatted(token, seconds));
  }
}
