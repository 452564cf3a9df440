package dev.slipway.builder.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;
import org.jspecify.annotations.Nullable;

/**
 * An archive that is a tar. Only where each file starts is kept; several streams may be read at the
 * same time.
 */
final class TarFiles implements ArchiveFiles {

  private static final int MAX_LINKS = 8;

  private record Part(long offset, long size) {}

  private final FileChannel channel;
  private final Map<String, Part> files = new HashMap<>();
  private final Map<String, String> links = new HashMap<>();

  TarFiles(Path tar) throws IOException {
    try (TarFile index = new TarFile(tar)) {
      for (TarArchiveEntry entry : index.getEntries()) {
        add(entry);
      }
    } catch (IllegalArgumentException e) {
      // How the library reports some malformed headers.
      throw new IOException(e);
    }
    channel = FileChannel.open(tar, StandardOpenOption.READ);
  }

  private void add(TarArchiveEntry entry) {
    String name = normal("", entry.getName());
    if (name == null || entry.isSparse()) {
      return;
    }
    if (entry.isSymbolicLink()) {
      // Docker before 25 wrote the second of two equal layers as a link to the first.
      int slash = name.lastIndexOf('/');
      String target = normal(slash < 0 ? "" : name.substring(0, slash), entry.getLinkName());
      if (target != null) {
        links.put(name, target);
      }
    } else if (entry.isLink()) {
      String target = normal("", entry.getLinkName());
      if (target != null) {
        links.put(name, target);
      }
    } else if (entry.isFile()) {
      files.put(name, new Part(entry.getDataOffset(), entry.getSize()));
    }
  }

  /** {@code path} relative to {@code directory} without dots, or null where it leads outside. */
  private static @Nullable String normal(String directory, String path) {
    if (path.startsWith("/")) {
      return null;
    }
    Deque<String> parts = new ArrayDeque<>();
    for (String part : (directory + "/" + path).split("/", -1)) {
      if (part.equals("..")) {
        if (parts.pollLast() == null) {
          return null;
        }
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.addLast(part);
      }
    }
    return String.join("/", parts);
  }

  private @Nullable Part find(String path) {
    String name = path;
    for (int i = 0; i < MAX_LINKS; i++) {
      Part part = files.get(name);
      if (part != null) {
        return part;
      }
      name = links.get(name);
      if (name == null) {
        return null;
      }
    }
    return null;
  }

  @Override
  public Optional<Long> size(String path) {
    return Optional.ofNullable(find(path)).map(Part::size);
  }

  @Override
  public InputStream open(String path) throws IOException {
    Part part = find(path);
    if (part == null) {
      throw new java.nio.file.NoSuchFileException(path);
    }
    return new PartStream(channel, part);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static final class PartStream extends InputStream {
    private final FileChannel channel;
    private final long end;
    private long position;

    PartStream(FileChannel channel, Part part) {
      this.channel = channel;
      this.position = part.offset;
      this.end = part.offset + part.size;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      int wanted = (int) Math.min(length, end - position);
      if (wanted <= 0) {
        return -1;
      }
      int count = channel.read(ByteBuffer.wrap(buffer, offset, wanted), position);
      if (count > 0) {
        position += count;
      }
      return count;
    }
  }

  @Override
  public String toString() {
    return Arrays.toString(files.keySet().stream().sorted().toArray());
  }
}
