package dev.slipway.e2e.cluster.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Blobs on disk, each once whatever repositories hold it, and the uploads that become blobs. Hashed
 * as they arrive; nothing is held in memory. Thread-safe; one upload has one writer at a time.
 */
final class Content {
  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");

  private final Path blobs;
  private final Path uploads;
  private final Map<String, Set<String>> repositories = new ConcurrentHashMap<>();
  private final Map<String, Upload> open = new ConcurrentHashMap<>();

  Content(Path directory) throws IOException {
    blobs = Files.createDirectories(directory.resolve("blobs"));
    uploads = Files.createDirectories(directory.resolve("uploads"));
  }

  /** An upload that has begun: {@code length} bytes have arrived. */
  static final class Upload {
    private final String id = UUID.randomUUID().toString();
    private final String repository;
    private final Path file;
    private final MessageDigest hash = sha256();
    private long length;

    private Upload(String repository, Path directory) throws IOException {
      this.repository = repository;
      file = Files.createFile(directory.resolve(id));
    }

    String id() {
      return id;
    }

    synchronized long length() {
      return length;
    }

    /** Appends all of {@code in}. */
    synchronized void append(InputStream in) throws IOException {
      try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.APPEND)) {
        byte[] buffer = new byte[64 * 1024];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          hash.update(buffer, 0, read);
          out.write(buffer, 0, read);
          length += read;
        }
      }
    }
  }

  static String checked(String digest) throws RegistryException {
    if (!DIGEST.matcher(digest).matches()) {
      throw new RegistryException(400, "DIGEST_INVALID", "not a sha256 digest: " + digest);
    }
    return digest;
  }

  Upload begin(String repository) throws IOException {
    Upload upload = new Upload(repository, uploads);
    open.put(upload.id(), upload);
    return upload;
  }

  Upload upload(String repository, String id) throws RegistryException {
    Upload upload = open.get(id);
    if (upload == null || !upload.repository.equals(repository)) {
      throw new RegistryException(404, "BLOB_UPLOAD_UNKNOWN", "there is no upload " + id);
    }
    return upload;
  }

  void cancel(Upload upload) throws IOException {
    open.remove(upload.id());
    Files.deleteIfExists(upload.file);
  }

  /** Turns an upload into a blob, if it has the digest that the client says. */
  void finish(Upload upload, String digest) throws IOException, RegistryException {
    String actual;
    synchronized (upload) {
      actual = "sha256:" + HexFormat.of().formatHex(upload.hash.digest());
    }
    open.remove(upload.id());
    if (!actual.equals(checked(digest))) {
      Files.deleteIfExists(upload.file);
      throw new RegistryException(
          400, "DIGEST_INVALID", "provided digest did not match uploaded content: " + actual);
    }
    Files.move(upload.file, path(digest), StandardCopyOption.ATOMIC_MOVE);
    link(upload.repository, digest);
  }

  /** Stores bytes that are in memory anyway, such as a manifest. */
  String store(String repository, byte[] bytes) throws IOException {
    String digest = digest(bytes);
    Path file = Files.createTempFile(uploads, "manifest", "");
    Files.write(file, bytes);
    Files.move(file, path(digest), StandardCopyOption.ATOMIC_MOVE);
    link(repository, digest);
    return digest;
  }

  static String digest(byte[] bytes) {
    return "sha256:" + HexFormat.of().formatHex(sha256().digest(bytes));
  }

  /** Makes a blob of one repository one of another too; false if the first does not hold it. */
  boolean mount(String from, String to, String digest) {
    if (!holds(from, digest)) {
      return false;
    }
    link(to, digest);
    return true;
  }

  private void link(String repository, String digest) {
    repositories.computeIfAbsent(repository, key -> ConcurrentHashMap.newKeySet()).add(digest);
  }

  boolean holds(String repository, String digest) {
    return repositories.getOrDefault(repository, Set.of()).contains(digest);
  }

  boolean unlink(String repository, String digest) {
    return repositories.getOrDefault(repository, Set.of()).remove(digest);
  }

  /** The file of a blob that {@code repository} holds, or null. */
  @Nullable Path find(String repository, String digest) {
    return holds(repository, digest) ? path(digest) : null;
  }

  private Path path(String digest) {
    return blobs.resolve(digest.substring("sha256:".length()));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
