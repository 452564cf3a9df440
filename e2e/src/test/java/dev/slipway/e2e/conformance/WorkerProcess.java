package dev.slipway.e2e.conformance;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Starts a {@link Worker} in a JVM of its own and gathers what it reports. */
final class WorkerProcess {
  /** Stands for any user: nothing on the machine belongs to it. */
  private static final int USER = 54_321;

  private static final int FIRST_SUBORDINATE = 1_000_000;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path cases;
  private final Addresses addresses;
  private final Map<String, String> environment;

  /**
   * @param environment what the worker has besides this process's
   */
  WorkerProcess(Path cases, Addresses addresses, Map<String, String> environment) {
    this.cases = cases;
    this.addresses = addresses;
    this.environment = Map.copyOf(environment);
  }

  List<Report> asRoot(Path work, String only) throws IOException {
    return inThisUserNamespace(work, "root", only);
  }

  /** As root, in the tier without namespaces. */
  List<Report> inChroot(Path work, String only) throws IOException {
    return inThisUserNamespace(work, "chroot", only);
  }

  private List<Report> inThisUserNamespace(Path work, String who, String only) throws IOException {
    Files.createDirectories(work);
    return run(
        java(System.getProperty("java.class.path"), cases, work, addresses, who, only),
        work,
        false);
  }

  /**
   * The same in a user namespace with 65,536 ids. Root first becomes {@link #USER}, who cannot read
   * what belongs to root, and so gets copies of the classes and the cases.
   */
  List<Report> asUser(Path work, String only) throws IOException {
    Files.createDirectories(work);
    if (!Command.isRoot()) {
      List<String> words = new ArrayList<>(List.of("unshare", "-Ur", "--map-auto", "--mount"));
      words.addAll(
          java(System.getProperty("java.class.path"), cases, work, addresses, "user", only));
      return run(words, work, false);
    }
    Path readable = Files.createTempDirectory("slipway-conformance");
    try {
      Command.of("cp", "-r", cases.toString(), readable.resolve("cases").toString()).check();
      List<String> classPath = new ArrayList<>();
      for (String element :
          Pattern.compile(File.pathSeparator)
              .splitAsStream(System.getProperty("java.class.path"))
              .toList()) {
        if (Files.exists(Path.of(element))) {
          Path copy =
              readable.resolve("cp" + classPath.size() + "-" + Path.of(element).getFileName());
          Command.of("cp", "-r", element, copy.toString()).check();
          classPath.add(copy.toString());
        }
      }
      Path home = Files.createDirectories(readable.resolve("work"));
      Command.of("chmod", "-R", "a+rX", readable.toString()).check();
      Command.of("chown", USER + ":" + USER, home.toString()).check();
      String id = Integer.toString(USER);
      List<String> words = new ArrayList<>();
      words.addAll(List.of("setpriv", "--reuid=" + id, "--regid=" + id, "--clear-groups", "--"));
      words.addAll(List.of("unshare", "--user", "sh", "-c", "read go; exec \"$@\"", "sh"));
      words.addAll(List.of("unshare", "--mount"));
      words.addAll(
          java(
              String.join(File.pathSeparator, classPath),
              readable.resolve("cases"),
              home,
              addresses,
              "user",
              only));
      return run(words, home, true);
    } finally {
      Capture.delete(readable);
    }
  }

  private static List<String> java(
      String classPath, Path cases, Path work, Addresses addresses, String who, String only) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xmx1g",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-Duser.home=" + work,
        "-Dconformance.ours=" + (who.equals("root") && Boolean.getBoolean("conformance.ours")),
        "-cp",
        classPath,
        Worker.class.getName(),
        cases.toString(),
        work.toString(),
        addresses.registry(),
        who,
        only);
  }

  private List<Report> run(List<String> words, Path work, boolean map) throws IOException {
    Path errors = Files.createTempFile("worker", ".log");
    ProcessBuilder builder = new ProcessBuilder(words).redirectError(errors.toFile());
    builder.environment().put("HOME", work.toString());
    builder.environment().put("SLIPWAY_NO_USERNS", "1");
    builder.environment().putAll(environment);
    Process process = builder.start();
    if (map) {
      mapIds(process.pid());
    }
    process.getOutputStream().write('\n');
    process.getOutputStream().close();
    List<Report> reports = new ArrayList<>();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        reports.add(JSON.readValue(line, Report.class));
      }
      int exit = process.waitFor();
      if (exit != 0) {
        throw new IOException("the worker ended with " + exit + ": " + Files.readString(errors));
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      Files.delete(errors);
    }
    return reports;
  }

  /** Does what newuidmap does for a user who has subordinate ids. */
  private static void mapIds(long pid) throws IOException {
    Path own = Files.readSymbolicLink(Path.of("/proc/self/ns/user"));
    Path proc = Path.of("/proc", Long.toString(pid));
    while (Files.readSymbolicLink(proc.resolve("ns/user")).equals(own)) {
      Thread.onSpinWait(); // it is two exec calls away
    }
    String map = "0 %d 1\n1 %d 65535\n".formatted(USER, FIRST_SUBORDINATE);
    Files.writeString(proc.resolve("gid_map"), map);
    Files.writeString(proc.resolve("uid_map"), map);
  }
}
