package dev.slipway.e2e.demo;

import dev.slipway.builder.image.Compression;
import dev.slipway.builder.image.ContainerConfig;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.History;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.ImageFormat;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Manifest;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.layer.Content;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.Entry;
import dev.slipway.builder.layer.LayerBlob;
import dev.slipway.builder.layer.LayerOptions;
import dev.slipway.builder.layer.LayerWriter;
import dev.slipway.builder.registry.BlobUpload;
import dev.slipway.builder.registry.RegistryClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A small base image out of this machine's own shell and tools, and the libraries that the dynamic
 * linker says they need. It has what busybox has, as far as the sample uses it, so that the demo
 * needs nothing from any registry.
 */
public final class BaseImage {
  private static final List<String> TOOLS =
      List.of(
          "[",
          "awk",
          "basename",
          "cat",
          "chmod",
          "chown",
          "cp",
          "cut",
          "date",
          "dirname",
          "du",
          "echo",
          "env",
          "expr",
          "false",
          "find",
          "grep",
          "gzip",
          "head",
          "id",
          "ln",
          "ls",
          "mkdir",
          "mv",
          "od",
          "printf",
          "pwd",
          "readlink",
          "rm",
          "rmdir",
          "sed",
          "seq",
          "sh",
          "sha256sum",
          "sleep",
          "sort",
          "stat",
          "tail",
          "tar",
          "tee",
          "test",
          "touch",
          "tr",
          "true",
          "uname",
          "uniq",
          "wc",
          "xargs");
  private static final Pattern LIBRARY = Pattern.compile("\\s(/\\S+) \\(0x[0-9a-f]+\\)");
  private static final Attributes DIRECTORY = new Attributes(0755, 0, 0, 0);
  private static final Attributes PROGRAM = new Attributes(0755, 0, 0, 0);
  private static final Attributes FILE = new Attributes(0644, 0, 0, 0);

  private final TreeMap<String, Entry> entries = new TreeMap<>();
  private int tools;

  private BaseImage() {}

  /** What was assembled. */
  public record Pushed(int tools, long size) {}

  /** Assembles the image and pushes it. */
  public static Pushed push(RegistryClient client, ImageReference reference)
      throws IOException, InterruptedException {
    return push(client, reference, List.of());
  }

  /** The same with more tools of this machine. */
  public static Pushed push(RegistryClient client, ImageReference reference, List<String> more)
      throws IOException, InterruptedException {
    BaseImage image = new BaseImage();
    image.assemble(Stream.concat(TOOLS.stream(), more.stream()).toList());
    return image.pushTo(client, reference);
  }

  private void assemble(List<String> names) throws IOException, InterruptedException {
    put(new Entry.Directory("", DIRECTORY));
    put(new Entry.Directory("root", new Attributes(0700, 0, 0, 0)));
    put(new Entry.Directory("tmp", new Attributes(01777, 0, 0, 0)));
    put(new Entry.Directory("usr", DIRECTORY));
    put(new Entry.Symlink("usr/bin", new Attributes(0777, 0, 0, 0), "../bin"));
    text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n");
    text("etc/group", "root:x:0:\nnogroup:x:65534:\n");
    Map<Path, String> copied = new HashMap<>();
    List<String> command = new ArrayList<>(List.of("ldd"));
    for (String tool : names) {
      Optional<Path> found = find(tool);
      if (found.isPresent()) {
        Path real = found.get().toRealPath();
        tools++;
        String first = copied.putIfAbsent(real, "bin/" + tool);
        if (first == null) {
          program("bin/" + tool, real);
          command.add(real.toString());
        } else { // one program of many names, as in busybox itself
          parents("bin/" + tool);
          put(new Entry.HardLink("bin/" + tool, PROGRAM, first));
        }
      }
    }
    if (!entries.containsKey("bin/sh")) {
      throw new IOException("no shell is on the PATH");
    }
    Process ldd = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(ldd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    ldd.waitFor(); // fails if one of them is linked statically, which is fine
    Matcher library = LIBRARY.matcher(output);
    while (library.find()) {
      Path path = Path.of(library.group(1));
      program(path.toString().substring(1), path.toRealPath());
    }
  }

  private static Optional<Path> find(String tool) {
    for (String directory : List.of("/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin")) {
      Path path = Path.of(directory, tool);
      if (Files.isExecutable(path)) {
        return Optional.of(path);
      }
    }
    return Optional.empty();
  }

  private void text(String path, String content) {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    parents(path);
    put(new Entry.File(path, FILE, bytes.length, Content.of(bytes)));
  }

  private void program(String path, Path source) throws IOException {
    parents(path);
    put(new Entry.File(path, PROGRAM, Files.size(source), () -> Files.newInputStream(source)));
  }

  private void parents(String path) {
    for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
      String parent = path.substring(0, slash);
      entries.putIfAbsent(parent, new Entry.Directory(parent, DIRECTORY));
    }
  }

  private void put(Entry entry) {
    entries.put(entry.path(), entry);
  }

  private Pushed pushTo(RegistryClient client, ImageReference reference) throws IOException {
    LayerBlob layer;
    try (BlobUpload upload = client.startUpload(reference)) {
      Entries all = Entries.of(List.copyOf(entries.values()));
      layer = LayerWriter.write(all, LayerOptions.of(Compression.GZIP), List.of(upload));
      upload.commit(layer.digest());
    }
    History line =
        new History(Instant.EPOCH, "assembled from the tools of this machine", "", "", false);
    ImageConfig config =
        ImageConfig.scratch(Platform.local())
            .withCreated(Instant.EPOCH)
            .withConfig(
                ContainerConfig.builder()
                    .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
                    .cmd(List.of("sh"))
                    .build())
            .plus(layer.diffId(), line);
    Document<ImageConfig> document = config.toDocument(ImageFormat.OCI);
    try (BlobUpload upload = client.startUpload(reference)) {
      upload.write(document.bytes(), 0, document.bytes().length);
      upload.commit(document.digest());
    }
    Manifest manifest =
        Manifest.of(ImageFormat.OCI, document.descriptor(), List.of(layer.descriptor()), Map.of());
    client.putManifest(reference, manifest.toDocument());
    return new Pushed(tools, layer.size());
  }
}
