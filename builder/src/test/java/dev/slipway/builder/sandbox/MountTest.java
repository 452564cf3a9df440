package dev.slipway.builder.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.OpenFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Merged views, and what is mounted into a step. */
class MountTest extends SandboxFixture {

  @Test
  void theUpperDirectoryHoldsTheChangesAndNothingElse() throws Exception {
    ok("echo new > /tmp/new; rm /etc/passwd; mkdir -p /var/a/b; echo more >> /etc/group");
    Path upper = rootfs.seal();
    assertThat(tree(upper))
        .containsExactly(
            "etc", "etc/group", "etc/passwd", "tmp", "tmp/new", "var", "var/a", "var/a/b");
    try (Dir dir = Dir.open(upper)) {
      assertThat(dir.lstat("etc/passwd").type()).isEqualTo(FileType.CHARACTER_DEVICE);
      assertThat(dir.lstat("etc/passwd").devMajor()).isZero();
    }
    assertThat(upper.resolve("etc/group")).hasContent("root:x:0:\nmore\n");
  }

  @Test
  void aReplacedDirectoryIsOpaque() throws Exception {
    Path layer = directory("with-srv");
    Files.writeString(directory("with-srv/srv").resolve("old"), "");
    rootfs.close();
    rootfs = sandbox.mount(List.of(base, layer), scratch());
    ok("rm -r /srv; mkdir /srv; echo one > /srv/one");
    Path upper = rootfs.seal();
    assertThat(tree(upper)).containsExactly("srv", "srv/one");
    try (Dir dir = Dir.open(upper)) {
      assertThat(dir.xattrs("srv").get("user.overlay.opaque")).isEqualTo(new byte[] {'y'});
    }
    // The upper directory serves as a layer as it is.
    try (View view = sandbox.view(List.of(base, layer, upper), scratch())) {
      assertThat(view.dir().list().stream().map(entry -> entry.name())).contains("srv", "bin");
      try (Dir srv = view.dir().openDir("srv")) {
        assertThat(srv.list()).extracting(entry -> entry.name()).containsExactly("one");
      }
    }
  }

  @Test
  void anImageWithoutAnyDirectoryGetsNoneFromUs() throws Exception {
    Path bare = directory("bare");
    for (String part : List.of("bin", "lib", "lib64")) {
      if (Files.exists(base.resolve(part))) {
        new ProcessBuilder("cp", "-a", base.resolve(part).toString(), bare.toString())
            .start()
            .waitFor();
      }
    }
    rootfs.close();
    rootfs = sandbox.mount(List.of(bare), scratch());
    Mount secret = new Mount.Secret("s".getBytes(UTF_8), "/run/secrets/x", 0400, 0, 0);
    Mount tmpfs = new Mount.Tmpfs("/a/b/c", 0);
    assertThat(
            ok(
                command("cat /run/secrets/x /etc/hosts; touch /a/b/c/d; ls /proc /sys")
                    .withMounts(List.of(secret, tmpfs))))
        .anyMatch(line -> line.startsWith("s127.0.0.1\tlocalhost slipway"));
    assertThat(tree(rootfs.seal())).isEmpty();
  }

  @Test
  void aStubThatTheStepFilledStays() throws Exception {
    Path cache = directory("cache-stub");
    ok(
        command("echo kept > /data/kept; echo cached > /data/cache/cached; ls -d /data")
            .withMounts(List.of(new Mount.Cache(cache, "/data/cache", false))));
    Path upper = rootfs.seal();
    assertThat(tree(upper)).containsExactly("data", "data/kept");
    assertThat(cache.resolve("cached")).hasContent("cached\n");
  }

  @Test
  void mountingLeavesTheTimesOfParentsAlone() throws Exception {
    long before = Files.getLastModifiedTime(base.resolve("var")).toMillis();
    ok(command("true").withMounts(List.of(new Mount.Tmpfs("/var/lib/x", 0))));
    try (Dir var = rootfs.dir().openDir("var")) {
      assertThat(var.lstat("").mtimeSeconds()).isEqualTo(before / 1000);
      assertThat(var.list()).isEmpty();
    }
    assertThat(tree(rootfs.seal())).isEmpty();
  }

  @Test
  void bindMountsShowDirectoriesAndFilesReadOnlyOrNot() throws Exception {
    Path source = directory("source");
    Files.createDirectories(source.resolve("sub"));
    Files.writeString(source.resolve("sub/file"), "text\n");
    Mount.Source directory = new Mount.Source.Directory(source);
    List<Mount> mounts =
        List.of(
            new Mount.Bind(directory, "", "/all", true),
            new Mount.Bind(directory, "sub/file", "/etc/file", true),
            new Mount.Bind(directory, "sub", "/rw", false));
    assertThat(
            ok(
                command(
                        "cat /all/sub/file /etc/file; echo x > /all/x; echo x > /etc/file;"
                            + " echo new > /rw/new")
                    .withMounts(mounts)))
        .filteredOn(line -> line.equals("text") || line.contains("Read-only"))
        .hasSize(sandbox.capabilities().mounts() ? 4 : 2);
    assertThat(tree(source)).containsExactly("sub", "sub/file", "sub/new");
    assertThat(tree(rootfs.seal())).isEmpty();
  }

  @Test
  void aMissingSourceIsNamed() throws Exception {
    Mount mount = new Mount.Bind(new Mount.Source.Directory(base), "no/such", "/x", true);
    assertThatThrownBy(() -> run(command("true").withMounts(List.of(mount))))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.FILE_NOT_FOUND))
        .hasMessageContaining("no/such");
    assertThat(tree(rootfs.seal())).isEmpty();
  }

  @Test
  void anotherStageCanBeBoundButNotWritten() throws Exception {
    Path layer = directory("stage-layer");
    Files.writeString(layer.resolve("artifact"), "made\n");
    try (View view = sandbox.view(List.of(base, layer), scratch())) {
      Mount mount = new Mount.Bind(new Mount.Source.OfView(view), "", "/stage", false);
      List<String> lines =
          ok(
              command("cat /stage/artifact; echo x > /stage/artifact; true")
                  .withMounts(List.of(mount)));
      assertThat(lines).contains("made");
      assertReadOnly(lines);
    }
    assertThat(layer.resolve("artifact")).hasContent("made\n");
  }

  @Test
  void aCacheOutlivesItsStepAndASecretDoesNot() throws Exception {
    Path cache = directory("cache");
    Mount mount = new Mount.Cache(cache, "/root/.cache", false);
    Mount secret = new Mount.Secret("pass\n".getBytes(UTF_8), "/run/secrets/token", 0440, 0, 0);
    ok(command("echo 1 > /root/.cache/one").withMounts(List.of(mount)));
    List<String> lines =
        ok(
            command(
                    "cat /root/.cache/one /run/secrets/token; stat -c %a:%u:%g /run/secrets/token;"
                        + " echo x > /run/secrets/token; true")
                .withMounts(List.of(mount, secret)));
    assertThat(lines).contains("1", "pass", "440:0:0");
    assertReadOnly(lines);
    assertThat(secret.toString()).doesNotContain("pass");
    assertThat(ok("ls -a /root; ls /run 2>/dev/null; true")).doesNotContain(".cache", "secrets");
    assertThat(tree(rootfs.seal())).isEmpty();
  }

  @Test
  void aTmpfsIsEmptyBoundedAndGone() throws Exception {
    needsMounts();
    assertThat(
            ok(
                command(
                        "ls /tmp | wc -l; head -c 2000000 /dev/zero > /tmp/big; stat -c %s /tmp/big;"
                            + " stat -c %a /tmp")
                    .withMounts(List.of(new Mount.Tmpfs("/tmp", 1 << 20)))))
        .contains("0", "1048576", "1777")
        .anyMatch(line -> line.contains("No space"));
    assertThat(ok("ls /tmp")).isEmpty();
  }

  /** Where it cannot be mounted it is a copy, and what is written to it is dropped. */
  private void assertReadOnly(List<String> lines) {
    if (sandbox.capabilities().mounts()) {
      assertThat(lines).anyMatch(line -> line.contains("Read-only"));
    }
  }

  @Test
  void whatDidNotChangeIsInNoLayer() throws Exception {
    Path layer = directory("settled");
    Files.createDirectories(layer.resolve("opt/app"));
    Files.writeString(layer.resolve("opt/app/lock"), "");
    Files.writeString(layer.resolve("opt/app/data"), "same");
    rootfs.close();
    rootfs = sandbox.mount(List.of(base, layer), scratch());
    ok(
        "exec 9<>/opt/app/lock; chmod 644 /opt/app/data; : >> /opt/app/data;"
            + " mkdir /tmp/built; echo x > /tmp/built/x; mv /tmp/built /opt/built; rmdir /tmp/* 2>/dev/null;"
            + " touch -d @1 /tmp");
    Path upper = rootfs.seal();
    assertThat(tree(upper)).containsExactly("opt", "opt/built", "opt/built/x", "tmp");
    try (Dir dir = Dir.open(upper)) {
      assertThat(dir.xattrs("opt/built").get("user.overlay.opaque")).isNull();
    }
  }

  @Test
  void mountsMayNest() throws Exception {
    Path cache = directory("nest");
    List<Mount> mounts =
        List.of(
            new Mount.Tmpfs("/m", 0),
            new Mount.Cache(cache, "/m/deep/cache", false),
            new Mount.Secret("s".getBytes(UTF_8), "/m/deep/file", 0400, 0, 0));
    assertThat(
            ok(
                command("ls /m/deep; cat /m/deep/file; echo x > /m/deep/cache/y")
                    .withMounts(mounts)))
        .containsExactly("cache", "file", "s");
    assertThat(tree(cache)).containsExactly("y");
    assertThat(tree(rootfs.seal())).isEmpty();
  }

  @Test
  void anAgentAnswersAtItsSocketInTheStep() throws Exception {
    Agent agent =
        program -> {
          program.read(ByteBuffer.allocate(100));
          program.write(ByteBuffer.wrap("signed\n".getBytes(UTF_8)));
        };
    Mount mount = new Mount.SshAgent(agent, "/run/agent", 0600, 0, 0);
    String perl =
        "perl -e 'socket(S, 1, 1, 0); connect(S, pack(\"Sa*\", 1, \"/run/agent\")) or die $!;"
            + " syswrite(S, \"x\"); sysread(S, $b, 99); print $b'";
    assertThat(ok(command("stat -c '%F %a' /run/agent; " + perl).withMounts(List.of(mount))))
        .containsExactly("socket 600", "signed");
    assertThat(tree(rootfs.seal())).isEmpty();
  }

  @Test
  void hundredsOfLayersMerge() throws Exception {
    List<Path> layers = new ArrayList<>(List.of(base));
    for (int i = 0; i < 300; i++) {
      Path layer = directory("many, layers:" + i);
      Files.writeString(layer.resolve("top"), i + "\n");
      Files.writeString(layer.resolve("f" + i), "");
      layers.add(layer);
    }
    rootfs.close();
    rootfs = sandbox.mount(layers, scratch());
    assertThat(ok("cat /top; ls / | grep -c '^f'")).containsExactly("299", "300");
  }

  @Test
  void anEmptyStageHasARootToCopyTo() throws Exception {
    Path scratch = scratch();
    try (Rootfs empty = sandbox.mount(List.of(), scratch)) {
      assertThat(empty.dir().list()).isEmpty();
      try (OpenFile file = empty.dir().create("hello", 0644)) {
        file.write("x".getBytes(UTF_8), 0, 1);
      }
      assertThat(tree(empty.seal())).containsExactly("hello");
    }
    try (View view = sandbox.view(List.of(), scratch())) {
      assertThat(view.dir().list()).isEmpty();
    }
  }

  @Test
  void theRootKeepsItsAttributes() throws Exception {
    Path layer = directory("sticky");
    new ProcessBuilder("chmod", "1750", layer.toString()).start().waitFor();
    try (Rootfs other = sandbox.mount(List.of(base, layer), scratch())) {
      assertThat(other.dir().lstat("").mode()).isEqualTo(01750);
    }
  }

  @Test
  void writingThroughTheViewIsSeenByTheStep() throws Exception {
    try (OpenFile file = rootfs.dir().create("tmp/from-copy", 0644)) {
      file.write("copied\n".getBytes(UTF_8), 0, 7);
    }
    assertThat(ok("cat /tmp/from-copy")).containsExactly("copied");
  }

  @Test
  void closingLeavesNoMountBehind() throws Exception {
    List<String> before = Files.readAllLines(Path.of("/proc/self/mountinfo"));
    ok("true");
    rootfs.close();
    rootfs.close();
    assertThat(Files.readAllLines(Path.of("/proc/self/mountinfo"))).isEqualTo(before);
  }
}
