package dev.slipway.e2e.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;

/**
 * Builds many cases in one JVM, as root or inside a user namespace, and prints one line of JSON for
 * each: {@code {"case":…,"seconds":…,"problems":[…],…}}. What the engine prints goes to a file.
 *
 * <p>Arguments: the folder of the cases, a folder to work in, the registry, {@code root}, {@code
 * user} or {@code chroot}, and a regular expression that names the cases.
 */
final class Worker {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int THREADS = 2;

  private final Bases bases;
  private final Addresses addresses;
  private final Path work;
  private final Engine engine;
  private final boolean writesOwn;

  private Worker(Path work, Addresses addresses, Optional<String> isolation) throws IOException {
    this.bases = new Bases();
    this.addresses = addresses;
    this.work = work;
    this.engine = new Slipway(work.resolve("store"), addresses.registry(), isolation);
    this.writesOwn = Boolean.getBoolean("conformance.ours");
  }

  public static void main(String[] arguments)
      throws IOException, InterruptedException, ExecutionException {
    Path root = Path.of(arguments[0]);
    Path work = Path.of(arguments[1]);
    boolean asRoot = !arguments[3].equals("user");
    Optional<String> isolation = Optional.of(arguments[3]).filter(who -> who.equals("chroot"));
    Pattern only = Pattern.compile(arguments[4]);
    PrintStream reports = System.out;
    try (PrintStream log =
            new PrintStream(
                Files.newOutputStream(work.resolve("engine.log")), true, StandardCharsets.UTF_8);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      System.setOut(log);
      System.setErr(log);
      Worker worker = new Worker(work, new Addresses(arguments[2]), isolation);
      List<Callable<Report>> tasks = new ArrayList<>();
      for (CaseFolder folder : CaseFolder.all(root)) {
        if (only.matcher(folder.name()).find() && (asRoot || folder.spec().root() == null)) {
          tasks.add(() -> worker.report(folder));
        }
      }
      List<Future<Report>> running = new ArrayList<>();
      for (Callable<Report> task : tasks) {
        running.add(threads.submit(task));
      }
      for (Future<Report> report : running) {
        reports.println(JSON.writeValueAsString(report.get()));
      }
    }
  }

  private Report report(CaseFolder folder) {
    long start = System.nanoTime();
    List<String> problems;
    List<String> digest = new ArrayList<>();
    try {
      problems = problems(folder, digest);
    } catch (IOException | RuntimeException e) {
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      problems = List.of(trace.toString());
    }
    return new Report(
        folder.name(), (System.nanoTime() - start) / 1e9, problems, String.join("", digest));
  }

  /**
   * @param digest gets that of the image, if one is built
   */
  private List<String> problems(CaseFolder folder, List<String> digest) throws IOException {
    Path place = Files.createDirectories(work.resolve("cases").resolve(folder.name()));
    try {
      CaseFolder.Prepared build = folder.prepare(place, addresses);
      Engine.Outcome outcome = engine.build(build);
      CaseSpec.Fails fails = folder.spec().fails();
      if (fails != null) {
        return failure(fails, outcome);
      }
      if (!outcome.success()) {
        return List.of("fails: " + outcome.reason() + ": " + outcome.log());
      }
      digest.add(new OciArchive(build.archive()).digest());
      String text = addresses.generalize(Snapshot.print(Snapshot.read(build.archive(), bases)));
      if (writesOwn && folder.spec().deviates() != null) {
        Files.writeString(folder.goldenFile(), text);
      }
      JsonNode golden = folder.golden();
      return golden == null
          ? List.of("there is no expected.json")
          : Snapshot.differences(golden, JSON.readTree(text));
    } finally {
      Capture.delete(place);
    }
  }

  private static List<String> failure(CaseSpec.Fails fails, Engine.Outcome outcome) {
    List<String> problems = new ArrayList<>();
    String ended = "; it ended with " + outcome.reason() + ": " + outcome.log();
    if (outcome.success()) {
      return List.of("builds, and must fail with " + fails.reason());
    }
    if (!Pattern.matches(fails.reason(), outcome.reason())) {
      problems.add("the reason is not " + fails.reason() + ended);
    }
    if (!Pattern.compile(fails.message()).matcher(outcome.log()).find()) {
      problems.add("the message does not match " + fails.message() + ended);
    }
    if (fails.line() != outcome.line()) {
      problems.add("the line is " + outcome.line() + ", not " + fails.line() + ended);
    }
    if (fails.exitCode() != null && fails.exitCode() != outcome.exitCode()) {
      problems.add("the exit code is " + outcome.exitCode() + ", not " + fails.exitCode() + ended);
    }
    return problems;
  }
}
