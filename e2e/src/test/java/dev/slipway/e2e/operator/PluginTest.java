package dev.slipway.e2e.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.Phase;
import dev.slipway.e2e.operator.Scenario.Stage;
import dev.slipway.e2e.operator.SimulatedNode.Born;
import dev.slipway.e2e.operator.SimulatedNode.Fate;
import dev.slipway.operator.Operator;
import dev.slipway.operator.kubectl.KubectlCommand;
import dev.slipway.operator.queue.Limits;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.transport.URIish;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code kubectl slipway}, every command, to the letter. */
@Timeout(180)
final class PluginTest {
  private static final String TEAM = "team";

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path home;

  private final Map<String, Fate> fates = new ConcurrentHashMap<>();

  @SuppressWarnings("NullAway.Init")
  private Api plane;

  @SuppressWarnings("NullAway.Init")
  private SimulatedNode node;

  @SuppressWarnings("NullAway.Init")
  private KubernetesClient own;

  @SuppressWarnings("NullAway.Init")
  private Operator operator;

  @SuppressWarnings("NullAway.Init")
  private Stage stage;

  /** What a command printed. */
  private record Said(int code, String out, String err) {}

  @BeforeEach
  void start() throws IOException {
    plane = Api.embedded();
    plane.namespace(TEAM);
    plane.logs((_, pod, options, out) -> {
      if (options.follow()) {
        Stage.await()
            .until(() ->
                plane
                    .client()
                    .pods()
                    .inNamespace(TEAM)
                    .withName(pod)
                    .get()
                    .getStatus()
                    .getPhase()
                    .matches("Succeeded|Failed"));
      }
      out.write("#1 [app 1/1] RUN make\n#1 DONE 0.1s\n".getBytes(StandardCharsets.UTF_8));
      return true;
    });
    node =
        new SimulatedNode(
            plane.client(),
            pod -> fates.getOrDefault(pod.build().number() + "", new Fate.Success()));
    own = new KubernetesClientBuilder().withConfig(plane.config()).build();
    operator = Operator.start(own, Mortal.settings(TEAM, Limits.NONE));
    stage = new Stage(plane.client(), node, TEAM);
    Files.writeString(home.resolve("kubeconfig"), plane.kubeconfig());
  }

  @AfterEach
  void stop() {
    operator.close();
    own.close();
    node.close();
    plane.close();
  }

  private Said run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command =
        KubectlCommand.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true));
    String[] all = new String[args.length + 2];
    all[0] = args[0];
    all[1] = "--kubeconfig=" + home.resolve("kubeconfig");
    all[2] = "--namespace=" + TEAM;
    System.arraycopy(args, 1, all, 3, args.length - 1);
    int code = command.execute(all);
    return new Said(code, out.toString(), err.toString());
  }

  private void apply() {
    plane.client().resource(Scenario.SUCCEEDS.manifest(TEAM)).create();
  }

  @Test
  void buildFollowsItsOwnBuildToTheEnd() {
    apply();
    stage.awaitPhase(Phase.SUCCEEDED);

    Said said = run("build", "app");

    Born pod = node.started(TEAM, 2).orElseThrow();
    assertThat(said.err()).isEmpty();
    assertThat(said.code()).isZero();
    assertThat(
            said.out().lines().filter(l -> !l.matches("(waiting for the operator|Building: .*)")))
        .containsExactly(
            "imagebuild.slipway.dev/app requested",
            "#1 [app 1/1] RUN make",
            "#1 DONE 0.1s",
            "Succeeded: registry.example.com/team/app@" + SimulatedNode.digest(pod));
  }

  @Test
  void failureIsToldWithItsLineAndCanBeRetried() {
    fates.put("1", new Fate.RunFails());
    apply();
    stage.awaitPhase(Phase.FAILED);

    assertThat(run("describe", "app").out().lines())
        .contains(
            "Ready:       False (RunFailed)",
            "Source:      https://git.example.com/app.git, 0123456789abcdef0123456789abcdef01234567",
            "Because:     SpecChanged: first build",
            "Failure:     RunFailed at Dockerfile:3, stage app",
            "  RUN make",
            "  the command 'make' returned a non-zero code: 2",
            "  │ make: no target",
            "  To try again:  kubectl slipway retry -n team app");

    Said retry = run("retry", "app");

    assertThat(retry.code()).isZero();
    assertThat(retry.out())
        .startsWith("imagebuild.slipway.dev/app requested again after build 1\n");
    Said again = run("retry", "app");
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err())
        .isEqualTo(
            "error: build 2 of app succeeded; to build it again all the same: kubectl slipway build"
                + " app\n");
    fates.put("3", new Fate.RunFails());
    Said failed = run("build", "app");
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.out())
        .endsWith("RunFailed (Dockerfile:3): the command 'make' returned a non-zero code: 2\n");
  }

  @Test
  void describesWhatWentWell() {
    apply();
    stage.awaitPhase(Phase.SUCCEEDED);
    String digest = SimulatedNode.digest(node.started(TEAM, 1).orElseThrow());

    assertThat(run("describe", "app").out().replaceAll(" after \\d+\\S*", ""))
        .contains(
            """
            Image:       registry.example.com/team/app@%s
            Size:        123B
            Platforms:   linux/amd64
            Build:       number 1, attempt 1, succeeded
            Because:     SpecChanged: first build
            """
                .formatted(digest))
        .contains(
            """
            Cache:       3 steps cached, 2 ran
            Stages:
              NAME   TIME   STEPS   CACHED
              app    1.5s   5       3
            History:
              BUILD   OUTCOME     REASON   COMMIT         IMAGE          DURATION   ENDED
              1       Succeeded   <none>   0123456789ab   %s\
            """
                .formatted(digest.substring(7, 19)));
  }

  @Test
  void listsInEveryFormat() {
    assertThat(run("list").err()).isEqualTo("No ImageBuilds found in namespace team.\n");
    apply();
    stage.awaitPhase(Phase.SUCCEEDED);
    String digest = SimulatedNode.digest(node.started(TEAM, 1).orElseThrow()).substring(7, 19);

    assertThat(run("list").out())
        .matches(
            "NAME   READY   REASON      IMAGE          COMMIT         DURATION   AGE\n"
                + "app    True    Succeeded   "
                + digest
                + "   0123456789ab   \\d+m?s +\\d+s\n");
    assertThat(run("list", "-A", "-o", "wide").out().lines().findFirst().orElseThrow())
        .matches(
            "NAMESPACE +NAME +READY +REASON +IMAGE +COMMIT +DURATION +AGE +BUILD +QUEUE +TRIGGER"
                + " +MESSAGE");
    assertThat(run("list", "-o", "name").out()).isEqualTo("imagebuild.slipway.dev/app\n");
    assertThat(run("list", "-o", "json").out())
        .startsWith("{\n  \"apiVersion\" : \"v1\",\n  \"kind\" : \"List\"");
    assertThat(run("describe", "app", "-o", "yaml").out())
        .contains("kind: \"ImageBuild\"", "phase: \"Succeeded\"");
    Said wrong = run("list", "-o", "xml");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err()).contains("xml");
  }

  @Test
  void cancelStopsWhatRuns() throws Exception {
    fates.put("1", new Fate.RunsOn());
    apply();
    stage.awaitPhase(Phase.BUILDING);
    CompletableFuture<Said> follower =
        CompletableFuture.supplyAsync(() -> run("logs", "-f", "app"));

    assertThat(run("cancel", "app").out())
        .isEqualTo("imagebuild.slipway.dev/app build 1 cancelled\n");

    stage.awaitPhase(Phase.CANCELLED);
    assertThat(node.born(TEAM)).hasSize(1);
    Stage.await().until(() -> plane.client().pods().inNamespace(TEAM).list().getItems().isEmpty());
    follower.cancel(true);
    Said again = run("cancel", "app");
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).startsWith("error: no build of app is going on;");
  }

  @Test
  void logsOfThePodAndOfTheStatusOnceItIsGone() {
    fates.put("1", new Fate.RunFails());
    apply();
    stage.awaitPhase(Phase.FAILED);
    assertThat(run("logs", "app").out()).isEqualTo("#1 [app 1/1] RUN make\n#1 DONE 0.1s\n");
    assertThat(run("logs", "--build=1", "app").out()).startsWith("#1 [app 1/1]");
    assertThat(run("logs", "--build=7", "app").err())
        .isEqualTo(
            "error: the builder pod of build 7 is gone, and its log with it; spec.retention says"
                + " how long pods are kept\n");
    plane.client().pods().inNamespace(TEAM).delete();

    Said said = run("logs", "app");

    assertThat(said.code()).isZero();
    assertThat(said.out()).isEqualTo("make: no target\n");
    assertThat(said.err())
        .isEqualTo("the builder pod of build 1 is gone; the status has its last lines\n");
  }

  @Test
  void createsFromFlags() {
    Said said =
        run(
            "create",
            "web",
            "--git-url=https://git.example.com/web.git",
            "--ref=main",
            "-t",
            "registry.example.com/team/web:1.0",
            "--tag=registry.example.com/team/web:latest",
            "--build-arg=A=b=c",
            "--target=prod",
            "--push-secret=login",
            "--dry-run");

    assertThat(said.err()).isEmpty();
    assertThat(said.out())
        .contains(
            """
            spec:
              source:
                git:
                  url: "https://git.example.com/web.git"
                  ref: "main"
            """)
        .contains("- name: \"A\"\n    value: \"b=c\"\n")
        .contains("- \"1.0\"\n    - \"latest\"\n");
    assertThat(plane.client().resources(ImageBuild.class).inNamespace(TEAM).list().getItems())
        .isEmpty();
    Said created =
        run(
            "create",
            "web",
            "--git-url=https://git.example.com/web.git",
            "--ref=0123456789abcdef0123456789abcdef01234567",
            "--tag=registry.example.com/team/web",
            "--wait");
    assertThat(created.code()).isZero();
    assertThat(created.out())
        .startsWith("imagebuild.slipway.dev/web created\n")
        .contains("Succeeded: registry.example.com/team/app@sha256:");
    Said twice =
        run(
            "create",
            "web",
            "--git-url=https://git.example.com/web.git",
            "--tag=registry.example.com/team/web:1",
            "--tag=registry.example.com/other:1");
    assertThat(twice.code()).isEqualTo(2);
    assertThat(twice.err()).contains("all tags must be of one repository");
  }

  @Test
  void createsFromTheCheckoutAround() throws Exception {
    Path root = Files.createDirectories(home.resolve("My_Site"));
    Path inside = Files.createDirectories(root.resolve("services/web"));
    try (Git git = Git.init().setDirectory(root.toFile()).setInitialBranch("dev").call()) {
      Files.writeString(inside.resolve("Dockerfile"), "FROM scratch\n");
      git.add().addFilepattern(".").call();
      git.commit().setMessage("first").setSign(false).call();
      git.remoteAdd()
          .setName("origin")
          .setUri(new URIish("https://user:secret@git.example.com/site.git"))
          .call();
    }
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                absolute(System.getProperty("java.class.path")),
                "dev.slipway.operator.OperatorMain",
                "kubectl",
                "create",
                "--tag=registry.example.com/site",
                "--dry-run")
            .directory(inside.toFile())
            .redirectError(home.resolve("err").toFile())
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

    assertThat(out)
        .contains("name: \"my-site\"")
        .contains("url: \"https://git.example.com/site.git\"\n      ref: \"dev\"\n")
        .contains("contextDir: \"services/web\"")
        .doesNotContain("secret");
    assertThat(Files.readString(home.resolve("err")))
        .contains("the cluster builds what was pushed");
  }

  private static String absolute(String classPath) {
    return String.join(
        java.io.File.pathSeparator,
        java.util.Arrays.stream(classPath.split(java.io.File.pathSeparator, -1))
            .map(e -> Path.of(e).toAbsolutePath().toString())
            .toList());
  }

  @Test
  void completesWordsForKubectl() {
    apply();
    assertThat(complete(""))
        .isEqualTo("build\ncancel\ncompletion\ncreate\ndescribe\nlist\nlogs\nretry\n:4\n");
    assertThat(complete("de")).isEqualTo("describe\n:4\n");
    String at = "--kubeconfig=" + home.resolve("kubeconfig");
    assertThat(complete("logs", at, "-n", TEAM, "a")).isEqualTo("app\n:4\n");
    assertThat(complete("logs", at, "--context", "")).isEqualTo("slipway\n:4\n");
    assertThat(complete("list", at, "-n", "te")).isEqualTo("team\n:4\n");
    assertThat(complete("list", "-o", "")).isEqualTo("json\nname\nwide\nyaml\n:4\n");
    assertThat(complete("logs", "--f")).isEqualTo("--follow\n:4\n");
  }

  private static String complete(String... words) {
    StringWriter out = new StringWriter();
    String[] all = new String[words.length + 1];
    all[0] = "__complete";
    System.arraycopy(words, 0, all, 1, words.length);
    KubectlCommand.commandLine().setOut(new PrintWriter(out, true)).execute(all);
    return out.toString();
  }

  @Test
  void errorsAreOneLine() {
    assertThat(run("describe", "nothing").err())
        .isEqualTo(
            "error: there is no ImageBuild nothing in namespace team; see kubectl slipway list\n");
    assertThat(run("list", "--context=nowhere").err())
        .startsWith("error: the kubeconfig has no context nowhere\n");
    Said bad =
        run(
            "create",
            "bad",
            "--git-url=https://git.example.com/x.git",
            "--tag=registry.example.com/UPPER:1");
    assertThat(bad.code()).isEqualTo(1);
    assertThat(bad.err()).contains("image must be [registry[:port]/]path");
  }
}
