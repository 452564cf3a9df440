package dev.slipway.builder.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes images as an OCI image layout, a directory or a tar of one. See the OCI image
 * specification, <a
 * href="https://github.com/opencontainers/image-spec/blob/main/image-layout.md">image layout</a>.
 *
 * <p>Blobs are streamed, so memory does not depend on their size. The same images always give the
 * same bytes.
 */
public final class OciLayout {

  static final String MARKER = "oci-layout";
  static final String INDEX = "index.json";
  static final byte[] MARKER_CONTENT =
      "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.UTF_8);

  /** The tag, as the specification says. */
  static final String REF_NAME = "org.opencontainers.image.ref.name";

  /** The full name, as containerd and docker write it beside. */
  static final String IMAGE_NAME = "io.containerd.image.name";

  private OciLayout() {}

  /**
   * Writes a tar, as {@code --output type=oci}. Does not close {@code out}.
   *
   * @throws BuildException {@code DIGEST_MISMATCH} if a blob is not what it is said to be; what was
   *     written by then is of no use
   */
  public static void writeTar(OutputStream out, List<NamedImage> images, BlobSource source)
      throws IOException {
    TarWriter tar = new TarWriter(out);
    writeBlobs(tar, images, source);
    tar.file(INDEX, Json.bytes(index(images, List.of())));
    tar.file(MARKER, MARKER_CONTENT);
    tar.finish();
  }

  /** The {@code blobs} directory of a layout. */
  static List<ImageGraph> writeBlobs(TarWriter tar, List<NamedImage> images, BlobSource source)
      throws IOException {
    List<ImageGraph> graphs = new ArrayList<>();
    Map<Digest, Descriptor> blobs = new LinkedHashMap<>();
    Map<Digest, byte[]> manifests = new LinkedHashMap<>();
    for (NamedImage image : images) {
      ImageGraph graph = ImageGraph.read(source, image.root());
      graphs.add(graph);
      graph.blobs().forEach(blob -> blobs.putIfAbsent(blob.digest(), blob));
      graph.manifests().forEach(m -> manifests.putIfAbsent(m.digest(), m.bytes()));
    }
    tar.directory("blobs");
    tar.directory("blobs/sha256");
    for (Descriptor blob : blobs.values()) {
      try (InputStream in = new VerifiedStream(source.open(blob), blob, "an image")) {
        tar.file(path(blob.digest()), blob.size(), in);
      }
    }
    for (Map.Entry<Digest, byte[]> manifest : manifests.entrySet()) {
      tar.file(path(manifest.getKey()), manifest.getValue());
    }
    return graphs;
  }

  /**
   * Writes into a directory, as {@code --output type=oci,tar=false}. A layout that is there already
   * is added to; an image there that has one of the new names loses it. Blobs become visible only
   * when they are whole.
   */
  public static void writeDirectory(Path directory, List<NamedImage> images, BlobSource source)
      throws IOException {
    Files.createDirectories(directory.resolve("blobs/sha256"));
    List<Descriptor> present = existing(directory);
    for (NamedImage image : images) {
      ImageGraph graph = ImageGraph.read(source, image.root());
      for (Descriptor blob : graph.blobs()) {
        store(directory, blob, source);
      }
      for (Document<? extends ManifestOrIndex> manifest : graph.manifests()) {
        replace(directory.resolve(path(manifest.digest())), manifest.bytes());
      }
    }
    replace(directory.resolve(INDEX), Json.bytes(index(images, present)));
    // Last, because it makes a layout of the directory.
    replace(directory.resolve(MARKER), MARKER_CONTENT);
  }

  /** The file that holds a blob of the layout in {@code directory}, if it does. */
  public static Path file(Path directory, Digest digest) {
    return directory.resolve(path(digest));
  }

  /** A blob of the layout in {@code directory}; checked as it is read. */
  public static Blob blob(Path directory, Descriptor descriptor) {
    return new Blob() {
      @Override
      public Descriptor descriptor() {
        return descriptor;
      }

      @Override
      public InputStream open() throws IOException {
        return new VerifiedStream(
            Files.newInputStream(file(directory, descriptor.digest())),
            descriptor,
            directory.toString());
      }
    };
  }

  /** Keeps a blob in the layout in {@code directory}, before something that names it. */
  public static void addBlob(Path directory, Blob blob) throws IOException {
    store(directory, blob.descriptor(), BlobSource.of(List.of(blob)));
  }

  /** Lets {@code tag} stand for {@code manifest}, whose blobs are there, and for nothing else. */
  public static void setTag(Path directory, String tag, Document<Manifest> manifest)
      throws IOException {
    replace(directory.resolve(path(manifest.digest())), manifest.bytes());
    List<Descriptor> entries = new ArrayList<>(existing(directory));
    entries.removeIf(entry -> tag.equals(entry.annotations().get(REF_NAME)));
    entries.add(manifest.descriptor().withAnnotations(Map.of(REF_NAME, tag)));
    replace(
        directory.resolve(INDEX),
        Index.of(ImageFormat.OCI, entries, Map.of()).toDocument().bytes());
    replace(directory.resolve(MARKER), MARKER_CONTENT);
  }

  static String path(Digest digest) {
    return "blobs/" + digest.algorithm() + "/" + digest.hex();
  }

  /** {@code index.json}: one entry a name, or one without a name. */
  static ObjectNode index(List<NamedImage> images, List<Descriptor> present) {
    List<Descriptor> entries = new ArrayList<>();
    for (NamedImage image : images) {
      Descriptor root = image.root().withAnnotations(Map.of());
      if (image.names().isEmpty()) {
        entries.add(root);
      }
      for (ImageReference name : image.names()) {
        ImageReference full = name.withDefaultTag();
        Map<String, String> annotations = new LinkedHashMap<>();
        annotations.put(IMAGE_NAME, full.toString());
        if (full.tag() != null) {
          annotations.put(REF_NAME, full.tagOrDefault());
        }
        entries.add(root.withAnnotations(annotations));
      }
    }
    List<Descriptor> all = new ArrayList<>();
    for (Descriptor old : present) {
      if (entries.stream().noneMatch(entry -> replaces(entry, old))) {
        all.add(old);
      }
    }
    all.addAll(entries);
    return Json.parseObject(INDEX, Index.of(ImageFormat.OCI, all, Map.of()).toDocument().bytes());
  }

  private static boolean replaces(Descriptor entry, Descriptor old) {
    String name = nameOf(entry);
    return name == null ? entry.digest().equals(old.digest()) : name.equals(nameOf(old));
  }

  private static @Nullable String nameOf(Descriptor entry) {
    String name = entry.annotations().get(IMAGE_NAME);
    return name != null ? name : entry.annotations().get(REF_NAME);
  }

  private static List<Descriptor> existing(Path directory) throws IOException {
    Path index = directory.resolve(INDEX);
    return Files.exists(index)
        ? Index.parse(MediaType.OCI_INDEX, Files.readAllBytes(index)).content().manifests()
        : List.of();
  }

  private static void store(Path directory, Descriptor blob, BlobSource source) throws IOException {
    Path target = directory.resolve(path(blob.digest()));
    if (Files.isRegularFile(target) && Files.size(target) == blob.size()) {
      return;
    }
    Files.createDirectories(parent(target));
    Path partial = Files.createTempFile(parent(target), ".partial-", "");
    try {
      try (InputStream in = new VerifiedStream(source.open(blob), blob, "an image");
          OutputStream out = Files.newOutputStream(partial)) {
        byte[] buffer = new byte[256 * 1024];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          out.write(buffer, 0, count);
        }
      }
      publish(partial, target);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private static void replace(Path target, byte[] bytes) throws IOException {
    Files.createDirectories(parent(target));
    Path partial = Files.createTempFile(parent(target), ".partial-", "");
    try {
      Files.write(partial, bytes);
      publish(partial, target);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private static void publish(Path partial, Path target) throws IOException {
    // Temporary files are private; a layout is there to be read by others.
    if (Files.getFileStore(partial).supportsFileAttributeView("posix")) {
      Files.setPosixFilePermissions(
          partial, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
    }
    try {
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException e) {
      throw new BuildException(
          ErrorCode.IO, "writing an OCI layout: " + target + " is in the way", e);
    }
  }

  private static Path parent(Path file) {
    return java.util.Objects.requireNonNull(file.getParent());
  }
}
