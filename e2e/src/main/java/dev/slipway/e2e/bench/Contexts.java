package dev.slipway.e2e.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Writes build contexts. The same arguments always give the same bytes. */
final class Contexts {
  private static final int MEGABYTE = 1024 * 1024;
  private static final int FILES_IN_DIRECTORY = 1000;

  private Contexts() {}

  static void program(Path directory, String from, String onto) throws IOException {
    write(
        directory.resolve("Dockerfile"),
        """
        FROM %s AS build
        COPY main.c /src/main.c
        RUN gcc -O2 -o /src/hello /src/main.c
        FROM %s
        COPY --from=build /src/hello /usr/local/bin/hello
        CMD ["hello"]
        """
            .formatted(from, onto));
    write(directory.resolve("main.c"), source(0));
  }

  /** The same program after an edit is {@code source(n)} for another n. */
  static String source(int edit) {
    return """
    #include <stdio.h>
    int main(void) { puts("hello, edit %d"); return 0; }
    """
        .formatted(edit);
  }

  /** A program with dependencies that are compiled in a step of their own. */
  static void project(Path directory, String from, String onto) throws IOException {
    write(
        directory.resolve("Dockerfile"),
        """
        FROM %s AS build
        WORKDIR /src
        COPY deps deps
        RUN cd deps && for f in *.c; do gcc -O2 -c "$f"; done
        COPY main.c .
        RUN gcc -O2 -o hello main.c deps/*.o
        FROM %s
        COPY --from=build /src/hello /usr/local/bin/hello
        CMD ["hello"]
        """
            .formatted(from, onto));
    for (int i = 0; i < 40; i++) {
      write(
          directory.resolve("deps/dep" + i + ".c"),
          "int dep%d(int x) { return x * %d + 1; }\n".formatted(i, i));
    }
    write(directory.resolve("main.c"), source(0));
  }

  static void oneFile(Path directory, String base) throws IOException {
    write(directory.resolve("Dockerfile"), "FROM " + base + "\nCOPY file /opt/file\n");
    write(directory.resolve("file"), "one file\n");
  }

  static void smallFiles(Path directory, String base, int count) throws IOException {
    write(directory.resolve("Dockerfile"), "FROM " + base + "\nCOPY files /opt/files\n");
    for (int i = 0; i < count; i++) {
      write(
          directory.resolve("files/%03d/%05d".formatted(i / FILES_IN_DIRECTORY, i)),
          "this is file number " + i + "\n");
    }
  }

  static void incompressible(Path directory, String base, int megabytes) throws IOException {
    write(directory.resolve("Dockerfile"), "FROM " + base + "\nCOPY data /opt/data\n");
    Random random = new Random(megabytes);
    byte[] block = new byte[MEGABYTE];
    Files.createDirectories(directory.resolve("data"));
    for (int written = 0, file = 0; written < megabytes; file++) {
      try (OutputStream out = Files.newOutputStream(directory.resolve("data/blob" + file))) {
        for (int i = 0; i < 256 && written < megabytes; i++, written++) {
          random.nextBytes(block);
          out.write(block);
        }
      }
    }
  }

  /** Each stage keeps a processor busy for about 0.6 s. */
  static void stages(Path directory, String base, int count, int work) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append("FROM ").append(base).append(" AS s").append(i).append('\n');
      text.append("RUN i=0; while [ $i -lt ")
          .append(work)
          .append(" ]; do i=$((i+1)); done; echo ")
          .append(i)
          .append(" > /out")
          .append(i)
          .append('\n');
    }
    text.append("FROM ").append(base).append('\n');
    for (int i = 0; i < count; i++) {
      text.append("COPY --from=s").append(i).append(" /out").append(i).append(" /out/\n");
    }
    write(directory.resolve("Dockerfile"), text.toString());
  }

  static void chain(Path directory, String base, int count) throws IOException {
    StringBuilder text = new StringBuilder("FROM " + base + "\n");
    for (int i = 0; i < count; i++) {
      text.append("RUN echo ").append(i).append(" > /step").append(i).append('\n');
    }
    write(directory.resolve("Dockerfile"), text.toString());
  }

  static void write(Path file, String text) throws IOException {
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.writeString(file, text);
  }
}
