package dev.slipway.builder.registry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.json.JsonText;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Knows what to put into the {@code Authorization} header of a request: nothing until a registry
 * asks, then a basic login, or a token from the service it names (<a
 * href="https://distribution.github.io/distribution/spec/auth/token/">token</a> and <a
 * href="https://distribution.github.io/distribution/spec/auth/oauth/">OAuth</a> protocols). Tokens
 * are kept until shortly before they expire. Thread-safe.
 */
final class Authenticator {

  private static final int MAX_TOKEN_ANSWER = 1024 * 1024;
  private static final String CLIENT_ID = "slipway";

  /** What the token specification says where a service does not. */
  private static final long DEFAULT_LIFE_SECONDS = 60;

  /** Sends a request to a token service: no redirects, no retries, no authentication of its own. */
  interface Sender {
    Response send(Endpoint endpoint, Request request) throws IOException;
  }

  private record TokenKey(Endpoint endpoint, Set<String> scopes) {}

  private record Token(String value, long expiresAtNanos) {
    boolean isFresh() {
      return System.nanoTime() - expiresAtNanos < 0;
    }
  }

  /** Makes threads that need the same token wait for one of them to get it. */
  private static final class Slot {
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Token token;
  }

  /** A login found some time ago; a helper's may itself be short-lived. */
  private record Found(Optional<Login> login, long untilNanos) {}

  private static final long KEEP_LOGIN_NANOS = Duration.ofMinutes(5).toNanos();

  private final Credentials credentials;
  private final Map<String, Found> logins = new ConcurrentHashMap<>();
  private final Set<String> tokenHosts;
  private final Sender sender;
  private final Map<Endpoint, Challenge> challenges = new ConcurrentHashMap<>();
  private final Map<TokenKey, Slot> slots = new ConcurrentHashMap<>();

  Authenticator(Credentials credentials, Set<String> tokenHosts, Sender sender) {
    this.credentials = credentials;
    this.tokenHosts = tokenHosts;
    this.sender = sender;
  }

  /** The header value for a request, or empty to send none. */
  Optional<String> authorization(Endpoint endpoint, Scope scope) throws IOException {
    Challenge challenge = challenges.get(endpoint);
    if (challenge == null) {
      return Optional.empty();
    }
    Optional<Login> login = login(endpoint, scope);
    if (challenge.scheme().equals("basic")) {
      return login
          .filter(Login.Password.class::isInstance)
          .map(found -> ((Login.Password) found).basic());
    }
    if (login.orElse(null) instanceof Login.RegistryToken token) {
      return Optional.of("Bearer " + token.token());
    }
    return Optional.of("Bearer " + token(endpoint, challenge, scope, login));
  }

  boolean hasLogin(Endpoint endpoint, Scope scope) {
    return login(endpoint, scope).isPresent();
  }

  /** Asked for with every request, and a helper is a process to start: remembered. */
  private Optional<Login> login(Endpoint endpoint, Scope scope) {
    String key = endpoint.name() + "/" + scope.repository();
    Found found = logins.get(key);
    if (found == null || System.nanoTime() - found.untilNanos > 0) {
      found =
          new Found(
              credentials.find(endpoint.name(), scope.repository()),
              System.nanoTime() + KEEP_LOGIN_NANOS);
      logins.put(key, found);
    }
    return found.login;
  }

  /**
   * Learns from a 401 how this registry wants to be talked to.
   *
   * @param sent the header that was refused, or null
   * @return whether the same request may succeed now
   */
  boolean learn(Endpoint endpoint, Scope scope, Response refused, @Nullable String sent) {
    List<Challenge> offered = Challenge.parse(refused.headers());
    Challenge chosen =
        offered.stream()
            .filter(c -> c.scheme().equals("bearer") && !c.parameter("realm").isEmpty())
            .findFirst()
            .or(() -> offered.stream().filter(c -> c.scheme().equals("basic")).findFirst())
            .orElse(null);
    if (chosen == null) {
      return false;
    }
    challenges.put(endpoint, chosen);
    if (chosen.scheme().equals("basic")) {
      return sent == null || !sent.startsWith("Basic ");
    }
    // The token was revoked, or expired earlier than it said.
    Slot slot = slots.get(new TokenKey(endpoint, scope.tokens()));
    if (slot != null) {
      slot.lock.lock();
      try {
        Token token = slot.token;
        if (token != null && ("Bearer " + token.value).equals(sent)) {
          slot.token = null;
        }
      } finally {
        slot.lock.unlock();
      }
    }
    return true;
  }

  private String token(Endpoint endpoint, Challenge challenge, Scope scope, Optional<Login> login)
      throws IOException {
    Slot slot = slots.computeIfAbsent(new TokenKey(endpoint, scope.tokens()), _ -> new Slot());
    slot.lock.lock();
    try {
      Token token = slot.token;
      if (token == null || !token.isFresh()) {
        token = fetch(endpoint, challenge, scope, login);
        slot.token = token;
      }
      return token.value;
    } finally {
      slot.lock.unlock();
    }
  }

  private Token fetch(Endpoint endpoint, Challenge challenge, Scope scope, Optional<Login> login)
      throws IOException {
    URI realm =
        Targets.realm(endpoint, challenge.parameter("realm"), login.isPresent(), tokenHosts);
    Request request =
        login.orElse(null) instanceof Login.IdentityToken identity
            ? exchange(realm, challenge, scope, identity)
            : ask(realm, challenge, scope, login);
    try (Response response = sender.send(endpoint, request)) {
      if (response.ok()) {
        return parse(response.bytes(MAX_TOKEN_ANSWER), realm);
      }
      throw Refusal.of(
              "asking " + realm.getHost() + " for a token", endpoint, response, login.isPresent())
          .byTokenService();
    }
  }

  /** The token protocol: a GET, with a basic login if there is one. */
  private static Request ask(URI realm, Challenge challenge, Scope scope, Optional<Login> login) {
    StringBuilder query = new StringBuilder();
    if (realm.getRawQuery() != null) {
      query.append(realm.getRawQuery());
    }
    append(query, "service", challenge.parameter("service"));
    for (String token : new TreeSet<>(scope.tokens())) {
      append(query, "scope", token);
    }
    append(query, "client_id", CLIENT_ID);
    Login.Password password = login.orElse(null) instanceof Login.Password p ? p : null;
    if (password != null) {
      append(query, "account", password.user());
    }
    Request request = Request.get(withQuery(realm, query.toString()));
    return password == null ? request : request.with("Authorization", password.basic());
  }

  /** The OAuth protocol: an identity token is exchanged by POST, and so never in a URL. */
  private static Request exchange(
      URI realm, Challenge challenge, Scope scope, Login.IdentityToken identity) {
    StringBuilder form = new StringBuilder();
    append(form, "grant_type", "refresh_token");
    append(form, "service", challenge.parameter("service"));
    append(form, "client_id", CLIENT_ID);
    append(form, "scope", String.join(" ", new TreeSet<>(scope.tokens())));
    append(form, "refresh_token", identity.token());
    return Request.of(
            "POST", realm, RequestBody.of(form.toString().getBytes(StandardCharsets.US_ASCII)))
        .with("Content-Type", "application/x-www-form-urlencoded");
  }

  private static Token parse(byte[] answer, URI realm) throws IOException {
    JsonNode node;
    try {
      node = JsonText.read(answer);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      // Without the cause: it quotes the answer, which holds the token.
      throw new ProtocolException("the token service " + realm.getHost() + " sent no JSON");
    }
    String value = node.path("token").asText("");
    if (value.isEmpty()) {
      value = node.path("access_token").asText("");
    }
    if (value.isEmpty() || value.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw new BuildException(
          ErrorCode.REGISTRY_AUTH,
          "asking " + realm.getHost() + " for a token: its answer holds no usable token");
    }
    long seconds = node.path("expires_in").asLong(DEFAULT_LIFE_SECONDS);
    // A tenth earlier, for the time that the request takes and clocks that run apart.
    long nanos = Duration.ofSeconds(Math.clamp(seconds, 5, 86_400)).toNanos() / 10 * 9;
    return new Token(value, System.nanoTime() + nanos);
  }

  private static void append(StringBuilder form, String name, String value) {
    if (value.isEmpty()) {
      return;
    }
    if (!form.isEmpty()) {
      form.append('&');
    }
    form.append(name).append('=').append(URLEncoder.encode(value, StandardCharsets.UTF_8));
  }

  private static URI withQuery(URI uri, String query) {
    String text = uri.getScheme() + "://" + uri.getRawAuthority() + uri.getRawPath();
    return URI.create(query.isEmpty() ? text : text + "?" + query);
  }
}
