package dev.slipway.e2e.imagebuild;

import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;

/** Git's own {@code git http-backend} behind TLS and a password. */
public final class HttpsGit implements AutoCloseable {
  private final HttpsServer server;
  private final Path root;

  HttpsGit(Path root, Certificate certificate, String user, String password) throws IOException {
    this(root, "127.0.0.1", certificate, user, password);
  }

  /** Serves the repositories below {@code root} on a free port of an address of this machine. */
  public HttpsGit(Path root, String address, Certificate certificate, String user, String password)
      throws IOException {
    this.root = root;
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getByName(address), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(certificate.server()));
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server
        .createContext("/", this::backend)
        .setAuthenticator(
            new BasicAuthenticator("git", StandardCharsets.UTF_8) {
              @Override
              public boolean checkCredentials(String name, String given) {
                return name.equals(user) && given.equals(password);
              }
            });
    server.start();
  }

  public String url(String repository) {
    InetSocketAddress address = server.getAddress();
    return "https://%s:%d/%s"
        .formatted(address.getAddress().getHostAddress(), address.getPort(), repository);
  }

  /** CGI, as RFC 3875 has it, as far as Git needs it. */
  private void backend(HttpExchange exchange) throws IOException {
    try (exchange) {
      URI uri = exchange.getRequestURI();
      ProcessBuilder git = new ProcessBuilder("git", "http-backend").redirectErrorStream(false);
      Map<String, String> env = git.environment();
      env.put("GIT_PROJECT_ROOT", root.toString());
      env.put("GIT_HTTP_EXPORT_ALL", "1");
      env.put("REQUEST_METHOD", exchange.getRequestMethod());
      env.put("PATH_INFO", uri.getPath());
      env.put("QUERY_STRING", Objects.requireNonNullElse(uri.getQuery(), ""));
      header(exchange, "Content-Type", env, "CONTENT_TYPE");
      header(exchange, "Content-Encoding", env, "HTTP_CONTENT_ENCODING");
      header(exchange, "Git-Protocol", env, "GIT_PROTOCOL");
      env.put("REMOTE_USER", "bot");
      byte[] body = exchange.getRequestBody().readAllBytes();
      env.put("CONTENT_LENGTH", Integer.toString(body.length));
      Process process = git.start();
      try (OutputStream in = process.getOutputStream()) {
        in.write(body);
      }
      answer(exchange, process.getInputStream());
    }
  }

  private static void header(
      HttpExchange exchange, String name, Map<String, String> env, String variable) {
    String value = exchange.getRequestHeaders().getFirst(name);
    if (value != null) {
      env.put(variable, value);
    }
  }

  private static void answer(HttpExchange exchange, InputStream cgi) throws IOException {
    int status = 200;
    for (String line = line(cgi); !line.isEmpty(); line = line(cgi)) {
      int colon = line.indexOf(':');
      String value = line.substring(colon + 1).strip();
      if (line.substring(0, colon).equalsIgnoreCase("Status")) {
        status = Integer.parseInt(value.substring(0, 3));
      } else {
        exchange.getResponseHeaders().add(line.substring(0, colon), value);
      }
    }
    exchange.sendResponseHeaders(status, 0);
    cgi.transferTo(exchange.getResponseBody());
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
