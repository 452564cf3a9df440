import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Lays out the jars of the image: {@code java Jars.java REPOSITORY DESTINATION} writes the
 * libraries to {@code lib}, our own jars to {@code app}, and there, for each program, the options and
 * the class path as an argument file of the JVM.
 *
 * <p>The jars are written anew: not compressed, because the layer is (a third less in the registry,
 * and the JVM inflates nothing); without signatures and with classes in files of today, because the JVM
 * keeps no class of a signed jar and no old one in its cache; and without the native libraries of
 * other platforms.
 */
public final class Jars {
  private static final List<String> OPTIONS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:-UsePerfData",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  private final Path source;
  private final Path lib;
  private final Path app;

  private Jars(Path source, Path lib, Path app) {
    this.source = source;
    this.lib = lib;
    this.app = app;
  }

  public static void main(String[] arguments) throws IOException {
    Path source = Path.of(arguments[0]);
    Path destination = Path.of(arguments[1]);
    Jars jars =
        new Jars(
            source,
            Files.createDirectories(destination.resolve("lib")),
            Files.createDirectories(destination.resolve("app")));
    // Builds are short, so that little is worth compiling; but that by C2, for its SHA-256.
    jars.program(
        "builder",
        List.of("builder"),
        "dev.slipway.builder.cli.Main",
        "-XX:CompileThresholdScaling=8",
        "-Xms16m",
        "-XX:MaxNewSize=16m");
    // In a container with a limit. A heap that lives long grows to what it may have, and beside it
    // are code, classes and threads: 160 MB, whatever the limit. What lives long is most of it. C2
    // would take 5 s of processor at a restart and 30 MB, for an operator that waits for the API
    // server whenever it is busy.
    jars.program(
        "operator",
        List.of("operator", "crds"),
        "dev.slipway.operator.OperatorMain",
        "-XX:TieredStopAtLevel=1",
        "-XX:MaxRAMPercentage=40",
        "-XX:MaxNewSize=20m");
  }

  private void program(String name, List<String> modules, String main, String... options)
      throws IOException {
    List<String> classPath = new ArrayList<>();
    for (String module : modules) {
      for (Path jar : list(source.resolve(module).resolve("target"))) {
        classPath.add(rewrite(jar, app));
      }
    }
    for (Path jar : list(source.resolve(name).resolve("target/lib"))) {
      classPath.add(rewrite(jar, lib));
    }
    List<String> lines = new ArrayList<>(OPTIONS);
    lines.addAll(List.of(options));
    lines.addAll(List.of("-cp", String.join(":", classPath), main));
    Files.write(app.resolve(name + ".args"), lines);
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> jars = files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
      if (jars.isEmpty()) {
        throw new IOException("no jar in " + directory + ": run `make build` first");
      }
      return jars;
    }
  }

  private static String rewrite(Path from, Path directory) throws IOException {
    Path to = directory.resolve(from.getFileName().toString());
    if (Files.exists(to)) {
      return to.toString(); // a library of both programs
    }
    try (ZipFile in = new ZipFile(from.toFile());
        OutputStream file = Files.newOutputStream(to);
        ZipOutputStream out = new ZipOutputStream(file)) {
      out.setMethod(ZipOutputStream.STORED);
      Modern modern = new Modern(in);
      for (Enumeration<? extends ZipEntry> all = in.entries(); all.hasMoreElements(); ) {
        ZipEntry entry = all.nextElement();
        if (isSignature(entry.getName()) || isForeign(entry.getName())) {
          continue;
        }
        byte[] bytes = in.getInputStream(entry).readAllBytes();
        if (Modern.isOld(entry.getName(), bytes)) {
          bytes = modern.classFile(bytes);
        }
        CRC32 crc = new CRC32();
        crc.update(bytes);
        ZipEntry copy = new ZipEntry(entry.getName());
        copy.setTimeLocal(entry.getTimeLocal());
        copy.setSize(bytes.length);
        copy.setCrc(crc.getValue());
        out.putNextEntry(copy);
        out.write(bytes);
      }
    }
    return to.toString();
  }

  private static boolean isSignature(String name) {
    return name.matches("META-INF/[^/]+\\.(SF|RSA|EC|DSA)");
  }

  /** Whether it is a native library, in the layout of zstd-jni, that this machine cannot load. */
  private static boolean isForeign(String name) {
    String[] parts = name.split("/");
    boolean library =
        parts.length == 3 && Arrays.asList("linux", "darwin", "win", "aix", "freebsd").contains(parts[0]);
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return library && !name.startsWith("linux/" + arch + "/");
  }
}
