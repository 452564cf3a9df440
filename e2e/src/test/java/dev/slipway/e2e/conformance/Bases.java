package dev.slipway.e2e.conformance;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;

/**
 * The base images of the cases, made the same each time from Debian's static busybox and a few
 * files. Their layers are uncompressed or gzip at the JDK's default level; no golden depends on
 * which, and none depends on busybox's own bytes.
 */
final class Bases {
  static final Path BUSYBOX = Path.of("/bin/busybox");

  private static final String OCI = "application/vnd.oci.image.";
  private static final String DOCKER = "application/vnd.docker.";
  private static final long MTIME = 1_600_000_000L;
  private static final String PATH =
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a registry serves: a manifest or blob with its media type. */
  static final class Blob {
    private final String mediaType;
    private final byte[] bytes;
    private final String digest;

    Blob(String mediaType, byte[] bytes) {
      this.mediaType = mediaType;
      this.bytes = bytes;
      this.digest = digestOf(bytes);
    }

    String mediaType() {
      return mediaType;
    }

    String digest() {
      return digest;
    }

    /** Not copied: nobody here writes into it. */
    byte[] bytes() {
      return bytes;
    }
  }

  private record Layer(Blob blob, String diffId) {}

  /** A base that a golden may name: where its layers end, and the file system that they make. */
  record Known(String name, List<String> diffIds, Tree tree, int history) {}

  /** Blobs by digest, manifests by {@code repository:tag}. */
  final Map<String, Blob> blobs = new HashMap<>();

  final Map<String, Blob> manifests = new LinkedHashMap<>();
  final List<Known> known = new ArrayList<>();

  Bases() throws IOException {
    Layer root = layer(true, rootFiles());
    image("base", "amd64", List.of(root), Map.of("Env", List.of(PATH), "Cmd", List.of("/bin/sh")));
    image("noenv", "amd64", List.of(root), Map.of());
    image("config", "amd64", List.of(root), fullConfig());
    Layer above = layer(true, files -> aboveFiles(files));
    Layer top = layer(false, files -> topFiles(files));
    image("layers", "amd64", List.of(root, above, top), Map.of("Env", List.of(PATH)));
    image("bare", "amd64", List.of(layer(false, files -> bareFiles(files))), Map.of());
    Map<String, Object> trigger = new TreeMap<>();
    trigger.put("Env", List.of(PATH));
    trigger.put("OnBuild", List.of("COPY . /src", "RUN echo trigger > /triggered", "ENV T=on"));
    image("onbuild", "amd64", List.of(root), Map.copyOf(trigger));
    trigger.put("OnBuild", List.of("ONBUILD RUN true"));
    image("onbuild-nested", "amd64", List.of(root), Map.copyOf(trigger));
    trigger.put("OnBuild", List.of("COPY --from=base /etc/passwd /from-base"));
    image("onbuild-from", "amd64", List.of(root), Map.copyOf(trigger));
    dockerImage("docker", List.of(root));
    image("links", "amd64", List.of(root, layer(true, files -> linkFiles(files))), Map.of());
    index("multi", root);
  }

  // ---- images --------------------------------------------------------------------------------

  private void image(
      String name, String architecture, List<Layer> layers, Map<String, Object> config) {
    manifests.put(name + ":latest", put(manifest(name, architecture, layers, config, OCI)));
  }

  private void dockerImage(String name, List<Layer> layers) {
    Map<String, Object> config = Map.of("Env", List.of(PATH), "Cmd", List.of("/bin/sh"));
    manifests.put(name + ":latest", put(manifest(name, "amd64", layers, config, DOCKER)));
  }

  private Blob manifest(
      String name,
      String architecture,
      List<Layer> layers,
      Map<String, Object> config,
      String family) {
    boolean docker = family.equals(DOCKER);
    List<Map<String, Object>> history = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      history.add(
          Map.of("created", "2020-09-13T12:26:40Z", "created_by", "layer " + i + " of " + name));
    }
    history.add(
        Map.of("created", "2020-09-13T12:26:40Z", "created_by", "config", "empty_layer", true));
    Map<String, Object> image = new TreeMap<>();
    image.put("created", "2020-09-13T12:26:40Z");
    image.put("architecture", architecture);
    image.put("os", "linux");
    image.put("config", config);
    image.put("history", history);
    List<String> diffIds = layers.stream().map(Layer::diffId).toList();
    image.put("rootfs", Map.of("type", "layers", "diff_ids", diffIds));
    Blob configBlob =
        put(
            new Blob(
                docker ? DOCKER + "container.image.v1+json" : OCI + "config.v1+json", json(image)));
    List<Object> layerDescriptors = new ArrayList<>();
    for (Layer layer : layers) {
      boolean zipped = layer.blob().mediaType().endsWith("gzip");
      layerDescriptors.add(
          descriptor(
              layer.blob(),
              docker
                  ? DOCKER + "image.rootfs.diff.tar" + (zipped ? ".gzip" : "")
                  : layer.blob().mediaType()));
    }
    known.add(new Known(name, diffIds, tree(layers), history.size()));
    String type = docker ? DOCKER + "distribution.manifest.v2+json" : OCI + "manifest.v1+json";
    Map<String, Object> manifest = new TreeMap<>();
    manifest.put("schemaVersion", 2);
    manifest.put("mediaType", type);
    manifest.put("config", descriptor(configBlob, configBlob.mediaType()));
    manifest.put("layers", layerDescriptors);
    return new Blob(type, json(manifest));
  }

  /** Three platforms, each with a file that names it; only the first one's programs run here. */
  private void index(String name, Layer root) throws IOException {
    List<Object> entries = new ArrayList<>();
    for (String platform : List.of("amd64", "arm64", "arm/v7")) {
      Layer mark =
          layer(
              true,
              files ->
                  files.file(
                      "platform", 0644, 0, 0, (platform + "\n").getBytes(StandardCharsets.UTF_8)));
      String architecture = platform.substring(0, platform.contains("/") ? 3 : platform.length());
      Blob manifest =
          put(
              manifest(
                  name + "-" + platform.replace("/", ""),
                  architecture,
                  List.of(root, mark),
                  Map.of("Env", List.of(PATH)),
                  OCI));
      Map<String, Object> entry = new TreeMap<>(descriptor(manifest, manifest.mediaType()));
      entry.put(
          "platform",
          platform.equals("arm/v7")
              ? Map.of("os", "linux", "architecture", "arm", "variant", "v7")
              : Map.of("os", "linux", "architecture", platform));
      entries.add(entry);
    }
    Map<String, Object> index = new TreeMap<>();
    index.put("schemaVersion", 2);
    index.put("mediaType", OCI + "index.v1+json");
    index.put("manifests", entries);
    manifests.put(name + ":latest", put(new Blob(OCI + "index.v1+json", json(index))));
  }

  private static Map<String, Object> fullConfig() {
    Map<String, Object> config = new TreeMap<>();
    config.put("Env", List.of(PATH, "BASE_ENV=from base", "EMPTY="));
    config.put("Entrypoint", List.of("/entry", "arg"));
    config.put("Cmd", List.of("cmd", "with space"));
    config.put("User", "app:staff");
    config.put("WorkingDir", "/home/app");
    config.put("Labels", Map.of("base.label", "base value", "shared", "base"));
    config.put("Shell", List.of("/bin/sh", "-ec"));
    config.put("StopSignal", "SIGQUIT");
    config.put("ExposedPorts", Map.of("80/tcp", Map.of(), "53/udp", Map.of()));
    config.put("Volumes", Map.of("/data", Map.of()));
    config.put(
        "Healthcheck",
        Map.of("Test", List.of("CMD", "/bin/true"), "Interval", 30_000_000_000L, "Retries", 5));
    return Map.copyOf(config);
  }

  // ---- files ---------------------------------------------------------------------------------

  /** Collects the objects of one layer. */
  private static final class FileList {
    private final TarWriter tar;

    FileList(TarWriter tar) {
      this.tar = tar;
    }

    void dir(String path, int mode, long uid, long gid) {
      add(new Entry('d', path, mode, uid, gid, MTIME, "", "", new TreeMap<>(), ""), new byte[0]);
    }

    void file(String path, int mode, long uid, long gid, byte[] body) {
      add(new Entry('f', path, mode, uid, gid, MTIME, "", "", new TreeMap<>(), ""), body);
    }

    void text(String path, String body) {
      file(path, 0644, 0, 0, body.getBytes(StandardCharsets.UTF_8));
    }

    void xattr(String path, String name, String value, int mode) {
      TreeMap<String, String> xattrs = new TreeMap<>(Map.of(name, value));
      add(new Entry('f', path, mode, 0, 0, MTIME, "", "", xattrs, ""), new byte[] {'x', '\n'});
    }

    void symlink(String path, String to) {
      add(new Entry('l', path, 0777, 0, 0, MTIME, to, "", new TreeMap<>(), ""), new byte[0]);
    }

    void hardLink(String path, String to) {
      add(new Entry('h', path, 0644, 0, 0, MTIME, to, "", new TreeMap<>(), ""), new byte[0]);
    }

    private void add(Entry entry, byte[] body) {
      try {
        tar.add(entry, body);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private interface Filler {
    void fill(FileList files);
  }

  private static final List<String> APPLETS =
      List.of(
          "[",
          "awk",
          "basename",
          "cat",
          "chgrp",
          "chmod",
          "chown",
          "cp",
          "cut",
          "date",
          "dd",
          "df",
          "diff",
          "dirname",
          "du",
          "echo",
          "env",
          "expr",
          "false",
          "find",
          "getopt",
          "grep",
          "groups",
          "gunzip",
          "gzip",
          "head",
          "hostname",
          "id",
          "ip",
          "ln",
          "ls",
          "md5sum",
          "mkdir",
          "mkfifo",
          "mknod",
          "mktemp",
          "mount",
          "mv",
          "nc",
          "nproc",
          "od",
          "pidof",
          "printf",
          "ps",
          "pwd",
          "readlink",
          "realpath",
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
          "truncate",
          "umount",
          "uname",
          "uniq",
          "unlink",
          "wc",
          "wget",
          "which",
          "whoami",
          "xargs",
          "xxd",
          "yes");

  private static Filler rootFiles() throws IOException {
    byte[] busybox = Files.readAllBytes(BUSYBOX);
    return files -> {
      for (String dir :
          List.of(
              "dev",
              "etc",
              "home",
              "opt",
              "proc",
              "run",
              "srv",
              "sys",
              "usr",
              "usr/bin",
              "usr/lib",
              "usr/local",
              "usr/local/bin",
              "usr/sbin",
              "var",
              "var/lib")) {
        files.dir(dir, 0755, 0, 0);
      }
      files.dir("root", 0700, 0, 0);
      files.dir("tmp", 01777, 0, 0);
      files.dir("home/app", 0750, 1000, 1000);
      files.symlink("bin", "usr/bin");
      files.symlink("lib", "usr/lib");
      files.symlink("sbin", "usr/sbin");
      files.file("usr/bin/busybox", 0755, 0, 0, busybox);
      for (String applet : APPLETS) {
        files.symlink("usr/bin/" + applet, "busybox");
      }
      files.text(
          "etc/passwd",
          """
          root:x:0:0:root:/root:/bin/sh
          daemon:x:1:1:daemon:/usr/sbin:/bin/false
          app:x:1000:1000:App:/home/app:/bin/sh
          other:x:1001:50:Other:/srv:/bin/sh
          1234:x:77:78:a name of digits:/:/bin/sh
          big:x:4000000:4000001:Big:/:/bin/sh
          """);
      files.text(
          "etc/group",
          """
          root:x:0:
          daemon:x:1:
          staff:x:50:app,other
          audio:x:63:app
          wheel:x:999:other
          app:x:1000:
          """);
      files.text("etc/hosts", "127.0.0.1 localhost\n");
      files.text("etc/resolv.conf", "");
      files.text("etc/hostname", "base\n");
      files.file("usr/bin/setuid-tool", 04755, 0, 0, new byte[] {'s', '\n'});
      files.file("usr/bin/setgid-tool", 02755, 0, 50, new byte[] {'g', '\n'});
      files.dir("opt/dir", 0755, 0, 0);
      files.text("opt/dir/inside", "inside\n");
      files.dir("opt/tree", 0755, 0, 0);
      files.dir("opt/tree/sub", 02775, 0, 50);
      files.text("opt/tree/a", "a\n");
      files.text("opt/tree/sub/b", "b\n");
      files.text("opt/hl-a", "linked\n");
      files.hardLink("opt/hl-b", "opt/hl-a");
      files.symlink("abs", "/opt/dir");
      files.symlink("rel", "opt/dir");
      files.symlink("dangling", "nowhere/at/all");
      files.symlink("updir", "../../../../opt/dir");
      files.xattr("srv/xattr", "user.note", "kept\u00ff\u0000", 0644);
      // VFS_CAP_REVISION_2, permitted cap_net_bind_service, effective.
      files.xattr(
          "opt/capable",
          "security.capability",
          "\u0001\0\0\u0002\0\u0004\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
          0755);
    };
  }

  private static void aboveFiles(FileList files) {
    files.dir("opt", 0755, 0, 0);
    files.dir("opt/tree", 0755, 0, 0);
    files.dir("opt/tree/sub", 0755, 0, 0);
    files.text("opt/tree/sub/.wh..wh..opq", "");
    files.text("opt/tree/sub/new", "new\n");
    files.text("opt/.wh.hl-b", "");
    files.text("opt/.wh.dir", "");
    files.dir("opt/deep", 0755, 0, 0);
    files.text("opt/deep/one", "1\n");
    files.text("opt/deep/two", "2\n");
  }

  private static void topFiles(FileList files) {
    files.dir("opt", 0755, 0, 0);
    files.text("opt/dir", "a file where a directory was\n");
    files.dir("opt/hl-a", 0755, 0, 0);
    files.text("opt/hl-a/now-a-dir", "x\n");
    files.dir("opt/deep", 0711, 0, 0);
    files.text("opt/deep/.wh.one", "");
  }

  /** A shell and nothing else: no /etc, no /proc, no /tmp. */
  private static void bareFiles(FileList files) {
    try {
      files.dir("bin", 0755, 0, 0);
      files.file("bin/busybox", 0755, 0, 0, Files.readAllBytes(BUSYBOX));
      for (String applet : List.of("sh", "ls", "cat", "id", "echo", "mkdir", "touch", "find")) {
        files.symlink("bin/" + applet, "busybox");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** User files behind links, and links that would leave the root if it were not a root. */
  private static void linkFiles(FileList files) {
    files.dir("etc", 0755, 0, 0);
    files.dir("data", 0755, 0, 0);
    files.text("data/passwd", "root:x:0:0::/:/bin/sh\nlinked:x:3000:3001::/:/bin/sh\n");
    files.text("data/group", "root:x:0:\nlinkedgroup:x:3002:linked\n");
    files.symlink("etc/passwd", "/data/passwd");
    files.symlink("etc/group", "../../../../data/group");
    files.symlink("loop-a", "loop-b");
    files.symlink("loop-b", "loop-a");
    files.symlink("escape", "../../../../../../etc");
    files.symlink("chain", "chain2");
    files.symlink("chain2", "/data");
  }

  // ---- blobs ---------------------------------------------------------------------------------

  private Layer layer(boolean gzip, Filler filler) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TarWriter tar = new TarWriter(bytes);
    filler.fill(new FileList(tar));
    tar.finish();
    byte[] plain = bytes.toByteArray();
    byte[] stored = plain;
    if (gzip) {
      ByteArrayOutputStream zipped = new ByteArrayOutputStream();
      try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
        out.write(plain);
      }
      stored = zipped.toByteArray();
    }
    Blob blob = put(new Blob(OCI + "layer.v1.tar" + (gzip ? "+gzip" : ""), stored));
    layerTars.put(digestOf(plain), plain);
    return new Layer(blob, digestOf(plain));
  }

  private final Map<String, byte[]> layerTars = new HashMap<>();

  private Tree tree(List<Layer> layers) {
    Tree tree = new Tree();
    try {
      for (Layer layer : layers) {
        byte[] tar = layerTars.get(layer.diffId());
        if (tar == null) {
          throw new IllegalStateException("layer " + layer.diffId() + " is not made yet");
        }
        tree.apply(OciArchive.entries(new java.io.ByteArrayInputStream(tar)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return tree;
  }

  private Blob put(Blob blob) {
    blobs.put(blob.digest(), blob);
    return blob;
  }

  private static Map<String, Object> descriptor(Blob blob, String mediaType) {
    return Map.of("mediaType", mediaType, "digest", blob.digest(), "size", blob.bytes().length);
  }

  static String digestOf(byte[] bytes) {
    return "sha256:" + HexFormat.of().formatHex(TarReader.sha256().digest(bytes));
  }

  private static byte[] json(Object value) {
    try {
      return JSON.writer()
          .with(com.fasterxml.jackson.databind.SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
