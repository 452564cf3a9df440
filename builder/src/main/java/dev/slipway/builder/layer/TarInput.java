package dev.slipway.builder.layer;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.FileType;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Takes a tar apart, one object after the other. */
final class TarInput {
  /** What a PAX header or a long name may take: far more than Linux lets a file have. */
  private static final int MAX_EXTENSION = 1 << 20;

  private final InputStream in;
  private final byte[] block = new byte[TarWriter.BLOCK];
  private PaxHeader global = PaxHeader.EMPTY;

  /** What is left of the data of the last entry, and of the padding after it. */
  private long data;

  private int padding;

  TarInput(InputStream in) {
    this.in = in;
  }

  /** The next object, or null at the end. Its content is gone once this is called again. */
  Entry.@Nullable Node next() throws IOException {
    PaxHeader pax = PaxHeader.EMPTY;
    byte[] longName = null;
    byte[] longLink = null;
    while (true) {
      skipData();
      TarHeader header = readHeader();
      if (header == null) {
        return null;
      }
      switch (header.type()) {
        case 'x', 'X' -> pax = PaxHeader.parse(extension(header));
        case 'g' -> global = global.overriddenBy(PaxHeader.parse(extension(header)));
        case 'L' -> longName = withoutNul(extension(header));
        case 'K' -> longLink = withoutNul(extension(header));
        case 'V' -> startData(header.size());
        default -> {
          return node(header, global.overriddenBy(pax), longName, longLink);
        }
      }
    }
  }

  private Entry.Node node(
      TarHeader header, PaxHeader pax, byte @Nullable [] longName, byte @Nullable [] longLink)
      throws IOException {
    byte[] rawName =
        pax.bytes(
            "GNU.sparse.name", pax.bytes("path", longName == null ? header.name() : longName));
    byte[] rawLink = pax.bytes("linkpath", longLink == null ? header.link() : longLink);
    String path = clean(rawName, "entry");
    Attributes attributes =
        new Attributes(
            (int) (header.mode() & 07777),
            id(pax.number("uid", header.uid()), path),
            id(pax.number("gid", header.gid()), path),
            pax.seconds("mtime", header.mtime()),
            pax.xattrs());
    char type = header.type();
    boolean slash = rawName.length > 0 && rawName[rawName.length - 1] == '/';
    if (type == '5' || type == 'D' || (slash && (type == '0' || type == 0))) {
      // D is a directory of a GNU incremental dump, with a list of names as its data.
      startData(type == 'D' ? pax.number("size", header.size()) : 0);
      return new Entry.Directory(path, attributes);
    }
    if (path.isEmpty()) {
      throw invalid("an entry that is no directory has the name of the root");
    }
    return switch (type) {
      case '0', 0, '7', 'S' -> file(header, pax, path, attributes);
      case '1' -> new Entry.HardLink(path, attributes, clean(rawLink, "hard link"));
      case '2' -> new Entry.Symlink(path, attributes, symlinkTarget(rawLink, path));
      case '3' -> device(header, path, attributes, FileType.CHARACTER_DEVICE);
      case '4' -> device(header, path, attributes, FileType.BLOCK_DEVICE);
      case '6' -> new Entry.Fifo(path, attributes);
      default ->
          throw new BuildException(
              ErrorCode.UNSUPPORTED,
              "the tar has an entry of the unknown type '" + type + "': " + path);
    };
  }

  private Entry.Node file(TarHeader header, PaxHeader pax, String path, Attributes attributes)
      throws IOException {
    long stored = pax.number("size", header.size());
    if (stored < 0) {
      throw invalid(path + " has the size " + stored);
    }
    startData(stored);
    SparseMap sparse = SparseMap.of(header, pax, this);
    if (sparse == null) {
      Content once = new Once(new Data());
      return new Entry.File(path, attributes, stored, once);
    }
    if (sparse.dataSize() != data) {
      throw invalid(
          path + " is sparse with " + sparse.dataSize() + " bytes of data, but has " + data);
    }
    return new Entry.File(path, attributes, sparse.size(), new Once(sparse.expand(new Data())));
  }

  private static Entry.Device device(
      TarHeader header, String path, Attributes attributes, FileType type) {
    // Linux has 12 bits for the one and 20 for the other.
    if (header.devMajor() >>> 12 != 0 || header.devMinor() >>> 20 != 0) {
      throw invalid(path + " is a device with impossible numbers");
    }
    return new Entry.Device(
        path, attributes, type, (int) header.devMajor(), (int) header.devMinor());
  }

  private static String symlinkTarget(byte[] raw, String path) {
    if (raw.length == 0) {
      throw invalid("the symbolic link " + path + " points nowhere");
    }
    return FileName.decode(noNul(raw, "symbolic link"));
  }

  private static long id(long id, String path) {
    if (id < 0 || id > 0xffff_fffeL) {
      throw invalid(path + " has an owner or group that does not exist on Linux: " + id);
    }
    return id;
  }

  /**
   * The path below the root: no slash at the ends, no empty, {@code .} or {@code ..} components.
   * One that leads above the root is refused.
   */
  private static String clean(byte[] raw, String what) {
    String name = FileName.decode(noNul(raw, what));
    if (name.isEmpty()) {
      throw invalid("an " + what + " has no name");
    }
    if (isClean(name)) {
      return name;
    }
    StringBuilder path = new StringBuilder(name.length());
    for (String part : name.split("/", -1)) {
      if (part.equals("..")) {
        if (path.isEmpty()) {
          throw invalid("the " + what + " " + name + " leads out of the archive");
        }
        path.setLength(Math.max(0, path.lastIndexOf("/")));
      } else if (!part.isEmpty() && !part.equals(".")) {
        if (!path.isEmpty()) {
          path.append('/');
        }
        path.append(part);
      }
    }
    return path.toString();
  }

  /** Whether no component is empty or starts with a dot; almost all names of almost all tars. */
  private static boolean isClean(String name) {
    boolean start = true;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (start && (c == '/' || c == '.')) {
        return false;
      }
      start = c == '/';
    }
    return !start;
  }

  private static byte[] noNul(byte[] raw, String what) {
    for (byte b : raw) {
      if (b == 0) {
        throw invalid("the name of a " + what + " holds a NUL");
      }
    }
    return raw;
  }

  private static byte[] withoutNul(byte[] raw) {
    int length = raw.length;
    while (length > 0 && raw[length - 1] == 0) {
      length--;
    }
    return Arrays.copyOf(raw, length);
  }

  /** The next header, or null at the end of the archive. */
  private @Nullable TarHeader readHeader() throws IOException {
    int n = in.readNBytes(block, 0, block.length);
    if (n == 0) {
      return null;
    }
    if (n < block.length) {
      throw invalid("it ends in the middle of a header");
    }
    if (isZero()) {
      n = in.readNBytes(block, 0, block.length);
      if (n == block.length && !isZero()) {
        // Programs disagree on what that means, so that they would see different files.
        throw invalid("there are entries after its end");
      }
      return null;
    }
    return TarHeader.parse(block);
  }

  private boolean isZero() {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private byte[] extension(TarHeader header) throws IOException {
    long size = header.size();
    if (size < 0 || size > MAX_EXTENSION) {
      throw invalid("an extended header has " + size + " bytes");
    }
    startData(size);
    byte[] bytes = new byte[(int) size];
    readData(bytes);
    return bytes;
  }

  private void startData(long size) {
    data = size;
    padding = (int) (-size & (TarWriter.BLOCK - 1));
  }

  /** Reads the next part of the current entry's data, whole. */
  void readData(byte[] target) throws IOException {
    if (target.length > data || in.readNBytes(target, 0, target.length) < target.length) {
      throw invalid("it ends in the middle of an entry");
    }
    data -= target.length;
  }

  /** Reads a block that is not counted as data: the continuation of an old sparse header. */
  byte[] readExtensionBlock() throws IOException {
    byte[] extra = new byte[TarWriter.BLOCK];
    if (in.readNBytes(extra, 0, extra.length) < extra.length) {
      throw invalid("it ends in the middle of a header");
    }
    return extra;
  }

  private void skipData() throws IOException {
    try {
      in.skipNBytes(data + padding);
    } catch (EOFException e) {
      throw invalid("it ends in the middle of an entry");
    }
    data = 0;
    padding = 0;
  }

  static BuildException invalid(String what) {
    return new BuildException(ErrorCode.IMAGE_INVALID, "the tar is malformed: " + what);
  }

  /** The data of the current entry. */
  private final class Data extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (data == 0) {
        return -1;
      }
      int n = in.read(target, offset, (int) Math.min(length, data));
      if (n < 0) {
        throw invalid("it ends in the middle of an entry");
      }
      data -= n;
      return n;
    }
  }

  /** A content that cannot start again. */
  private static final class Once implements Content {
    private @Nullable InputStream stream;

    Once(InputStream stream) {
      this.stream = stream;
    }

    @Override
    public InputStream open() {
      InputStream result = stream;
      if (result == null) {
        throw new IllegalStateException("a tar's content can be read once");
      }
      stream = null;
      return result;
    }
  }
}
