package dev.slipway.operator.base;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.api.Reasons;
import dev.slipway.operator.digest.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Asks registries which digest a tag has: one HEAD, and a token where the registry wants one. It
 * pulls nothing. Thread-safe.
 */
final class ManifestClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final int LARGEST_MANIFEST = 4 << 20;
  private static final int MOST_REDIRECTS = 3;
  private static final Pattern DIGEST = Pattern.compile("sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** All that a tag can name; without the indexes, a registry would answer with one platform. */
  private static final String ACCEPT =
      "application/vnd.oci.image.index.v1+json,"
          + "application/vnd.docker.distribution.manifest.list.v2+json,"
          + "application/vnd.oci.image.manifest.v1+json,"
          + "application/vnd.docker.distribution.manifest.v2+json";

  private final HttpClient verified = RegistryHttp.verified();
  private final HttpClient unverified = RegistryHttp.unverified();

  /**
   * The digest of the tag.
   *
   * @param at where to ask: the registry of the image, or a mirror of it
   * @throws RegistryFailure if there is no answer
   */
  String digest(ImageName image, Place at, Optional<Login> login) throws RegistryFailure {
    try {
      if (!at.insecure()) {
        return new Request(image, at, login, verified, "https").digest();
      }
      try {
        // Plain HTTP first: a server of TLS refuses it at once, while one without TLS may wait for
        // ever for the rest of a greeting that it does not understand.
        return new Request(image, at, login, unverified, "http").digest();
      } catch (IOException e) {
        return new Request(image, at, login, unverified, "https").digest();
      }
    } catch (IOException e) {
      throw new RegistryFailure(
          Reasons.REGISTRY_UNREACHABLE,
          at.host()
              + " cannot be asked for "
              + image
              + ": "
              + (e instanceof SSLException ? "TLS failed: " : "")
              + text(e)
              + "; it is asked again by itself");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RegistryFailure(Reasons.REGISTRY_UNREACHABLE, "stopped while asking " + at.host());
    }
  }

  private static String text(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /** One question, over one scheme. */
  private static final class Request {
    private final ImageName image;
    private final String host;
    private final String repository;
    private final Optional<Login> login;
    private final HttpClient http;
    private final String scheme;

    Request(ImageName image, Place at, Optional<Login> login, HttpClient http, String scheme) {
      this.image = image;
      this.host = at.host();
      this.repository = at.repository(image);
      this.login = login;
      this.http = http;
      this.scheme = scheme;
    }

    String digest() throws IOException, InterruptedException, RegistryFailure {
      URI manifest =
          URI.create(scheme + "://" + host + "/v2/" + repository + "/manifests/" + image.tag());
      HttpResponse<InputStream> answer = ask("HEAD", manifest, null);
      String authorization = null;
      if (answer.statusCode() == 401) {
        authorization = authorization(answer);
        answer = ask("HEAD", manifest, authorization);
      }
      if (answer.statusCode() == 200) {
        Optional<String> told = answer.headers().firstValue("Docker-Content-Digest");
        if (told.isPresent() && DIGEST.matcher(told.get()).matches()) {
          return told.get();
        }
        // The header is optional; the bytes are not.
        answer = ask("GET", manifest, authorization);
      }
      return switch (answer.statusCode()) {
        case 200 -> hash(answer);
        case 401, 403 ->
            throw new RegistryFailure(
                Reasons.REGISTRY_AUTHENTICATION_FAILED,
                host
                    + " does not let "
                    + (login.isPresent() ? "this login" : "an anonymous client")
                    + " see "
                    + image
                    + "; put a login that may pull it into the Secret of"
                    + " spec.output.pushSecretRef, and let the operator read that Secret"
                    + " (examples/private.yaml)");
        case 404 ->
            throw new RegistryFailure(Reasons.IMAGE_NOT_FOUND, host + " no longer has " + image);
        default -> throw new IOException("it answered HTTP " + answer.statusCode());
      };
    }

    private HttpResponse<InputStream> ask(String method, URI uri, @Nullable String authorization)
        throws IOException, InterruptedException {
      URI at = uri;
      for (int i = 0; i <= MOST_REDIRECTS; i++) {
        HttpRequest.Builder request =
            HttpRequest.newBuilder(at)
                .timeout(TIMEOUT)
                .header("Accept", ACCEPT)
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (authorization != null && at.getAuthority().equals(uri.getAuthority())) {
          request.header("Authorization", authorization);
        }
        HttpResponse<InputStream> answer = send(request.build());
        Optional<String> location = answer.headers().firstValue("Location");
        if (answer.statusCode() / 100 != 3 || location.isEmpty()) {
          return answer;
        }
        answer.body().close();
        at = at.resolve(location.get());
        if (!at.getScheme().equals(uri.getScheme())) {
          throw new IOException("it redirects from " + uri.getScheme() + " to " + at.getScheme());
        }
      }
      throw new IOException("it redirects in a circle");
    }

    private HttpResponse<InputStream> send(HttpRequest request)
        throws IOException, InterruptedException {
      refuseLinkLocal(request.uri());
      return http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    }

    private String authorization(HttpResponse<InputStream> refused)
        throws IOException, InterruptedException, RegistryFailure {
      refused.body().close();
      Challenge challenge =
          Challenge.of(refused.headers())
              .orElseThrow(() -> new IOException("it wants a login of a kind that nobody knows"));
      if (challenge.scheme().equals("basic")) {
        return login
            .map(l -> "Basic " + l.basic())
            .orElseThrow(() ->
                new RegistryFailure(
                    Reasons.REGISTRY_AUTHENTICATION_FAILED,
                    host
                        + " wants a login to show "
                        + image
                        + "; name one in spec.output.pushSecretRef, and let the operator read that"
                        + " Secret (examples/private.yaml)"));
      }
      return "Bearer " + token(challenge);
    }

    private String token(Challenge challenge)
        throws IOException, InterruptedException, RegistryFailure {
      URI realm;
      try {
        realm = URI.create(challenge.value("realm"));
      } catch (IllegalArgumentException e) {
        throw new IOException("its token service has no valid address", e);
      }
      if (realm.getHost() == null
          || !(realm.getScheme().equals("https") || scheme.equals("http"))) {
        throw new IOException("its token service " + realm + " is not spoken to over TLS");
      }
      String scope = challenge.value("scope");
      String query =
          "service="
              + encode(challenge.value("service"))
              + "&scope="
              + encode(scope.isEmpty() ? "repository:" + repository + ":pull" : scope);
      URI service = URI.create(realm + (realm.getQuery() == null ? "?" : "&") + query);
      HttpRequest.Builder request = HttpRequest.newBuilder(service).timeout(TIMEOUT).GET();
      if (login.isPresent() && related(realm.getHost())) {
        request.header("Authorization", "Basic " + login.get().basic());
      }
      HttpResponse<InputStream> answer = send(request.build());
      try (InputStream body = answer.body()) {
        if (answer.statusCode() == 401 || answer.statusCode() == 403) {
          throw new RegistryFailure(
              Reasons.REGISTRY_AUTHENTICATION_FAILED,
              realm.getHost()
                  + " gives no token to pull "
                  + image
                  + "; check the login in the Secret of spec.output.pushSecretRef");
        }
        if (answer.statusCode() != 200) {
          throw new IOException("its token service answered HTTP " + answer.statusCode());
        }
        JsonNode json = JSON.readTree(body.readNBytes(LARGEST_MANIFEST));
        String token = json.path("token").asText(json.path("access_token").asText(""));
        if (token.isEmpty()) {
          throw new IOException("its token service gave no token");
        }
        return token;
      }
    }

    /** A login is shown to the registry's own token service only: same host, or same domain. */
    private boolean related(String realm) {
      String name = host.replaceFirst(":[0-9]+$", "");
      return realm.equals(name)
          || (domain(realm).contains(".") && domain(realm).equals(domain(name)));
    }

    private static String domain(String name) {
      if (name.matches("[0-9.]+|.*:.*")) {
        return "";
      }
      int last = name.lastIndexOf('.');
      return name.substring(name.lastIndexOf('.', last - 1) + 1);
    }

    /** Where clouds keep the credentials of their machines; no registry lives there. */
    private static void refuseLinkLocal(URI uri) throws IOException {
      ProxySelector proxies = ProxySelector.getDefault();
      if (proxies != null && !proxies.select(uri).contains(Proxy.NO_PROXY)) {
        return; // The proxy looks the name up, and decides.
      }
      for (InetAddress address : InetAddress.getAllByName(uri.getHost())) {
        if (address.isLinkLocalAddress() || address.isAnyLocalAddress()) {
          throw new IOException("the address " + address.getHostAddress() + " is not allowed");
        }
      }
    }

    private static String hash(HttpResponse<InputStream> answer) throws IOException {
      try (InputStream body = answer.body()) {
        byte[] bytes = body.readNBytes(LARGEST_MANIFEST + 1);
        if (bytes.length > LARGEST_MANIFEST) {
          throw new IOException("its manifest is larger than 4 MiB");
        }
        return "sha256:" + Sha256.hex(bytes);
      }
    }

    private static String encode(String text) {
      return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
  }
}
