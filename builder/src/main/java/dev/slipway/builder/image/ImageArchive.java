package dev.slipway.builder.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.ZstdInputStream;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads images from an archive: an OCI layout in a directory or tar, or what {@code docker save}
 * wrote, in its old form and its new. A tar may be compressed. Whoever made the archive is not
 * trusted: nothing outside of it is reached, and what {@link #open} gives is checked against its
 * digest.
 *
 * <p>Thread-safe. To be closed after the last stream.
 */
public final class ImageArchive implements BlobSource, AutoCloseable {

  private static final int MAX_JSON = 16 * 1024 * 1024;

  private final String subject;
  private final ArchiveFiles files;
  private final @Nullable Path temporary;
  private final List<NamedImage> images;

  /** What has no place under {@code blobs}: made up by us, or kept under old names. */
  private final Map<Digest, byte[]> made = new HashMap<>();

  private final Map<Digest, String> placed = new HashMap<>();

  private ImageArchive(String subject, ArchiveFiles files, @Nullable Path temporary)
      throws IOException {
    this.subject = subject;
    this.files = files;
    this.temporary = temporary;
    if (files.size(OciLayout.MARKER).isPresent()) {
      this.images = layoutImages();
    } else if (files.size(DockerArchive.MANIFEST).isPresent()) {
      this.images = dockerImages();
    } else {
      throw invalid("it has neither " + OciLayout.MARKER + " nor " + DockerArchive.MANIFEST);
    }
  }

  /**
   * Opens a directory or a file.
   *
   * @throws BuildException {@code IMAGE_INVALID} if it is no archive of images
   */
  public static ImageArchive open(Path path) {
    String subject = String.valueOf(path.getFileName());
    Path temporary = null;
    ArchiveFiles files = null;
    try {
      if (Files.isDirectory(path)) {
        files = new DirectoryFiles(path);
      } else {
        temporary = decompressed(path);
        files = new TarFiles(temporary == null ? path : temporary);
      }
      return new ImageArchive(subject, files, temporary);
    } catch (IOException | RuntimeException e) {
      closeQuietly(files, temporary);
      if (e instanceof RuntimeException known) {
        throw known;
      }
      throw new BuildException(
          ErrorCode.IMAGE_INVALID, "reading the image archive " + subject + ": " + e, e);
    }
  }

  /** The images in it, in the archive's order. */
  public List<NamedImage> images() {
    return images;
  }

  /**
   * The image of that name or digest: {@code app:1}, {@code 1} (a tag alone, as layouts have it),
   * {@code sha256:…}; the only one for the empty text.
   */
  public Optional<NamedImage> find(String name) {
    if (name.isEmpty()) {
      return images.size() == 1 ? Optional.of(images.getFirst()) : Optional.empty();
    }
    Optional<Digest> digest = Digest.tryParse(name);
    for (NamedImage image : images) {
      boolean named =
          image.names().stream()
              .anyMatch(n ->
                  n.toString().equals(name) || n.familiar().equals(name) || name.equals(n.tag()));
      boolean tagged = name.equals(image.root().annotations().get(OciLayout.REF_NAME));
      boolean same = digest.isPresent() && digest.get().equals(image.root().digest());
      if (named || tagged || same) {
        return Optional.of(image);
      }
    }
    return Optional.empty();
  }

  @Override
  public InputStream open(Descriptor descriptor) throws IOException {
    byte[] bytes = made.get(descriptor.digest());
    if (bytes != null) {
      return new java.io.ByteArrayInputStream(bytes);
    }
    String path = placed.getOrDefault(descriptor.digest(), OciLayout.path(descriptor.digest()));
    Optional<Long> size = files.size(path);
    if (size.isEmpty()) {
      throw invalid("its blob " + descriptor.digest() + " is missing");
    }
    if (size.get() != descriptor.size()) {
      throw new BuildException(
              ErrorCode.DIGEST_MISMATCH,
              "reading the image archive %s: its blob %s is %d bytes long where %d were promised"
                  .formatted(subject, descriptor.digest(), size.get(), descriptor.size()))
          .withRetryable(false);
    }
    return new VerifiedStream(files.open(path), descriptor, subject);
  }

  @Override
  public void close() throws IOException {
    files.close();
    if (temporary != null) {
      Files.deleteIfExists(temporary);
    }
  }

  private List<NamedImage> layoutImages() throws IOException {
    ObjectNode marker = Json.parseObject(OciLayout.MARKER, json(OciLayout.MARKER));
    String version = Json.text(OciLayout.MARKER, marker, "imageLayoutVersion");
    if (!version.startsWith("1.")) {
      throw invalid("its layout has the unknown version \"" + Json.shorten(version) + "\"");
    }
    Index index = Index.parse(MediaType.OCI_INDEX, json(OciLayout.INDEX)).content();
    // One entry a name; the same root again only adds a name.
    Map<Digest, NamedImage> byRoot = new LinkedHashMap<>();
    for (Descriptor entry : index.manifests()) {
      NamedImage known = byRoot.get(entry.digest());
      List<ImageReference> names = new ArrayList<>(known == null ? List.of() : known.names());
      names(entry).filter(name -> !names.contains(name)).ifPresent(names::add);
      byRoot.put(entry.digest(), new NamedImage(names, known == null ? entry : known.root()));
    }
    return List.copyOf(byRoot.values());
  }

  /** The full name, if the layout has one; a tag alone names nothing outside of the layout. */
  private static Optional<ImageReference> names(Descriptor entry) {
    String full = entry.annotations().get(OciLayout.IMAGE_NAME);
    String tag = entry.annotations().getOrDefault(OciLayout.REF_NAME, "");
    String name = full != null ? full : tag.indexOf('/') > 0 || tag.indexOf(':') > 0 ? tag : "";
    try {
      return name.isEmpty() ? Optional.empty() : Optional.of(ImageReference.parse(name));
    } catch (BuildException e) {
      // Other tools put other texts there; they are no names then.
      return Optional.empty();
    }
  }

  private List<NamedImage> dockerImages() throws IOException {
    JsonNode list = Json.parse(DockerArchive.MANIFEST, json(DockerArchive.MANIFEST));
    List<NamedImage> all = new ArrayList<>();
    for (JsonNode entry : list) {
      all.add(dockerImage(Json.object(DockerArchive.MANIFEST, entry)));
    }
    if (all.isEmpty()) {
      throw invalid("there is no image in it");
    }
    return all;
  }

  /** Makes the manifest that old archives lack. */
  private NamedImage dockerImage(ObjectNode entry) throws IOException {
    String subjectOfEntry = DockerArchive.MANIFEST + " of " + subject;
    String configPath = Json.required(subjectOfEntry, entry, "Config");
    byte[] bytes = json(configPath);
    Document<ImageConfig> config = ImageConfig.parse(MediaType.DOCKER_CONFIG, bytes);
    made.put(config.digest(), bytes);
    List<String> paths = Json.strings(subjectOfEntry, entry, "Layers");
    List<Digest> diffIds = config.content().diffIds();
    if (paths.size() != diffIds.size()) {
      throw invalid(
          "its image has " + paths.size() + " layers and " + diffIds.size() + " diff IDs");
    }
    List<Descriptor> layers = new ArrayList<>();
    for (int i = 0; i < paths.size(); i++) {
      layers.add(layer(paths.get(i), diffIds.get(i)));
    }
    Document<Manifest> manifest =
        Manifest.of(ImageFormat.DOCKER, config.descriptor(), layers, Map.of()).toDocument();
    made.put(manifest.digest(), manifest.bytes());
    List<ImageReference> names = new ArrayList<>();
    for (String tag : Json.strings(subjectOfEntry, entry, "RepoTags")) {
      names.add(ImageReference.parse(tag));
    }
    return new NamedImage(names, manifest.descriptor());
  }

  private Descriptor layer(String path, Digest diffId) throws IOException {
    long size =
        files
            .size(path)
            .orElseThrow(() -> invalid("its layer " + Json.shorten(path) + " is missing"));
    Compression compression;
    try (InputStream in = files.open(path)) {
      compression = compressionOf(in.readNBytes(4));
    }
    // An uncompressed layer is its own diff ID, and is checked when it is read.
    Digest digest = compression == Compression.NONE ? diffId : digest(path);
    placed.put(digest, path);
    return new Descriptor(
        (compression == Compression.ZSTD ? ImageFormat.OCI : ImageFormat.DOCKER).layer(compression),
        digest,
        size);
  }

  private Digest digest(String path) throws IOException {
    java.security.MessageDigest hasher = Digest.newSha256();
    byte[] buffer = new byte[256 * 1024];
    try (InputStream in = files.open(path)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        hasher.update(buffer, 0, count);
      }
    }
    return Digest.ofSha256(hasher.digest());
  }

  private byte[] json(String path) throws IOException {
    long size =
        files
            .size(path)
            .orElseThrow(() -> invalid("its file " + Json.shorten(path) + " is missing"));
    if (size > MAX_JSON) {
      throw invalid("its file " + Json.shorten(path) + " is larger than 16 MiB");
    }
    try (InputStream in = files.open(path)) {
      return in.readAllBytes();
    }
  }

  private BuildException invalid(String why) {
    return new BuildException(
        ErrorCode.IMAGE_INVALID, "reading the image archive " + subject + ": " + why);
  }

  private static Compression compressionOf(byte[] magic) {
    if (magic.length >= 2 && (magic[0] & 0xff) == 0x1f && (magic[1] & 0xff) == 0x8b) {
      return Compression.GZIP;
    }
    if (magic.length >= 4
        && (magic[0] & 0xff) == 0x28
        && (magic[1] & 0xff) == 0xb5
        && (magic[2] & 0xff) == 0x2f
        && (magic[3] & 0xff) == 0xfd) {
      return Compression.ZSTD;
    }
    return Compression.NONE;
  }

  /** A plain copy of a compressed tar, because its files are read out of order; null for none. */
  private static @Nullable Path decompressed(Path tar) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(tar), 256 * 1024)) {
      in.mark(8);
      Compression compression = compressionOf(in.readNBytes(4));
      in.reset();
      if (compression == Compression.NONE) {
        return null;
      }
      Path plain = Files.createTempFile("slipway-archive-", ".tar");
      try (InputStream content =
          compression == Compression.GZIP
              ? new GZIPInputStream(in, 64 * 1024)
              : new ZstdInputStream(in)) {
        Files.copy(content, plain, StandardCopyOption.REPLACE_EXISTING);
        return plain;
      } catch (IOException | RuntimeException e) {
        Files.deleteIfExists(plain);
        throw e;
      }
    }
  }

  private static void closeQuietly(@Nullable ArchiveFiles files, @Nullable Path temporary) {
    try {
      if (files != null) {
        files.close();
      }
      if (temporary != null) {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException _) {
      // The failure that led here is the one to report.
    }
  }
}
