package dev.slipway.e2e.conformance;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Lays out a context exactly: modes and times do not depend on the umask or on when Git checked the
 * case out. GNU tar does the work, because Java cannot make hard links to symlinks, devices, FIFOs
 * or names that are not text.
 */
final class ContextFiles {
  private static final long MTIME = 1_700_000_000L;

  private static final class Item {
    private final Entry entry;
    private final byte[] body;

    Item(Entry entry, byte[] body) {
      this.entry = entry;
      this.body = body;
    }
  }

  private final TreeMap<String, Item> items = new TreeMap<>();
  private final Map<String, Long> sparse = new TreeMap<>();

  private ContextFiles() {}

  /**
   * Copies {@code source} (may be absent), applies {@code setup}, and writes all to {@code target}.
   */
  static void lay(Path source, List<SetupEntry> setup, Path target) throws IOException {
    ContextFiles files = new ContextFiles();
    files.put(new Entry('d', "", 0755, 0, 0, MTIME, "", "", new TreeMap<>(), ""), new byte[0]);
    if (Files.isDirectory(source)) {
      files.readTree(source);
    }
    for (SetupEntry entry : setup) {
      files.apply(entry);
    }
    Files.createDirectories(target);
    files.extract(target);
  }

  private void readTree(Path source) throws IOException {
    try (Stream<Path> walk = Files.walk(source)) {
      for (Path path : (Iterable<Path>) walk::iterator) {
        String name = bytes(source.relativize(path).toString());
        if (Files.isSymbolicLink(path)) {
          String to = bytes(Files.readSymbolicLink(path).toString());
          put(new Entry('l', name, 0777, 0, 0, MTIME, to, "", new TreeMap<>(), ""), new byte[0]);
        } else if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
          put(new Entry('d', name, 0755, 0, 0, MTIME, "", "", new TreeMap<>(), ""), new byte[0]);
        } else {
          int mode = Files.isExecutable(path) ? 0755 : 0644;
          put(
              new Entry('f', name, mode, 0, 0, MTIME, "", "", new TreeMap<>(), ""),
              Files.readAllBytes(path));
        }
      }
    }
  }

  private void put(Entry entry, byte[] body) {
    items.put(entry.path(), new Item(entry, body));
  }

  private void apply(SetupEntry setup) throws IOException {
    String path = unescape(setup.path());
    Item old = items.get(path);
    if (setup.kind().equals("attributes")) {
      if (old == null) {
        throw new IOException("setup changes " + path + ", which is not there");
      }
      Entry was = old.entry;
      put(
          new Entry(
              was.type(),
              path,
              setup.mode() == null ? was.mode() : Integer.parseInt(setup.mode(), 8),
              setup.uid() == null ? was.uid() : setup.uid(),
              setup.gid() == null ? was.gid() : setup.gid(),
              setup.mtime() == null ? was.mtime() : setup.mtime(),
              was.link(),
              "",
              xattrs(setup),
              was.device()),
          old.body);
      return;
    }
    if (setup.kind().equals("sparse")) {
      sparse.put(setup.path(), setup.size() == null ? 0 : setup.size());
    }
    for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
      String parent = path.substring(0, slash);
      if (!items.containsKey(parent)) {
        put(new Entry('d', parent, 0755, 0, 0, MTIME, "", "", new TreeMap<>(), ""), new byte[0]);
      }
    }
    put(entry(setup), body(setup));
  }

  static Entry entry(SetupEntry setup) {
    char type =
        switch (setup.kind()) {
          case "file", "tar", "sparse" -> 'f';
          case "dir" -> 'd';
          case "symlink" -> 'l';
          case "hardlink" -> 'h';
          case "fifo" -> 'p';
          case "char" -> 'c';
          case "block" -> 'b';
          default -> throw new IllegalArgumentException("setup type " + setup.kind());
        };
    int mode = type == 'd' ? 0755 : type == 'l' ? 0777 : 0644;
    return new Entry(
        type,
        unescape(setup.path()),
        setup.mode() == null ? mode : Integer.parseInt(setup.mode(), 8),
        setup.uid() == null ? 0 : setup.uid(),
        setup.gid() == null ? 0 : setup.gid(),
        setup.mtime() == null ? MTIME : setup.mtime(),
        setup.link() == null ? "" : unescape(setup.link()),
        "",
        xattrs(setup),
        setup.device() == null ? "" : setup.device());
  }

  private static SortedMap<String, String> xattrs(SetupEntry setup) {
    SortedMap<String, String> xattrs = new TreeMap<>();
    if (setup.xattrs() != null) {
      setup.xattrs().forEach((key, value) -> xattrs.put(key, unescape(value)));
    }
    return xattrs;
  }

  private static byte[] body(SetupEntry setup) throws IOException {
    if (setup.hex() != null) {
      return HexFormat.of().parseHex(setup.hex());
    }
    if (setup.entries() != null) {
      return archive(setup.entries(), setup.compress());
    }
    return setup.text() == null ? new byte[0] : setup.text().getBytes(StandardCharsets.UTF_8);
  }

  /** A tar of exactly these entries: nothing is sorted, added or cleaned. */
  static byte[] archive(List<SetupEntry> entries, @Nullable String compress) throws IOException {
    if ("xz".equals(compress)) {
      return Command.of("xz", "-c").pipe(archive(entries, null));
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out =
        switch (compress == null ? "" : compress) {
          case "" -> bytes;
          case "gz" -> new GZIPOutputStream(bytes);
          case "bz2" -> new BZip2CompressorOutputStream(bytes);
          case "zstd" -> new ZstdOutputStream(bytes);
          default -> throw new IllegalArgumentException("compression " + compress);
        }) {
      TarWriter tar = new TarWriter(out);
      for (SetupEntry entry : entries) {
        tar.add(entry(entry), body(entry));
      }
      tar.finish();
    }
    return bytes.toByteArray();
  }

  private void extract(Path target) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new BufferedOutputStream(bytes)) {
      TarWriter tar = new TarWriter(out);
      List<Item> last = new ArrayList<>();
      for (Item item : items.values()) {
        if (item.entry.type() == 'h') {
          last.add(item); // a hard link must follow what it links to
        } else {
          tar.add(item.entry, item.body);
        }
      }
      for (Item item : last) {
        tar.add(item.entry, item.body);
      }
      tar.finish();
    }
    Command.of(
            "tar",
            "-xpf",
            "-",
            "--numeric-owner",
            Command.isRoot() ? "--same-owner" : "--no-same-owner",
            "--xattrs",
            "--xattrs-include=*",
            "-C",
            target.toString())
        .pipe(bytes.toByteArray());
    for (Map.Entry<String, Long> file : sparse.entrySet()) {
      Path path = target.resolve(file.getKey());
      try (RandomAccessFile hole = new RandomAccessFile(path.toFile(), "rw")) {
        hole.setLength(file.getValue());
        hole.seek(file.getValue() / 2);
        hole.write('x');
      }
      Files.setLastModifiedTime(path, FileTime.from(Instant.ofEpochSecond(MTIME)));
    }
  }

  private static String bytes(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  /** {@code %XX} becomes the byte XX, all else its UTF-8 bytes. */
  static String unescape(String text) {
    String latin = bytes(text);
    StringBuilder out = new StringBuilder(latin.length());
    for (int i = 0; i < latin.length(); i++) {
      if (latin.charAt(i) == '%' && i + 2 < latin.length()) {
        out.append((char) HexFormat.fromHexDigits(latin, i + 1, i + 3));
        i += 2;
      } else {
        out.append(latin.charAt(i));
      }
    }
    return out.toString();
  }
}
