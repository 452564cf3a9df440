package dev.slipway.builder.layer;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.OpenFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/** Makes trees and tells what is in them. */
final class Trees {
  private Trees() {}

  static boolean isRoot() {
    try {
      return ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid")) == 0;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** One line for each entry, with everything that an entry says, its content included. */
  static List<String> describe(Entries entries) throws IOException {
    List<String> lines = new ArrayList<>();
    entries.forEach(entry -> {
      String text = entry.toString();
      if (entry instanceof Entry.File file) {
        try (InputStream in = file.content().open()) {
          byte[] bytes = in.readNBytes((int) Math.min(file.size(), 1 << 20));
          text =
              "File[%s, %s, %d, %s]"
                  .formatted(
                      file.path(),
                      file.attributes(),
                      file.size(),
                      bytes.length < 64
                          ? HexFormat.of().formatHex(bytes)
                          : dev.slipway.builder.image.Digest.sha256(bytes));
        }
      }
      lines.add(text);
    });
    return lines;
  }

  static byte[] tar(Entries entries) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TarWriter.write(entries, out);
    return out.toByteArray();
  }

  static Entries layer(byte[] tar) {
    return TarReader.layer(() -> new ByteArrayInputStream(tar));
  }

  static void file(Dir dir, String path, byte[] content, int mode) throws IOException {
    try (OpenFile file = dir.create(path, 0600)) {
      file.write(content, 0, content.length);
      file.chmod(mode);
    }
  }

  /** A tree of all kinds of objects with names and attributes of all kinds. */
  static void random(Dir root, Random random, int objects) throws IOException {
    List<String> dirs = new ArrayList<>(List.of(""));
    List<String> files = new ArrayList<>();
    for (int i = 0; i < objects; i++) {
      String parent = dirs.get(random.nextInt(dirs.size()));
      String name = name(random) + i;
      String path = parent.isEmpty() ? name : parent + '/' + name;
      switch (random.nextInt(isRoot() ? 7 : 5)) {
        case 0 -> {
          root.mkdir(path, 0755);
          dirs.add(path);
        }
        case 1 -> root.symlink(random.nextBoolean() ? "/" + name : "../" + path, path);
        case 2 -> {
          if (files.isEmpty()) {
            continue;
          }
          root.link(files.get(random.nextInt(files.size())), path);
          continue;
        }
        case 3 -> root.mknod(path, FileType.FIFO, 0600, 0, 0);
        case 5 -> root.mknod(path, FileType.CHARACTER_DEVICE, 0600, 1, random.nextInt(300));
        default -> {
          byte[] content =
              new byte[random.nextInt(5) == 0 ? random.nextInt(300_000) : random.nextInt(40)];
          if (random.nextBoolean()) {
            random.nextBytes(content);
          }
          file(root, path, content, 0600);
          files.add(path);
          if (random.nextInt(4) == 0) {
            byte[] value = new byte[random.nextInt(200)];
            random.nextBytes(value);
            root.setXattr(path, "user." + random.nextInt(10), value);
          }
        }
      }
      boolean link = root.lstat(path).isSymlink();
      if (isRoot() && random.nextInt(3) == 0) {
        root.chown(path, random.nextInt(3) == 0 ? 4_000_000_000L : random.nextInt(70_000), 5);
      }
      if (!link) {
        root.chmod(path, random.nextInt(isRoot() ? 010000 : 04000) | 0700);
      }
      root.setTimes(path, random.nextInt(5) == 0 ? -1 : random.nextLong(2_000_000_000L), 999);
    }
  }

  private static String name(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> "größe-";
      case 1 -> "bytes-\udcff\udc80";
      case 2 -> "x".repeat(150 + random.nextInt(90));
      case 3 -> "new\nline ";
      case 4 -> "-";
      case 5 -> "🚢";
      default -> "f";
    };
  }
}
