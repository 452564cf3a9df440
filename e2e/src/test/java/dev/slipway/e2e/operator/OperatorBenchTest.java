package dev.slipway.e2e.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.Phase;
import dev.slipway.e2e.operator.OperatorBench.Latency;
import dev.slipway.e2e.operator.OperatorBench.Subject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code make bench-operator}: 10,000 ImageBuilds on a real API server. Writes its page. */
@Tag("bench")
@Timeout(3600)
final class OperatorBenchTest {
  private static final int BUILDS = Integer.getInteger("bench.builds", 10_000);
  private static final int NAMESPACES = 200;
  private static final int PACED = Math.min(3_000, BUILDS / 2);
  private static final int QUEUED = BUILDS / 2;

  @Test
  void tenThousandBuilds(@TempDir Path directory) throws Exception {
    List<String> rows = new ArrayList<>();
    List<Double> delays;
    try (Api api = Api.real(directory.resolve("api"));
        OperatorBench bench = new OperatorBench(api, directory.resolve("bench"))) {
      bench.namespaces("team-", NAMESPACES);
      Latency api0;
      double rss;
      double reconciles;
      try (Subject operator = bench.operator()) {
        operator.awaitReady();
        bench.apply("team-", NAMESPACES, BUILDS, 200, 20); // the JIT compiler's share
        bench.awaitPhase(Phase.SUCCEEDED, 200, Duration.ofMinutes(5));
        double before = operator.metric("slipway_reconcile_seconds_count");

        List<Double> took = bench.apply("team-", NAMESPACES, 0, PACED, 50);
        bench.awaitPods(PACED + 200, Duration.ofMinutes(10));
        delays = bench.delays("team-");
        api0 = Latency.of(took);
        Latency pods = Latency.of(delays);
        rows.add(row("apply answered by the API server, 50 a second", millis(api0), "", ""));
        rows.add(
            row(
                "apply to pod created, 50 a second",
                millis(pods),
                "p50 < 50, p99 < 250",
                ok(pods.p50() < 50 && pods.p99() < 250)));
        bench.awaitPhase(Phase.SUCCEEDED, PACED + 200, Duration.ofMinutes(10));

        long start = System.nanoTime();
        bench.apply("team-", NAMESPACES, PACED, BUILDS - PACED, 0);
        bench.awaitPhase(Phase.SUCCEEDED, BUILDS + 200, Duration.ofMinutes(30));
        double seconds = (System.nanoTime() - start) / 1e9;
        rows.add(
            row(
                "all at once: apply to status, builds a second",
                number((BUILDS - PACED) / seconds),
                "",
                ""));
        reconciles = (operator.metric("slipway_reconcile_seconds_count") - before) / BUILDS;
        rows.add(
            row("reconciliations a build", number(reconciles), "at most 5", ok(reconciles <= 5)));
        rss = operator.rss();
        rows.add(row("resident memory with all of them, MB", number(rss), "< 400", ok(rss < 400)));
      }
      double writes = writes(api);
      rows.add(row("API writes a build", number(writes), "at most 4", ok(writes <= 4)));

      long start = System.nanoTime();
      try (Subject operator = bench.operator()) {
        Awaitility.await()
            .atMost(Duration.ofMinutes(5))
            .pollInterval(Duration.ofMillis(50))
            .until(() -> operator.metric("slipway_reconcile_seconds_count") >= BUILDS + 200);
        double seconds = (System.nanoTime() - start) / 1e9;
        rows.add(
            row(
                "restart to all reconciled, from the start of the process, s",
                number(seconds),
                "< 10",
                ok(seconds < 10)));
      }
      rows.add(fairness(bench));
    }
    write(rows, delays);
    assertThat(rows).noneMatch(r -> r.contains("null"));
  }

  /** One namespace has thousands waiting; another one comes with its first. */
  private static String fairness(OperatorBench bench) throws Exception {
    bench.nodeFinishes(false);
    bench.namespaces("busy-", 1);
    bench.namespaces("quiet-", 1);
    try (Subject operator = bench.operator("--max-builds=20")) {
      operator.awaitReady();
      bench.apply("busy-", 1, 0, QUEUED, 0);
      Awaitility.await()
          .atMost(Duration.ofMinutes(10))
          .until(() -> operator.metric("slipway_queue_length") >= QUEUED - 20);
      bench.apply("quiet-", 1, 0, 1, 0);
      bench.finish(bench.running("busy-0").getFirst());
      long freed = System.nanoTime();
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> bench.firstPod("quiet-0") != 0);
      double seconds = Math.max(0, (bench.firstPod("quiet-0") - freed) / 1e9);
      return row(
          "first build of a namespace while another has "
              + String.format(Locale.ROOT, "%,d", QUEUED)
              + " waiting: place free to pod created, s",
          String.format(Locale.ROOT, "%.2f", seconds),
          "< 1",
          ok(seconds < 1));
    }
  }

  /** Pods, statuses and events: nobody but the operator writes these here. */
  private static double writes(Api api) {
    String metrics = api.client().raw("/metrics");
    double sum =
        metrics
            .lines()
            .filter(l -> l.startsWith("apiserver_request_total{"))
            .filter(l ->
                (l.contains("resource=\"imagebuilds\"") && l.contains("subresource=\"status\""))
                    || (l.contains("resource=\"events\"") && l.contains("verb=\"POST\""))
                    || (l.contains("resource=\"pods\"") && l.contains("verb=\"POST\"")))
            .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1)))
            .sum();
    return sum / (BUILDS + 200);
  }

  private static String row(String what, String measured, String goal, String good) {
    return OperatorBench.row(what, measured, goal, good);
  }

  private static String ok(boolean reached) {
    return reached ? "reached" : "missed";
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private static String millis(Latency l) {
    return String.format(
        Locale.ROOT,
        "p50 %.0f, p90 %.0f, p99 %.0f, max %.0f ms",
        l.p50(),
        l.p90(),
        l.p99(),
        l.max());
  }

  private static void write(List<String> rows, List<Double> delays) throws Exception {
    Path docs = Files.isDirectory(Path.of("docs")) ? Path.of("docs") : Path.of("..", "docs");
    Files.writeString(
        docs.resolve("benchmarks-operator.md"),
        """
        # How much one operator takes

        `make bench-operator` writes this page: etcd, kube-apiserver and kube-controller-manager, the
        operator as a process of its own, and a node that is simulated (it says of each pod that it
        runs, and then that it succeeded), all on %d cores with other work on them. %,d ImageBuilds in
        %d namespaces, pinned to a commit.

        | What | Measured | Goal | |
        |---|---|---|---|
        %s
        ![apply to pod created](benchmarks-operator.svg)
        """
            .formatted(
                Runtime.getRuntime().availableProcessors(),
                BUILDS,
                NAMESPACES,
                String.join("", rows)));
    Files.writeString(docs.resolve("benchmarks-operator.svg"), plot(delays));
  }

  /** Which share of the builds had its pod after how long; time is logarithmic. */
  private static String plot(List<Double> delays) {
    double[] sorted = delays.stream().mapToDouble(d -> Math.max(1, d)).sorted().toArray();
    StringBuilder line = new StringBuilder();
    for (int i = 0; i <= 200; i++) {
      int at = (int) Math.min(sorted.length - 1L, Math.round(i / 200.0 * (sorted.length - 1)));
      line.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(sorted[at]), 260 - i / 200.0 * 220));
    }
    StringBuilder marks = new StringBuilder();
    for (int ms : new int[] {1, 10, 50, 100, 250, 1000, 10_000}) {
      marks.append(
          String.format(
              Locale.ROOT,
              "<line x1='%1$.1f' y1='40' x2='%1$.1f' y2='260' stroke='#ddd'/><text x='%1$.1f' y='278'"
                  + " text-anchor='middle'>%2$d ms</text>%n",
              x(ms),
              ms));
    }
    return """
    <svg xmlns='http://www.w3.org/2000/svg' width='640' height='300' font-family='sans-serif' font-size='11'>
    <rect width='640' height='300' fill='white'/>
    <text x='320' y='20' text-anchor='middle' font-size='13'>apply to pod created, share of %d builds</text>
    %s<text x='34' y='264' text-anchor='end'>0 %%</text><text x='34' y='154' text-anchor='end'>50 %%</text><text x='34' y='44' text-anchor='end'>100 %%</text>
    <polyline fill='none' stroke='#06c' stroke-width='2' points='%s'/>
    </svg>
    """
        .formatted(sorted.length, marks, line.toString().strip());
  }

  private static double x(double ms) {
    return 40 + Math.log10(ms) / 4 * 580;
  }
}
