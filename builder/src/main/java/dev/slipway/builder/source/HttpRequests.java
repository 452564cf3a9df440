package dev.slipway.builder.source;

import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;

/**
 * Requests to servers that a Dockerfile, a repository or another server names: through the proxy of
 * the environment, to addresses that are open to builds, with redirects that are checked one by
 * one. Safe for use by several threads.
 *
 * <p>Over HttpURLConnection and not java.net.http: each read has a timeout there, so a server that
 * stops in the middle of a body is noticed.
 */
final class HttpRequests {
  private static final int MAX_REDIRECTS = 10;

  private final AddressPolicy addresses;
  private final Duration timeout;
  private final EnvironmentProxies proxies;
  private final Optional<SSLSocketFactory> tls;

  /**
   * @param timeout for connecting, and for each wait for more bytes
   * @param caBundle certificates to trust beside the system's
   * @param environment the variables with proxies
   */
  HttpRequests(
      AddressPolicy addresses,
      Duration timeout,
      Optional<Path> caBundle,
      Map<String, String> environment) {
    this.addresses = addresses;
    this.timeout = timeout;
    this.proxies = new EnvironmentProxies(environment);
    this.tls = caBundle.map(pem -> CaBundle.context(pem).getSocketFactory());
  }

  /** A server that does what no second request would change. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  /** An answer that is no redirect; its body is not read. Closing it ends the connection. */
  record Answer(HttpURLConnection connection, URI from, int status) implements AutoCloseable {
    @Override
    public void close() {
      connection.disconnect();
    }
  }

  /**
   * GET, or POST where there is a body.
   *
   * @param headers what each host on the way may see; asked for every URL, so for those of
   *     redirects too
   * @throws Refused for a redirect that may not be followed
   * @throws AddressPolicy.Refused for an address that is not open to builds
   */
  Answer send(URI url, Function<URI, Map<String, String>> headers, Optional<byte[]> body)
      throws IOException {
    URI at = url;
    boolean fromPublic = false;
    for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      Proxy proxy = proxies.select(at).getFirst();
      if (proxy.equals(Proxy.NO_PROXY)) {
        String host = at.getHost();
        fromPublic =
            redirects == 0 ? addresses.check(host) : addresses.checkRedirect(host, fromPublic);
      }
      HttpURLConnection connection = open(at, proxy);
      boolean answered = false;
      try {
        headers.apply(at).forEach(connection::setRequestProperty);
        if (body.isPresent()) {
          connection.setRequestMethod("POST");
          connection.setDoOutput(true);
          try (OutputStream out = connection.getOutputStream()) {
            out.write(body.get());
          }
        }
        int status = connection.getResponseCode();
        Optional<URI> next = redirect(connection, status, at);
        if (next.isEmpty()) {
          answered = true;
          return new Answer(connection, at, status);
        }
        at = next.get();
      } finally {
        if (!answered) {
          connection.disconnect();
        }
      }
    }
    throw new Refused("more than " + MAX_REDIRECTS + " redirects");
  }

  private HttpURLConnection open(URI url, Proxy proxy) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection(proxy);
    int millis = Math.toIntExact(timeout.toMillis());
    connection.setConnectTimeout(millis);
    connection.setReadTimeout(millis);
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    // A server that compresses on the way would change the bytes that a checksum is about.
    connection.setRequestProperty("Accept-Encoding", "identity");
    connection.setRequestProperty("User-Agent", "slipway");
    if (connection instanceof HttpsURLConnection https) {
      tls.ifPresent(https::setSSLSocketFactory);
    }
    return connection;
  }

  private static Optional<URI> redirect(HttpURLConnection connection, int status, URI from)
      throws IOException {
    if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) {
      return Optional.empty();
    }
    String location = connection.getHeaderField("Location");
    if (location == null) {
      throw new Refused("the server redirects to nowhere");
    }
    URI to;
    try {
      to = from.resolve(new URI(location));
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw new Refused("the server redirects to what is no URL");
    }
    if (!isHttp(to)) {
      throw new Refused("the server redirects to a URL that is not http or https");
    }
    if (scheme(to).equals("http") && scheme(from).equals("https")) {
      throw new Refused("the server redirects from https to http");
    }
    return Optional.of(to);
  }

  /** Whether it has a host and one of the two schemes. */
  static boolean isHttp(URI url) {
    return url.getHost() != null && (scheme(url).equals("http") || scheme(url).equals("https"));
  }

  static String scheme(URI url) {
    return String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
  }

  /** The host as credentials name it. */
  static String host(URI url) {
    return GitConnections.host(scheme(url), url.getHost(), url.getPort());
  }

  /** Scheme, host and port: what may see a header that was meant for one of the two. */
  static boolean sameOrigin(URI one, URI other) {
    return scheme(one).equals(scheme(other)) && host(one).equals(host(other));
  }
}
