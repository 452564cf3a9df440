package dev.slipway.e2e.conformance;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a build reaches over the network, on the loopback interface: a registry that serves the base
 * images (pull only), files for ADD, and a Git repository over the smart protocol.
 */
final class Peers implements AutoCloseable {
  private static final Pattern REGISTRY_PATH =
      Pattern.compile("/v2/(?:library/)?(.+)/(manifests|blobs)/([^/]+)");
  private static final String GIT_DATE = "2024-02-03T04:05:06Z";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Bases bases;
  private final Path gitRoot;
  private final Map<String, byte[]> files = new TreeMap<>();

  Peers(Bases bases, Path scratch) throws IOException {
    this.bases = bases;
    this.gitRoot = Files.createDirectories(scratch.resolve("git"));
    makeFiles();
    makeRepository();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v2/", this::registry);
    server.createContext("/files/", this::file);
    server.createContext("/git/", this::git);
    server.setExecutor(threads);
    server.start();
  }

  Addresses addresses() {
    return new Addresses("127.0.0.1:" + server.getAddress().getPort());
  }

  private void makeFiles() throws IOException {
    files.put("plain.txt", "plain\n".getBytes(StandardCharsets.UTF_8));
    files.put("dir/nested.txt", "nested\n".getBytes(StandardCharsets.UTF_8));
    List<SetupEntry> entries =
        List.of(
            archived("inside", "dir", null), archived("inside/file.txt", "file", "in archive\n"));
    files.put("archive.tar.gz", ContextFiles.archive(entries, "gz"));
    files.put("archive.tar", ContextFiles.archive(entries, null));
    List<SetupEntry> context =
        List.of(
            archived("Dockerfile", "file", "FROM scratch\nCOPY hello /\nCMD [\"/hello\"]\n"),
            archived("hello", "file", "hello\n"));
    files.put("context.tar.gz", ContextFiles.archive(context, "gz"));
    files.put(
        "Dockerfile.remote", "FROM scratch\nLABEL remote=yes\n".getBytes(StandardCharsets.UTF_8));
  }

  private static SetupEntry archived(String path, String type, @Nullable String text) {
    return new SetupEntry(
        path, type, null, null, null, null, text, null, null, null, null, null, null, null);
  }

  // ---- registry ------------------------------------------------------------------------------

  private void registry(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      if (path.equals("/v2/")) {
        answer(exchange, 200, "application/json", "{}".getBytes(StandardCharsets.UTF_8));
        return;
      }
      Matcher parts = REGISTRY_PATH.matcher(path);
      Bases.Blob blob = null;
      if (parts.matches()) {
        String name = parts.group(1);
        String reference = parts.group(3);
        blob =
            reference.startsWith("sha256:")
                ? bases.blobs.get(reference)
                : bases.manifests.get(name + ":" + reference);
      }
      if (blob == null) {
        answer(
            exchange,
            404,
            "application/json",
            "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"unknown\"}]}"
                .getBytes(StandardCharsets.UTF_8));
        return;
      }
      exchange.getResponseHeaders().set("Docker-Content-Digest", blob.digest());
      answer(
          exchange,
          200,
          path.contains("/blobs/") ? "application/octet-stream" : blob.mediaType(),
          blob.bytes());
    }
  }

  // ---- files ---------------------------------------------------------------------------------

  private void file(HttpExchange exchange) throws IOException {
    try (exchange) {
      String name = exchange.getRequestURI().getPath().substring("/files/".length());
      if (name.startsWith("redirect/")) {
        exchange.getResponseHeaders().set("Location", "/files/" + name.substring(9));
        answer(exchange, 302, "text/plain", new byte[0]);
        return;
      }
      if (name.startsWith("named/")) { // the header names the file, the address does not
        exchange
            .getResponseHeaders()
            .set("Content-Disposition", "attachment; filename=\"given.txt\"");
        name = "plain.txt";
      } else if (name.startsWith("dated/")) {
        exchange.getResponseHeaders().set("Last-Modified", "Sat, 03 Feb 2024 04:05:06 GMT");
        name = name.substring(6);
      }
      byte[] body = files.get(name);
      if (body == null) {
        answer(exchange, 404, "text/plain", "not here\n".getBytes(StandardCharsets.UTF_8));
      } else {
        answer(exchange, 200, "application/octet-stream", body);
      }
    }
  }

  private static void answer(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    if (head) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
    }
    exchange.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
    if (!head && body.length > 0) {
      exchange.getResponseBody().write(body);
    }
  }

  // ---- Git -----------------------------------------------------------------------------------

  /** One repository whose commits are the same on every machine. */
  private void makeRepository() throws IOException {
    Path work = Files.createDirectories(gitRoot.resolve("work"));
    git(work, "init", "-q", "-b", "main", ".");
    Files.createDirectories(work.resolve("sub/dir"));
    Files.writeString(work.resolve("README"), "readme\n");
    Files.writeString(work.resolve("sub/Dockerfile"), "FROM scratch\nCOPY dir/file /file\n");
    Files.writeString(work.resolve("sub/dir/file"), "first\n");
    Files.writeString(work.resolve("Dockerfile"), "FROM scratch\nCOPY README /\n");
    Files.writeString(work.resolve("tool.sh"), "#!/bin/sh\n");
    work.resolve("tool.sh").toFile().setExecutable(true);
    Files.createSymbolicLink(work.resolve("link"), Path.of("sub/dir/file"));
    git(work, "add", ".");
    git(work, "commit", "-q", "-m", "first");
    git(work, "tag", "v1");
    git(work, "tag", "-a", "-m", "annotated", "v1-annotated");
    Files.writeString(work.resolve("sub/dir/file"), "second\n");
    git(work, "commit", "-q", "-a", "-m", "second");
    git(work, "checkout", "-q", "-b", "feature/x", "v1");
    Files.writeString(work.resolve("sub/dir/file"), "feature\n");
    git(work, "commit", "-q", "-a", "-m", "feature");
    git(work, "checkout", "-q", "main");
    git(gitRoot, "clone", "-q", "--bare", "work", "repo.git");
    git(gitRoot.resolve("repo.git"), "config", "http.receivepack", "false");
    git(gitRoot.resolve("repo.git"), "config", "uploadpack.allowAnySHA1InWant", "true");
  }

  private static void git(Path directory, String... arguments) throws IOException {
    List<String> words = new ArrayList<>(List.of("git", "-C", directory.toString()));
    words.addAll(List.of("-c", "user.name=Case", "-c", "user.email=case@example.com"));
    words.addAll(List.of("-c", "core.fileMode=true", "-c", "safe.directory=*"));
    words.addAll(List.of(arguments));
    Command.of(words)
        .environment("GIT_AUTHOR_DATE", GIT_DATE)
        .environment("GIT_COMMITTER_DATE", GIT_DATE)
        .environment("GIT_CONFIG_GLOBAL", "/dev/null")
        .environment("GIT_CONFIG_SYSTEM", "/dev/null")
        .check();
  }

  /** The CGI program that Git brings, for fetches only. */
  private void git(HttpExchange exchange) throws IOException {
    try (exchange) {
      String query = exchange.getRequestURI().getRawQuery();
      ProcessBuilder builder = new ProcessBuilder("git", "http-backend");
      Map<String, String> environment = builder.environment();
      environment.put("GIT_PROJECT_ROOT", gitRoot.toString());
      environment.put("GIT_HTTP_EXPORT_ALL", "1");
      environment.put("GIT_CONFIG_COUNT", "1");
      environment.put("GIT_CONFIG_KEY_0", "safe.directory");
      environment.put("GIT_CONFIG_VALUE_0", "*");
      environment.put("REQUEST_METHOD", exchange.getRequestMethod());
      environment.put("QUERY_STRING", query == null ? "" : query);
      environment.put("PATH_INFO", exchange.getRequestURI().getPath().substring("/git".length()));
      header(exchange, "Content-Type", environment, "CONTENT_TYPE");
      header(exchange, "Content-Encoding", environment, "HTTP_CONTENT_ENCODING");
      header(exchange, "Git-Protocol", environment, "GIT_PROTOCOL");
      builder.redirectError(ProcessBuilder.Redirect.DISCARD);
      byte[] request = exchange.getRequestBody().readAllBytes();
      environment.put("CONTENT_LENGTH", Integer.toString(request.length));
      Process process = builder.start();
      threads.execute(() -> {
        try (OutputStream in = process.getOutputStream()) {
          in.write(request);
        } catch (IOException e) {
          process.destroy(); // it ended before it read all; its answer says why
        }
      });
      try (InputStream out = process.getInputStream()) {
        int status = 200;
        for (String line = line(out); !line.isEmpty(); line = line(out)) {
          int colon = line.indexOf(':');
          String value = line.substring(colon + 1).trim();
          if (line.startsWith("Status:")) {
            status = Integer.parseInt(value.substring(0, 3));
          } else {
            exchange.getResponseHeaders().set(line.substring(0, colon), value);
          }
        }
        exchange.sendResponseHeaders(status, 0);
        out.transferTo(exchange.getResponseBody());
      }
    }
  }

  private static void header(
      HttpExchange exchange, String name, Map<String, String> environment, String variable) {
    String value = exchange.getRequestHeaders().getFirst(name);
    if (value != null) {
      environment.put(variable, value);
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      line.append((char) c);
    }
    return line.toString().trim();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
