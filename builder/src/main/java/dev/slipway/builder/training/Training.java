package dev.slipway.builder.training;

import dev.slipway.builder.cli.Main;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * Builds a sample as users do, while the JVM records which classes that takes: from nothing, with
 * nothing changed, with one file changed, and on another machine with the cache of the first.
 *
 * <p>{@code Training DIRECTORY} works in an empty directory. What cannot be built where it runs (a
 * RUN without the right to isolate it) is left out: the recording is worth less then, not wrong.
 */
public final class Training {
  /** Files of a COPY, in ten directories. */
  private static final int MANY = 1000;

  private static final int COPIES = 8;

  private final Path directory;
  private final String registry;

  private Training(Path directory, String registry) {
    this.directory = directory;
    this.registry = registry;
  }

  public static void main(String[] arguments) throws IOException {
    try (MemoryRegistry registry = MemoryRegistry.start()) {
      new Training(Path.of(arguments[0]), registry.host()).run();
    }
    System.exit(0); // the ordinary way: the recording is written at its end
  }

  private void run() throws IOException {
    base();
    many();
    for (String step : List.of("", "RUN [\"/program\"]")) {
      Path context = context(step);
      String name = "sample" + step.length();
      build(context, name, "first");
      build(context, name, "first");
      Files.writeString(context.resolve("changing"), "changed");
      build(context, name, "first");
      build(context, name, "second");
    }
  }

  private void base() throws IOException {
    Path context = Files.createDirectories(directory.resolve("base"));
    Path program = Files.write(context.resolve("program"), program());
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(
        context.resolve("Dockerfile"),
        "FROM scratch\nCOPY program /program\nENV PATH=/\nCMD [\"/program\"]\n");
    build(context, "base", "first");
  }

  /** A COPY of many files runs what a start never does, and so often that it is compiled. */
  private void many() throws IOException {
    Path context = Files.createDirectories(directory.resolve("many"));
    for (int i = 0; i < MANY; i++) {
      Path file = context.resolve("files/" + i / 100 + "/" + i);
      if (i % 100 == 0) {
        Files.createDirectories(file.resolveSibling(""));
      }
      Files.writeString(file, "this is file " + i);
    }
    StringBuilder text = new StringBuilder("FROM scratch\n");
    // The same ones again: to make files takes longer than to copy them.
    for (int i = 0; i < COPIES; i++) {
      text.append("COPY files /").append(i).append('\n');
    }
    Files.writeString(context.resolve("Dockerfile"), text.toString());
    build(context, "many", "first");
  }

  private Path context(String step) throws IOException {
    Path context = Files.createDirectories(directory.resolve("context" + step.length()));
    Files.createDirectories(context.resolve("source/deep"));
    Files.writeString(context.resolve("source/deep/file"), "text");
    Files.writeString(context.resolve("main.c"), "int main(void) { return 0; }");
    Files.writeString(context.resolve("changing"), "as it was");
    Files.writeString(context.resolve(".dockerignore"), "*.o\n!kept.o\n");
    Files.writeString(context.resolve("Dockerfile"), dockerfile(step));
    return context;
  }

  private String dockerfile(String step) {
    return """
    FROM %1$s/base AS first
    ARG name=value
    ENV A=$name
    WORKDIR /work
    COPY source main.c /work/$name/
    %2$s
    COPY changing /work/
    FROM %1$s/base
    COPY --from=first /work /copied
    LABEL a=b
    USER 1000
    CMD ["/program"]
    """
        .formatted(registry, step);
  }

  private void build(Path context, String name, String store) {
    List<String> arguments = new ArrayList<>(List.of("build", "--progress=plain"));
    arguments.add("--root=" + directory.resolve(store));
    arguments.add("--tag=" + registry + "/" + name);
    arguments.add("--push");
    if (!name.equals("base")) {
      String cache = "type=registry,ref=" + registry + "/cache:" + name;
      arguments.add("--cache-from=" + cache);
      arguments.add("--cache-to=" + cache + ",mode=max");
    }
    arguments.add(context.toString());
    int status = Main.start(arguments.toArray(String[]::new));
    System.err.println(name + " in the " + store + " store: exit code " + status);
  }

  /** A program that ends at once: an ELF header, one segment, and {@code exit(0)}. */
  private static byte[] program() {
    boolean arm = System.getProperty("os.arch", "").equals("aarch64");
    int header = 64 + 56;
    long address = 0x400000;
    // mov $60,%eax; xor %edi,%edi; syscall, or: mov x8,#93; mov x0,#0; svc #0
    int[] code =
        arm
            ? new int[] {0xd2800ba8, 0xd2800000, 0xd4000001}
            : new int[] {0x00003cb8, 0x0fff3100, 0x00000005};
    ByteBuffer elf = ByteBuffer.allocate(header + 12).order(ByteOrder.LITTLE_ENDIAN);
    elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
    elf.putShort((short) 2).putShort((short) (arm ? 183 : 62)).putInt(1);
    elf.putLong(address + header).putLong(64).putLong(0).putInt(0);
    elf.putShort((short) 64).putShort((short) 56).putShort((short) 1).position(64);
    elf.putInt(1).putInt(5).putLong(0).putLong(address).putLong(address);
    elf.putLong(elf.capacity()).putLong(elf.capacity()).putLong(0x1000);
    for (int word : code) {
      elf.putInt(word);
    }
    return elf.array();
  }
}
