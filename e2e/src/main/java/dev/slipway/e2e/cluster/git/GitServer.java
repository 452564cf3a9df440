package dev.slipway.e2e.cluster.git;

import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.transport.PacketLineOut;
import org.eclipse.jgit.transport.RefAdvertiser.PacketLineOutRefAdvertiser;
import org.eclipse.jgit.transport.UploadPack;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves bare repositories for fetching, over Git's smart HTTP protocol (versions 0 to 2, shallow
 * too) on the loopback address.
 *
 * <p>Not modelled: pushing, TLS, dumb HTTP, and rights per repository.
 */
public final class GitServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GitServer.class);
  private static final String SERVICE = "git-upload-pack";
  private static final Pattern ROUTE =
      Pattern.compile(
          "/(?<name>[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*)\\.git/(?<what>info/refs|git-upload-pack|git-receive-pack)");

  static {
    System.setProperty("sun.net.httpserver.nodelay", "true"); // else 40 ms an answer
  }

  /** The one user of a server. */
  public record Credentials(String user, String password) {
    @Override
    public String toString() {
      return user;
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Path directory;

  private GitServer(HttpServer server, Path directory, @Nullable Credentials credentials) {
    this.server = server;
    this.directory = directory;
    HttpContext context = server.createContext("/", this::handle);
    if (credentials != null) {
      context.setAuthenticator(authenticator(credentials));
    }
    server.setExecutor(threads);
    server.start();
  }

  /**
   * Starts a server on a free port.
   *
   * @param directory where repositories are kept; created if need be
   * @param credentials null to let everybody in
   */
  public static GitServer start(Path directory, @Nullable Credentials credentials)
      throws IOException {
    Files.createDirectories(directory);
    InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return new GitServer(HttpServer.create(free, 0), directory, credentials);
  }

  private static BasicAuthenticator authenticator(Credentials credentials) {
    return new BasicAuthenticator("git", StandardCharsets.UTF_8) {
      @Override
      public boolean checkCredentials(String user, String password) {
        byte[] given = (user + "\0" + password).getBytes(StandardCharsets.UTF_8);
        String known = credentials.user() + "\0" + credentials.password();
        return MessageDigest.isEqual(given, known.getBytes(StandardCharsets.UTF_8));
      }
    };
  }

  /** The repository {@code name}, made if it does not exist. */
  public BareRepository repository(String name) throws IOException {
    return new BareRepository(directory.resolve(name + ".git"));
  }

  /** Where {@code name} is cloned from. */
  public URI url(String name) {
    return URI.create("http://127.0.0.1:%d/%s.git".formatted(server.getAddress().getPort(), name));
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Matcher route = ROUTE.matcher(exchange.getRequestURI().getPath());
      Path path = route.matches() ? directory.resolve(route.group("name") + ".git") : null;
      if (path == null || !path.normalize().startsWith(directory) || !Files.isDirectory(path)) {
        refuse(exchange, 404, "repository not found");
        return;
      }
      boolean fetches =
          route.group("what").equals(SERVICE)
              || ("service=" + SERVICE).equals(exchange.getRequestURI().getQuery());
      if (!fetches) {
        refuse(exchange, 403, "this server serves fetches only");
        return;
      }
      try (Repository repository =
          new FileRepositoryBuilder().setGitDir(path.toFile()).setBare().build()) {
        serve(exchange, repository, route.group("what").equals(SERVICE));
      }
    } catch (IOException e) {
      LOG.debug("{}: {}", exchange.getRequestURI(), e.getMessage());
    } catch (RuntimeException e) {
      LOG.warn("{}", exchange.getRequestURI(), e);
    }
  }

  private static void serve(HttpExchange exchange, Repository repository, boolean upload)
      throws IOException {
    exchange.getResponseHeaders().set("Cache-Control", "no-cache");
    exchange
        .getResponseHeaders()
        .set("Content-Type", "application/x-" + SERVICE + (upload ? "-result" : "-advertisement"));
    try (UploadPack pack = new UploadPack(repository)) {
      pack.setBiDirectionalPipe(false);
      // A pinned commit must stay fetchable after its branch has moved on.
      pack.setRequestPolicy(UploadPack.RequestPolicy.REACHABLE_COMMIT);
      String protocol = exchange.getRequestHeaders().getFirst("Git-Protocol");
      if (protocol != null) {
        pack.setExtraParameters(List.of(protocol.split(":", -1)));
      }
      InputStream in = exchange.getRequestBody();
      if ("gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))) {
        in = new GZIPInputStream(in);
      }
      exchange.sendResponseHeaders(200, 0);
      try (OutputStream out = exchange.getResponseBody()) {
        if (upload) {
          pack.upload(in, out, null);
        } else {
          pack.sendAdvertisedRefs(new PacketLineOutRefAdvertiser(new PacketLineOut(out)), SERVICE);
        }
      }
    }
  }

  private static void refuse(HttpExchange exchange, int status, String why) throws IOException {
    byte[] body = (why + "\n").getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
