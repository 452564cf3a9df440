package dev.slipway.e2e.seeds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.e2e.registry.Programs;
import dev.slipway.e2e.registry.RegistryProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every row of what the source documents ask for, on the command line. The base is a busybox under
 * the names that they use; what needs apt is in {@code dev.slipway.e2e.real}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SeedsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path shared;

  @TempDir private Path context;
  private RegistryProcess registry;
  private Path store;

  @BeforeAll
  void start() throws IOException {
    assumeTrue(Programs.find("busybox").isPresent(), "busybox-static is not installed");
    assumeTrue(Programs.find("docker-registry").isPresent(), "docker-registry is not installed");
    registry =
        RegistryProcess.dockerRegistry(Files.createDirectories(shared.resolve("registry")), null);
    store = shared.resolve("store");
    Path base = Files.createDirectories(shared.resolve("base"));
    Files.copy(Programs.find("busybox").orElseThrow(), base.resolve("busybox"));
    Files.writeString(
        base.resolve("Dockerfile"),
        """
        FROM scratch
        COPY busybox /bin/
        RUN ["/bin/busybox", "--install", "-s", "/bin"]
        RUN mkdir -p /etc /tmp /root /home && chmod 1777 /tmp && \
            echo root:x:0:0:root:/root:/bin/sh >/etc/passwd && echo root:x:0: >/etc/group
        CMD ["/bin/sh"]
        """);
    new Cli(base, store)
        .run("build", "--push", "-t", named("ubuntu:14.04"), "-t", named("ubuntu"), ".")
        .ok();
    new Cli(base, store).run("build", "-t", "ubuntu:14.04", "-t", "ubuntu", ".").ok();
  }

  @AfterAll
  void stop() {
    if (registry != null) {
      registry.close();
    }
  }

  @BeforeEach
  void describe() throws IOException {
    Files.writeString(context.resolve("file"), "one\n");
  }

  private String named(String name) {
    return registry.host() + "/library/" + name;
  }

  private Cli cli() {
    return new Cli(context, store);
  }

  private void dockerfile(String text) throws IOException {
    Files.writeString(context.resolve("Dockerfile"), text);
  }

  private static List<String> texts(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
  }

  @Test
  @DisplayName("Row 1: each instruction is a step, shown as it runs, with its result")
  void steps() throws IOException {
    dockerfile("FROM ubuntu\nRUN echo a line of output\nCMD [\"/bin/true\"]\n");

    String shown = cli().run("build", "--progress=plain", "-t", "steps", ".").ok().err();

    assertThat(shown)
        .contains("[stage-0 1/3] FROM ubuntu", "[stage-0 2/3] RUN echo a line", "[stage-0 3/3] CMD")
        .containsPattern("#[0-9]+ [0-9.]+ a line of output")
        .containsPattern("#[0-9]+ DONE [0-9.]+s")
        .containsPattern("digest: sha256:[0-9a-f]{64}");
  }

  @Test
  @DisplayName(
      "Row 2: the base image comes from here if it is here, else from a registry, with its digest")
  void base() throws IOException {
    Path result = context.resolve("result.json");
    dockerfile("FROM " + named("ubuntu:14.04") + "\nCOPY file /\n");
    Cli fresh = new Cli(context, context.resolve("fresh-store"));
    fresh.run("build", "-t", "pulled", "--result-file=" + result, ".").ok();
    assertThat(Files.readString(result))
        .contains("\"ref\":\"" + named("ubuntu:14.04") + "\",\"digest\":\"sha256:");

    // No registry knows this name: it can only come from the store.
    fresh.run("build", "-t", "only.here/it", ".").ok();
    dockerfile("FROM only.here/it\nCOPY file /second\n");
    fresh.run("build", "-t", "from-here", ".").ok();
    assertThat(fresh.inspect("from-here").path("layers"))
        .hasSize(fresh.inspect("pulled").path("layers").size() + 1);
  }

  @Test
  @DisplayName("Row 3: every instruction, in any case")
  void instructions() throws IOException {
    Files.writeString(context.resolve("a1.txt"), "a1");
    Files.writeString(context.resolve("a2.txt"), "a2");
    Programs.run("tar", "-C", context.toString(), "-czf", context + "/archive.tgz", "file");
    dockerfile(
        """
        # a comment
        arg BASE=ubuntu
        from ${BASE}:14.04 as one
        maintainer A Developer <developer@example.com>
        ENV OLD form
        env NEW=form OTHER="two words"
        Arg VERSION=3
        RUN echo shell-$VERSION > /shell
        RUN ["/bin/sh", "-c", "echo exec > /exec"]
        COPY a?.txt *.nothing* file /copied/
        COPY --chown=7:8 file /owned
        ADD archive.tgz /unpacked/
        EXPOSE 80 81/tcp 53/udp
        VOLUME ["/data", "/more"]
        LABEL one=1 two="2 \\
        lines"
        WORKDIR /a
        WORKDIR b
        WORKDIR c
        RUN pwd > /where
        USER 1000:1001
        SHELL ["/bin/sh", "-ec"]
        STOPSIGNAL SIGQUIT
        HEALTHCHECK --interval=10s --timeout=2s CMD curl -f http://localhost:8888/ || exit 1
        ONBUILD RUN echo triggered
        CMD echo $OLD
        """
            .replace("*.nothing* ", ""));

    cli().run("build", "-t", "all", "-o", "type=local,dest=files", "--load", ".").ok();

    JsonNode image = cli().inspect("all").path("config");
    JsonNode config = image.path("config");
    assertThat(image.path("author").asText()).isEqualTo("A Developer <developer@example.com>");
    assertThat(texts(config.path("Env"))).contains("OLD=form", "NEW=form", "OTHER=two words");
    assertThat(config.path("ExposedPorts").toString())
        .isEqualTo("{\"53/udp\":{},\"80/tcp\":{},\"81/tcp\":{}}");
    assertThat(config.path("Volumes").toString()).isEqualTo("{\"/data\":{},\"/more\":{}}");
    assertThat(config.path("Labels").path("two").asText()).isEqualTo("2 lines");
    assertThat(config.path("WorkingDir").asText()).isEqualTo("/a/b/c");
    assertThat(config.path("User").asText()).isEqualTo("1000:1001");
    assertThat(config.path("StopSignal").asText()).isEqualTo("SIGQUIT");
    assertThat(config.path("Healthcheck").toString())
        .isEqualTo(
            "{\"Test\":[\"CMD-SHELL\",\"curl -f http://localhost:8888/ || exit 1\"],"
                + "\"Interval\":10000000000,\"Timeout\":2000000000}");
    assertThat(texts(config.path("OnBuild"))).containsExactly("RUN echo triggered");
    assertThat(texts(config.path("Cmd"))).containsExactly("/bin/sh", "-ec", "echo $OLD");
    Path files = context.resolve("files");
    assertThat(files.resolve("shell")).hasContent("shell-3");
    assertThat(files.resolve("exec")).hasContent("exec");
    assertThat(files.resolve("where")).hasContent("/a/b/c");
    assertThat(files.resolve("copied").toFile().list())
        .containsExactlyInAnyOrder("a1.txt", "a2.txt", "file");
    assertThat(files.resolve("unpacked/file")).hasContent("one");
    if (System.getProperty("user.name").equals("root")) {
      assertThat(Files.getAttribute(files.resolve("owned"), "unix:uid")).isEqualTo(7);
      assertThat(Files.getAttribute(files.resolve("owned"), "unix:gid")).isEqualTo(8);
    }
  }

  @ParameterizedTest(name = "ENTRYPOINT {0}, CMD {1} runs {2}")
  @DisplayName("Row 3: the table of ENTRYPOINT and CMD")
  @CsvSource(
      delimiter = '|',
      value = {
        "                           |                        | (nothing)",
        "                           | [\"cmd\", \"p1\"]      | cmd,p1",
        "                           | [\"p1\", \"p2\"]       | p1,p2",
        "                           | cmd p1                 | /bin/sh,-c,cmd p1",
        "entry p1                   |                        | /bin/sh,-c,entry p1",
        "entry p1                   | [\"cmd\", \"p1\"]      | /bin/sh,-c,entry p1",
        "entry p1                   | [\"p1\", \"p2\"]       | /bin/sh,-c,entry p1",
        "entry p1                   | cmd p1                 | /bin/sh,-c,entry p1",
        "[\"entry\", \"e1\"]        |                        | entry,e1",
        "[\"entry\", \"e1\"]        | [\"cmd\", \"p1\"]      | entry,e1,cmd,p1",
        "[\"entry\", \"e1\"]        | [\"p1\", \"p2\"]       | entry,e1,p1,p2",
        "[\"entry\", \"e1\"]        | cmd p1                 | entry,e1,/bin/sh,-c,cmd p1",
        // A base with a CMD: an ENTRYPOINT alone resets it.
        "base                       | base                   | /bin/sh",
        "base [\"entry\"]           |                        | entry",
        "base                       | [\"cmd\"]              | cmd",
        "base [\"entry\"]           | cmd p1                 | entry,/bin/sh,-c,cmd p1"
      })
  void table(String entrypoint, String cmd, String runs) throws IOException {
    String entry = entrypoint == null ? "" : entrypoint.replace("base", "").strip();
    String command = cmd == null || cmd.equals("base") ? "" : cmd;
    dockerfile(
        (entrypoint != null && entrypoint.startsWith("base") ? "FROM ubuntu\n" : "FROM scratch\n")
            + "COPY file /\n"
            + (command.isEmpty() ? "" : "CMD " + command + "\n")
            + (entry.isEmpty() ? "" : "ENTRYPOINT " + entry + "\n"));

    cli().run("build", "-q", "-t", "table", "-o", "type=docker,dest=t.tar", ".").ok();

    String archive = context.resolve("t.tar").toString();
    JsonNode manifest = JSON.readTree(Programs.run("tar", "-xOf", archive, "manifest.json"));
    String config = manifest.path(0).path("Config").asText();
    assertThat(started(JSON.readTree(Programs.run("tar", "-xOf", archive, config)).path("config")))
        .isEqualTo(runs);
  }

  /** What a runtime starts: ENTRYPOINT and CMD; {@code sh -c} has no use for further words. */
  private static String started(JsonNode config) {
    List<String> argv = new ArrayList<>(texts(config.path("Entrypoint")));
    boolean shell = argv.size() == 3 && argv.subList(0, 2).equals(List.of("/bin/sh", "-c"));
    if (!shell) {
      argv.addAll(texts(config.path("Cmd")));
    }
    return argv.isEmpty() ? "(nothing)" : String.join(",", argv);
  }

  @Test
  @DisplayName(
      "Row 4: what changes files adds a layer, the rest does not; the base's layers are shared")
  void layers() throws IOException {
    dockerfile("FROM ubuntu\nENV A=1\nRUN echo > /r\nEXPOSE 1\nCOPY file /\nCMD [\"x\"]\n");

    cli().run("build", "-q", "-t", "layers", ".").ok();

    List<String> base = digests("ubuntu");
    assertThat(digests("layers")).hasSize(base.size() + 2).startsWith(base.toArray(String[]::new));
    assertThat(cli().run("history", "layers").ok().out().lines().skip(1).limit(5))
        .satisfiesExactly(
            cmd -> assertThat(cmd).contains("CMD [\"x\"]", " 0B "),
            copy -> assertThat(copy).contains("COPY file /").doesNotContain(" 0B "),
            expose -> assertThat(expose).contains("EXPOSE ", " 0B "),
            run -> assertThat(run).contains("echo > /r").doesNotContain(" 0B "),
            env -> assertThat(env).contains("ENV A=1", " 0B "));
  }

  private List<String> digests(String image) throws IOException {
    return StreamSupport.stream(cli().inspect(image).path("layers").spliterator(), false)
        .map(layer -> layer.path("digest").asText())
        .toList();
  }

  @Test
  @DisplayName(
      "Row 5: unchanged steps come from the cache, what follows a changed one runs; REFRESHED_AT; --no-cache")
  void cache() throws IOException {
    String text =
        "FROM ubuntu\nENV REFRESHED_AT 2026-01-0%s\nRUN date +%%N > /t\nCOPY file /\nRUN true\n";
    dockerfile(text.formatted(1));
    String digest = cli().run("build", "-q", "-t", "cached", ".").ok().out();
    String again = cli().run("build", "--progress=plain", "-t", "cached", ".").ok().err();
    assertThat(again.lines().filter(line -> line.endsWith("CACHED"))).hasSize(3);
    assertThat(cli().run("build", "-q", ".").ok().out()).isEqualTo(digest);

    Files.writeString(context.resolve("file"), "two\n");
    String changed = cli().run("build", "--progress=plain", ".").ok().err();
    assertThat(changed.lines().filter(line -> line.endsWith("CACHED"))).hasSize(1);
    assertThat(changed).contains("not cached: ");

    dockerfile(text.formatted(2));
    assertThat(cli().run("build", "--progress=plain", ".").ok().err()).doesNotContain("CACHED");
    assertThat(cli().run("build", "--progress=plain", "--no-cache", ".").ok().err())
        .doesNotContain("CACHED");
  }

  @Test
  @DisplayName("Row 6: a failing step shows its command and code, and its stage can be opened")
  void failure() throws IOException {
    dockerfile(
        "FROM ubuntu AS web\nWORKDIR /w\nRUN echo good > good\nRUN echo bad > bad; echo E: no ngin; exit 100\n");

    Cli.Result failed = cli().run("build", "--on-error=keep", ".").failed(1);
    assertThat(failed.err())
        .contains("returned a non-zero code: 100", "Dockerfile:4", "E: no ngin", ">>> RUN echo bad")
        .contains("[web 4/4]", "slipway debug");
    assertThat(cli().run("debug", "ls").ok().out()).contains("good", "bad");
    assertThat(cli().run("debug", "--last-good", "ls").ok().out())
        .contains("good")
        .doesNotContain("bad");
    assertThat(cli().run("debug", "--", "sh", "-c", "exit 9").exit()).isEqualTo(9);

    assertThat(cli().run("build", "--on-error=shell", ".").failed(2).err())
        .contains("--on-error=shell needs a terminal");
    assumeTrue(Programs.find("script").isPresent(), "script (util-linux) gives a terminal");
    String session =
        cli().type("ls; echo pwd=$PWD\nexit\n", "build", "--on-error=shell", ".").failed(1).out();
    assertThat(session)
        .contains("This is the stage as it was before [web 4/4]", "pwd=/w")
        .containsPattern("(?m)^good\\s*$")
        .doesNotContainPattern("(?m)^bad\\s*$");
  }

  @Test
  @DisplayName("Row 7: .dockerignore with Go's patterns")
  void ignore() throws IOException {
    for (String name : List.of("keep.txt", "drop.log", "sub/drop.log", "sub/keep.log", "tmp1/x")) {
      Path file = context.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, name);
    }
    Files.writeString(
        context.resolve(".dockerignore"), "# comment\n**/*.log\n!sub/keep.log\ntmp?\n");
    dockerfile("FROM scratch\nCOPY . /\n");

    cli().run("build", "-q", "-o", "type=tar,dest=../ignored.tar", ".").ok();

    assertThat(Programs.run("tar", "-tf", context + "/../ignored.tar").lines())
        .contains("keep.txt", "sub/keep.log")
        .doesNotContain("drop.log", "sub/drop.log", "tmp1/x");
    Files.delete(context.resolveSibling("ignored.tar"));
  }

  @Test
  @DisplayName("Row 8: several -t; -f; Dockerfile, tar and http archive as contexts; Git")
  void contexts() throws IOException {
    Path other = context.resolve("Other.dockerfile");
    Files.writeString(other, "FROM scratch\nCOPY file /f\n");
    cli().run("build", "-q", "-f", "Other.dockerfile", "-t", "a:1", "-t", "b/c:2", ".").ok();
    assertThat(digests("a:1")).isEqualTo(digests("b/c:2"));

    Path alone = Files.writeString(context.resolve("alone"), "FROM ubuntu\nRUN true\n");
    cli().feed(alone, "build", "-q", "-").ok();
    cli().feed(other, "build", "-q", "-f", "-", ".").ok();

    Programs.run(
        "tar", "-C", context.toString(), "-czf", context + "/c.tar.gz", "file", "Other.dockerfile");
    Path archive = context.resolve("c.tar.gz");
    cli().feed(archive, "build", "-q", "-f", "Other.dockerfile", "-t", "tarred", "-").ok();

    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] bytes = Files.readAllBytes(archive);
    http.createContext(
        "/context.tar.gz",
        exchange -> {
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    http.start();
    try {
      String url = "http://127.0.0.1:" + http.getAddress().getPort() + "/context.tar.gz";
      cli().run("build", "-q", "-f", "Other.dockerfile", "-t", "fetched", url).ok();
    } finally {
      http.stop(0);
    }
    assertThat(digests("fetched")).isEqualTo(digests("tarred"));
  }

  @Test
  @DisplayName("Row 8: a Git URL with #ref:dir, and git@host:path")
  void git() throws IOException {
    Path repository = Files.createDirectory(context.resolve("repo.git"));
    Path below = Files.createDirectories(repository.resolve("dir"));
    Files.writeString(below.resolve("Dockerfile"), "FROM scratch\nCOPY here /\n");
    Files.writeString(below.resolve("here"), "in Git");
    String in = repository.toString();
    Programs.run("git", "init", "-q", "-b", "work", in);
    Programs.run("git", "-C", in, "add", "-A");
    Programs.run(
        "git",
        "-C",
        in,
        "-c",
        "user.name=D",
        "-c",
        "user.email=d@example.com",
        "commit",
        "-qm",
        "x");
    Cli cli = cli().with("SLIPWAY_ALLOW_LOCAL_GIT", "1");

    cli.run("build", "-q", "-o", "type=local,dest=out", "file://" + in + "#work:dir").ok();
    assertThat(context.resolve("out/here")).hasContent("in Git");
    assertThat(cli.run("build", "file://" + in + "#nowhere:dir").failed(1).err())
        .contains("GitRefNotFound", "nowhere");
    assertThat(cli.run("build", "file://" + in + "#work:../dir").exit()).isNotZero();

    // The scp form means SSH: nobody listens, and that is what is said, not "no such directory".
    assertThat(cli.run("build", "git@localhost.invalid:team/repo.git#main:dir").failed(1).err())
        .contains("Git", "localhost.invalid")
        .doesNotContain("not a directory", "does not exist");
  }

  @Test
  @DisplayName("Row 9: COPY --from by number and by name, --target, a small final image")
  void stages() throws IOException {
    dockerfile(
        """
        FROM ubuntu AS builder
        RUN echo 'echo built' > /program && chmod 755 /program
        FROM scratch AS other
        COPY --from=builder /program /by-name
        FROM scratch
        COPY --from=0 /program /by-number
        """);
    cli().run("build", "-q", "-t", "small", "-o", "type=local,dest=small", "--load", ".").ok();
    cli().run("build", "-q", "-t", "big", "--target", "builder", ".").ok();

    assertThat(context.resolve("small/by-number")).hasContent("echo built");
    assertThat(cli().inspect("small").path("size").asLong()).isLessThan(2_000);
    assertThat(cli().inspect("big").path("size").asLong()).isGreaterThan(500_000);
    cli().run("build", "-q", "--target=other", "-o", "type=local,dest=other", ".").ok();
    assertThat(context.resolve("other/by-name")).exists();
    assertThat(cli().run("build", "--target=othr", ".").failed(1).err())
        .contains("othr", "1 (other)");
  }

  @Test
  @DisplayName("Row 10: history and inspect")
  void looking() throws IOException {
    dockerfile("FROM ubuntu\nMAINTAINER Somebody\nRUN echo 1 > /one\n");
    cli().run("build", "-q", "-t", "seen", ".").ok();

    assertThat(cli().run("history", "--no-trunc", "seen").ok().out())
        .startsWith("CREATED")
        .contains("RUN /bin/sh -c echo 1 > /one", "MAINTAINER Somebody", "COPY busybox /bin/");
    JsonNode image = cli().inspect("seen");
    assertThat(image.path("config").path("author").asText()).isEqualTo("Somebody");
    assertThat(image.path("config").path("created").asText()).isNotEmpty();
    assertThat(image.path("config").path("rootfs").path("diff_ids"))
        .hasSize(image.path("layers").size());
    assertThat(cli().run("inspect", "nobody.invalid/x").failed(1).err()).contains("nobody.invalid");
  }

  @Test
  @DisplayName(
      "Rows 11 and 15: push to a private registry beside us, layer by layer; many tags; a mirror")
  void registries() throws IOException {
    dockerfile("FROM " + named("ubuntu") + "\nCOPY file /\n");
    String first =
        cli()
            .run("build", "--push", "-t", named("app:1"), "-t", named("app:latest"), ".")
            .ok()
            .err();
    assertThat(first)
        .containsPattern("layer [0-9a-f]{12} .*: (pushed|mounted)")
        .contains("pushed " + named("app:1") + " sha256:");
    assertThat(first).contains("pushed " + named("app:latest"), "digest: sha256:");
    assertThat(cli().run("build", "--push", "-t", named("app:2"), ".").ok().err())
        .contains("already exists");

    String digest = cli().inspect(named("app:2")).path("digest").asText();
    assertThat(digest).isEqualTo(cli().inspect(named("app:1")).path("digest").asText());
    assertThat(cli().inspect(named("app@" + digest)).path("digest").asText()).isEqualTo(digest);

    // Full names default to Docker Hub's library and latest; a mirror answers for it.
    Cli fresh = new Cli(context, context.resolve("fresh-store"));
    dockerfile("FROM app\nCOPY file /again\n");
    fresh.run("build", "-q", "--registry-mirror", "docker.io=" + registry.host(), ".").ok();
  }

  @Test
  @DisplayName("Row 12: one image under several names, found by digest; an image without a name")
  void names() throws IOException {
    dockerfile("FROM scratch\nCOPY file /named\n");
    cli().run("build", "-q", "-t", "first:1", "-t", "second:2", ".").ok();
    String digest = cli().inspect("first:1").path("digest").asText();
    assertThat(cli().inspect("second:2").path("digest").asText()).isEqualTo(digest);
    assertThat(cli().inspect("first:1@" + digest).path("digest").asText()).isEqualTo(digest);
    assertThat(cli().run("inspect", "first:1@sha256:" + "0".repeat(64)).exit()).isNotZero();

    dockerfile("FROM scratch\nCOPY file /unnamed\n");
    assertThat(cli().run("build", "-q", ".").ok().out()).startsWith("sha256:");
  }

  @Test
  @DisplayName("Row 13: save to an archive, load it elsewhere, push it from there")
  void archives() throws IOException {
    dockerfile("FROM ubuntu\nCOPY file /\n");
    cli().run("build", "-q", "-t", named("saved:1"), "-o", "type=docker,dest=d.tar", ".").ok();
    cli().run("build", "-q", "-t", named("saved:2"), "-o", "type=oci,dest=o.tar", ".").ok();

    Cli elsewhere = new Cli(context, context.resolve("elsewhere"));
    assertThat(elsewhere.run("load", "-i", "d.tar").ok().out()).contains("saved:1");
    assertThat(elsewhere.feed(context.resolve("o.tar"), "load").ok().out()).contains("saved:2");
    assertThat(elsewhere.run("push", named("saved:2")).ok().out()).startsWith("sha256:");
    assertThat(cli().inspect(named("saved:2")).path("digest").asText())
        .isEqualTo(elsewhere.inspect(named("saved:2")).path("digest").asText());
    assertThat(elsewhere.run("push", named("never")).failed(1).err())
        .contains("not in the local store");
  }

  @Test
  @DisplayName("Row 14: commit of a changed root file system, with author, message and config")
  void commit() throws IOException {
    dockerfile("FROM ubuntu\nCOPY file /kept\nCOPY file /deleted\n");
    cli().run("build", "-q", "-t", "before", "-o", "type=local,dest=root", "--load", ".").ok();
    Files.delete(context.resolve("root/deleted"));
    Files.writeString(context.resolve("root/added"), "by hand\n");

    cli()
        .run(
            "commit",
            "root",
            "--from",
            "before",
            "-t",
            "after",
            "--author",
            "J. Doe",
            "--message",
            "changed by hand",
            "--change",
            "CMD [\"/bin/date\"]",
            "--change",
            "ENV A=1 B=2")
        .ok();

    JsonNode image = cli().inspect("after");
    assertThat(digests("after"))
        .hasSize(digests("before").size() + 1)
        .startsWith(digests("before").toArray(String[]::new));
    assertThat(image.path("config").path("author").asText()).isEqualTo("J. Doe");
    assertThat(texts(image.path("config").path("config").path("Cmd"))).containsExactly("/bin/date");
    assertThat(texts(image.path("config").path("config").path("Env"))).contains("A=1", "B=2");
    assertThat(cli().run("history", "after").ok().out().lines().skip(1).findFirst().orElseThrow())
        .contains("slipway commit", "changed by hand");
    dockerfile("FROM after\n");
    cli().run("build", "-q", "-o", "type=local,dest=again", ".").ok();
    assertThat(context.resolve("again/added")).hasContent("by hand");
    assertThat(context.resolve("again/kept")).exists();
    assertThat(context.resolve("again/deleted")).doesNotExist();
    assertThat(cli().run("commit", "root", "--from", "before", "-c", "RUN x").failed(1).err())
        .contains("RUN is more than a change of the config");
  }

  @Test
  @DisplayName("Row 16: what the store costs, and prune")
  void space() throws IOException {
    Cli own = new Cli(context, context.resolve("own-store"));
    dockerfile("FROM scratch\nCOPY file /\n");
    own.run("build", "-q", "-t", "costs", ".").ok();

    assertThat(own.run("system", "df").ok().out()).contains("TYPE", "RECLAIMABLE", "Layer", "All");
    assertThat(own.run("prune").ok().out()).containsPattern("Deleted [1-9][0-9]* things, freed ");
    assertThat(own.run("build", "--progress=plain", ".").ok().err()).doesNotContain("CACHED");
  }
}
