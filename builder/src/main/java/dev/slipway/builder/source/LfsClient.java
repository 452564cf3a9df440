package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Downloads objects of one repository from its LFS server, by the batch API and its {@code basic}
 * transfer. Each object is held to the digest and the size of its file.
 *
 * <p>What may pass is tried again by asking anew, because the places that a server names are good
 * for a while only.
 */
final class LfsClient {
  /** As many as git-lfs asks for at once; servers limit it. */
  private static final int BATCH = 100;

  private static final int TRANSFERS = 4;
  private static final int ATTEMPTS = 3;
  private static final int MAX_DOCUMENT = 8 << 20;
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final LfsEndpoint endpoint;
  private final GitRemote remote;
  private final HttpRequests requests;

  /**
   * @param remote whose credentials are shown, to the hosts that they are for
   */
  LfsClient(LfsEndpoint endpoint, GitRemote remote) {
    GitSettings settings = remote.settings();
    this.endpoint = endpoint;
    this.remote = remote;
    this.requests =
        new HttpRequests(
            settings.addresses(),
            settings.timeout(),
            settings.credentials().caBundle(),
            settings.environment());
  }

  /** What may pass. */
  private static final class Passing extends IOException {
    private static final long serialVersionUID = 1L;
    private final Duration pause;

    Passing(String message, Duration pause) {
      super(message);
      this.pause = pause;
    }
  }

  /**
   * Afterwards {@code directory} has each object as a file of the name of its ID.
   *
   * @param wanted without any object twice
   * @param ref what is built, for servers that look at it; may be empty
   * @throws BuildException GIT_AUTH, GIT_REPOSITORY_NOT_FOUND, GIT_UNREACHABLE, DOWNLOAD,
   *     DIGEST_MISMATCH, DISK_FULL or CANCELLED
   */
  void fetch(List<LfsFile> wanted, String ref, Path directory) {
    try (ExecutorService threads =
        Executors.newFixedThreadPool(TRANSFERS, Thread.ofVirtual().name("lfs-", 1).factory())) {
      try {
        for (int from = 0; from < wanted.size(); from += BATCH) {
          int to = Math.min(from + BATCH, wanted.size());
          batch(wanted.subList(from, to), ref, directory, threads);
        }
      } finally {
        threads.shutdownNow();
      }
    }
  }

  private void batch(List<LfsFile> wanted, String ref, Path directory, ExecutorService threads) {
    List<LfsFile> missing = wanted;
    for (int attempt = 1; ; attempt++) {
      IOException failure;
      try {
        Map<LfsFile, IOException> failed = round(missing, ref, directory, threads);
        if (failed.isEmpty()) {
          return;
        }
        missing = List.copyOf(failed.keySet());
        failure = failed.values().iterator().next();
      } catch (IOException e) {
        failure = e;
      }
      if (attempt >= ATTEMPTS || !mayPass(failure)) {
        throw translated(failure);
      }
      Duration pause = failure instanceof Passing passing ? passing.pause : Duration.ZERO;
      sleep(pause.isZero() ? Duration.ofMillis(250L << attempt) : pause);
    }
  }

  private static boolean mayPass(IOException failure) {
    return !(failure instanceof AddressPolicy.Refused || failure instanceof HttpRequests.Refused);
  }

  private BuildException translated(IOException failure) {
    String url = endpoint.url().toString();
    BuildException known =
        GitErrors.translate("fetching Git LFS from", url, failure, Optional.empty());
    return known.withRetryable(mayPass(failure));
  }

  /** One question, and the downloads that its answer leads to. Returns what failed, and how. */
  private Map<LfsFile, IOException> round(
      List<LfsFile> wanted, String ref, Path directory, ExecutorService threads)
      throws IOException {
    Map<String, LfsBatch.Answer> answers =
        LfsBatch.answers(ask(LfsBatch.request(wanted, ref)), wanted, endpoint);
    Map<LfsFile, IOException> failed = new HashMap<>();
    List<Future<@Nullable IOException>> downloads = new ArrayList<>();
    List<LfsFile> downloaded = new ArrayList<>();
    for (LfsFile file : wanted) {
      switch (answers.get(file.oid())) {
        case null -> throw missing(file, 404, "it is not in the answer");
        case LfsBatch.Missing(int code, String message) -> {
          if (code < 500 && code != 429) {
            throw missing(file, code, message);
          }
          failed.put(file, new Passing(code + " " + message, Duration.ZERO));
        }
        case LfsBatch.Download place -> {
          downloaded.add(file);
          downloads.add(threads.submit(() -> attempt(place, file, directory)));
        }
      }
    }
    for (int i = 0; i < downloads.size(); i++) {
      IOException failure = result(downloads.get(i));
      if (failure != null) {
        failed.put(downloaded.get(i), failure);
      }
    }
    return failed;
  }

  private BuildException missing(LfsFile file, int code, String message) {
    return new BuildException(
            ErrorCode.DOWNLOAD,
            "the LFS server %s does not have %s: %s (%d); was it pushed, with git lfs push --all?"
                .formatted(endpoint, file, Redaction.url(message), code))
        .withRetryable(false);
  }

  private static @Nullable IOException result(Future<@Nullable IOException> download) {
    try {
      return download.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw cancelled();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof BuildException known
          ? known
          : new BuildException(ErrorCode.INTERNAL, "downloading a Git LFS object failed", e);
    }
  }

  private byte[] ask(byte[] question) throws IOException {
    try (HttpRequests.Answer answer =
        requests.send(
            URI.create(endpoint.url() + "/objects/batch"),
            url -> {
              Map<String, String> headers = headers(url, endpoint.url(), endpoint.headers(), false);
              headers.put("Accept", LfsBatch.MEDIA_TYPE);
              headers.put("Content-Type", LfsBatch.MEDIA_TYPE);
              return headers;
            },
            Optional.of(question))) {
      byte[] body = body(answer);
      return switch (answer.status()) {
        case 200 -> body;
        case 401, 403 ->
            throw new BuildException(
                ErrorCode.GIT_AUTH,
                "the LFS server %s refuses the credentials, or wants some; check the Git"
                        .formatted(endpoint)
                    + " credentials of the build"
                    + said(body));
        case 404 ->
            throw new BuildException(
                ErrorCode.GIT_REPOSITORY_NOT_FOUND,
                "there is no LFS server at %s for these credentials; set lfs.url in .lfsconfig if"
                        .formatted(endpoint)
                    + " it is elsewhere"
                    + said(body));
        case 408, 429, 500, 502, 503, 504 ->
            throw new Passing(
                "the server answered " + answer.status() + said(body), pause(answer.connection()));
        default ->
            throw new BuildException(
                    ErrorCode.DOWNLOAD,
                    "the LFS server %s answered %d%s"
                        .formatted(endpoint, answer.status(), said(body)))
                .withRetryable(false);
      };
    }
  }

  private static String said(byte[] body) {
    String message = Redaction.url(LfsBatch.message(body));
    return message.isEmpty() ? "" : " (" + message + ")";
  }

  private static byte[] body(HttpRequests.Answer answer) throws IOException {
    HttpURLConnection connection = answer.connection();
    InputStream stream =
        answer.status() < 400 ? connection.getInputStream() : connection.getErrorStream();
    if (stream == null) {
      return new byte[0];
    }
    try (stream) {
      byte[] body = stream.readNBytes(MAX_DOCUMENT + 1);
      if (body.length > MAX_DOCUMENT) {
        throw new HttpRequests.Refused("the answer is larger than " + MAX_DOCUMENT + " bytes");
      }
      return body;
    }
  }

  /** What the server asks for, within reason; zero where it asks for nothing. */
  private static Duration pause(HttpURLConnection connection) {
    long seconds = connection.getHeaderFieldLong("Retry-After", 0);
    Duration asked = Duration.ofSeconds(Math.max(0, seconds));
    return asked.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : asked;
  }

  /**
   * What the host of {@code url} may see.
   *
   * @param named the URL that {@code headers} were named for
   * @param complete whether nothing belongs beside them
   */
  private Map<String, String> headers(
      URI url, URI named, Map<String, String> headers, boolean complete) {
    Map<String, String> all = new HashMap<>();
    if (HttpRequests.sameOrigin(url, named)) {
      all.putAll(headers);
    }
    boolean own = all.keySet().stream().noneMatch("Authorization"::equalsIgnoreCase);
    if (own && !complete) {
      remote.authorization(url).ifPresent(value -> all.put("Authorization", value));
    }
    return all;
  }

  /** Null, or the failure where it may pass. */
  private @Nullable IOException attempt(LfsBatch.Download place, LfsFile file, Path directory) {
    try (HttpRequests.Answer answer =
        requests.send(
            place.url(),
            url -> headers(url, place.url(), place.headers(), place.authenticated()),
            Optional.empty())) {
      if (answer.status() != 200) {
        // Also 401, 403 and 404: they are what an expired place answers.
        return new Passing(
            "%s answered %d for %s"
                .formatted(HttpRequests.host(answer.from()), answer.status(), file),
            pause(answer.connection()));
      }
      store(answer.connection(), file, directory.resolve(file.oid()));
      return null;
    } catch (IOException e) {
      return e;
    }
  }

  private void store(HttpURLConnection connection, LfsFile file, Path target) throws IOException {
    MessageDigest digest = Downloads.Checksum.digest("SHA-256");
    long size = 0;
    try (InputStream in = connection.getInputStream();
        OutputStream out = create(target)) {
      byte[] buffer = new byte[64 * 1024];
      for (int n; (n = in.read(buffer)) >= 0; ) {
        size += n;
        if (size > file.size()) {
          break;
        }
        digest.update(buffer, 0, n);
        Downloads.write(out, buffer, n);
      }
    }
    if (size < file.size()) {
      throw new Passing(
          "the body of %s ended after %d of %d bytes".formatted(file, size, file.size()),
          Duration.ZERO);
    }
    if (size > file.size() || !HexFormat.of().formatHex(digest.digest()).equals(file.oid())) {
      throw new BuildException(
          ErrorCode.DIGEST_MISMATCH,
          "what the LFS server %s sent for %s is not what its pointer promises (%d bytes)"
              .formatted(endpoint, file, file.size()));
    }
  }

  private static OutputStream create(Path target) {
    try {
      return Files.newOutputStream(target);
    } catch (IOException e) {
      throw new BuildException(ErrorCode.IO, "cannot store a Git LFS object: " + e.getMessage(), e);
    }
  }

  private static void sleep(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw cancelled();
    }
  }

  private static BuildException cancelled() {
    return new BuildException(ErrorCode.CANCELLED, "fetching Git LFS was cancelled");
  }
}
