package dev.slipway.builder.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RunTest {

  private static Run run(String text) {
    return (Run)
        Dockerfile.parse("Dockerfile", "FROM scratch\n" + text)
            .stages()
            .getFirst()
            .instructions()
            .getFirst();
  }

  private static Mount mount(String value) {
    Variables variables = Globals.variables(Map.of("T", "cache", "D", "/d"));
    return run("RUN --mount=" + value + " x").expand(variables).mounts().getFirst();
  }

  @Test
  void bind() {
    assertThat(mount("target=/a")).isEqualTo(new Mount.Bind("/a", "", Optional.empty(), true));
    assertThat(mount("type=bind,from=b,src=/s,dst=rel,rw"))
        .isEqualTo(new Mount.Bind("rel", "/s", Optional.of("b"), false));
    assertThat(mount("readonly=false,destination=/a"))
        .isEqualTo(new Mount.Bind("/a", "", Optional.empty(), false));
  }

  @Test
  void cache() {
    assertThat(mount("type=cache,target=/a/./b/../c/"))
        .isEqualTo(
            new Mount.Cache(
                "/a/./b/../c/",
                "/a/c",
                Mount.Sharing.SHARED,
                Optional.empty(),
                "",
                false,
                OptionalInt.empty(),
                OptionalLong.empty(),
                OptionalLong.empty()));
    assertThat(
            mount(
                "type=CACHE,id=i,target=/t,sharing=Locked,from=f,source=s,ro,mode=0755,uid=1,gid=2"))
        .isEqualTo(
            new Mount.Cache(
                "/t",
                "i",
                Mount.Sharing.LOCKED,
                Optional.of("f"),
                "s",
                true,
                OptionalInt.of(0755),
                OptionalLong.of(1),
                OptionalLong.of(2)));
  }

  @Test
  void variablesMayStandForAnythingButFrom() {
    assertThat(mount("type=$T,target=$D/x,id=${T}1"))
        .isInstanceOfSatisfying(
            Mount.Cache.class,
            cache -> {
              assertThat(cache.target()).isEqualTo("/d/x");
              assertThat(cache.id()).isEqualTo("cache1");
            });
  }

  @ParameterizedTest
  @CsvSource({"1,1", "1b,1", "2k,2048", "1KiB,1024", "1.5m,1572864", "'1 g',1073741824", ".5k,512"})
  void tmpfsSizes(String text, long bytes) {
    assertThat(mount("type=tmpfs,target=/t,size='" + text + "'"))
        .isEqualTo(new Mount.Tmpfs("/t", OptionalLong.of(bytes), false));
  }

  @Test
  void secret() {
    assertThat(mount("type=secret,id=a/b"))
        .isEqualTo(secret("a/b", Optional.of("/run/secrets/b"), Optional.empty(), false));
    assertThat(mount("type=secret,target=/x/k,required"))
        .isEqualTo(secret("k", Optional.of("/x/k"), Optional.empty(), true));
    assertThat(mount("type=secret,source=s,env=E,required=false"))
        .isEqualTo(secret("s", Optional.empty(), Optional.of("E"), false));
    assertThat(mount("type=secret,id=s,env=E,target=/f"))
        .isEqualTo(secret("s", Optional.of("/f"), Optional.of("E"), false));
  }

  private static Mount secret(
      String id, Optional<String> target, Optional<String> env, boolean required) {
    return new Mount.Secret(
        id, target, env, required, OptionalInt.empty(), OptionalLong.empty(), OptionalLong.empty());
  }

  @Test
  void ssh() {
    assertThat(mount("type=ssh,mode=600,uid=0"))
        .isEqualTo(
            new Mount.Ssh(
                "default",
                Optional.empty(),
                false,
                OptionalInt.of(0600),
                OptionalLong.of(0),
                OptionalLong.empty()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "type=cahce,target=/x | unsupported mount type \"cahce\" | did you mean cache?",
        "target=/x,shring=shared | unexpected key 'shring' | did you mean sharing?",
        "type=cache,target=/x,sharing=mine | unsupported sharing value \"mine\" | shared, private",
        "type=bind,target=/x,sharing=shared | invalid cache sharing set for bind mount | bind",
        "type=bind,target=/x,mode=755 | mode not allowed for \"bind\" type mounts | mode",
        "type=tmpfs,target=/x,uid=1 | uid not allowed for \"tmpfs\" type mounts | uid",
        "type=bind,target=/x,size=1 | unexpected key 'size' for mount type 'bind' | size",
        "type=bind,target=/x,required | unexpected key 'required' | bind",
        "type=cache,target=/x,mode=9 | invalid value 9 for mode | mode",
        "type=cache,target=/x,uid=-1 | invalid value -1 for uid | uid",
        "type=cache,target=/x,gid=4294967296 | invalid value 4294967296 for gid | gid",
        "type=tmpfs,target=/x,size=many | invalid value for size: many | size",
        "type=bind,target=/x,rw=maybe | invalid value for rw: maybe | rw",
        "type=bind,target | invalid field 'target' must be a key=value pair | target",
        "type=bind,target=/ | invalid mount target \"/\" | /",
        "type=tmpfs,target=/a/.. | invalid mount target \"/a/..\" | /",
        "type=secret | one of id, source, target required | secret",
        "type=secret,id=a,source=b | both source and id can't be set | both",
        "type=secret,id=a,from=b | secret mount should not have a from | from",
        "type=secret,id=a,env= | env must name a variable | env",
        "type=ssh,source=/x | ssh does not support source | source",
      })
  void invalidMounts(String value, String message, String more) {
    assertThatThrownBy(() -> mount(value))
        .isInstanceOfSatisfying(
            BuildException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.DOCKERFILE_SYNTAX);
              assertThat(e.location().orElseThrow().line()).isEqualTo(2);
            })
        .hasMessageContaining(message)
        .hasMessageContaining(more);
  }

  @Test
  void whatIsWrongWithAMountWithoutVariablesIsKnownWithTheFile() {
    String text = "RUN --mount=target=/a \\\n  --mount=type=cache,target=/c,sharing=lokced x";
    Run run = run(text);
    assertThatThrownBy(run::requireMounts)
        .isInstanceOfSatisfying(
            BuildException.class,
            e -> {
              assertThat(e.location().orElseThrow().line()).isEqualTo(3);
              assertThat(e.location().orElseThrow().column()).isEqualTo(3);
            })
        .hasMessageContaining("unsupported sharing value \"lokced\"")
        .hasMessageContaining("did you mean locked?");
    run("RUN --mount=type=cache,target=/c,sharing=$S x").requireMounts();
  }

  @Test
  void sourcesAreKnownBeforeExpansion() {
    Run run =
        run("RUN --mount=type=$T,from=a,target=/x --mount=from=b,target=/y --mount=target=/z x");
    assertThat(run.mountSources()).containsExactly("a", "b");
  }

  @Test
  void devices() {
    Run run = run("RUN --device=nvidia.com/gpu=all,required --device=name=foo,required=false x");
    assertThat(run.devices())
        .containsExactly(new Run.Device("nvidia.com/gpu=all", true), new Run.Device("foo", false));
    assertThatThrownBy(() -> run("RUN --device=a,b x"))
        .hasMessageContaining("device name already set to a");
  }

  @Test
  void aCommandIsRunByTheShellOrNot() {
    assertThat(run("RUN echo  a").invocation()).isEqualTo(new Run.Invocation.ShellText("echo  a"));
    assertThat(run("RUN [\"a\", \"b c\"]").invocation())
        .isEqualTo(new Run.Invocation.Exec(List.of("a", "b c")));
  }

  @Test
  void aLoneDocumentIsTheCommand() {
    assertThat(run("RUN <<-EOF\n\ta\n\tb $x\nEOF").invocation())
        .isEqualTo(new Run.Invocation.ShellText("a\nb $x\n"));
    assertThat(run("RUN <<py\n#!/usr/bin/python3\nprint()\npy").invocation())
        .isEqualTo(new Run.Invocation.ScriptFile("py", "#!/usr/bin/python3\nprint()\n"));
    assertThat(new Run.Invocation.ScriptFile("py", "").path()).isEqualTo("/dev/pipes/py");
  }

  @Test
  void progressShowsHowALoneDocumentStarts() {
    assertThat(run("run <<EOF\n\n apt-get update \r\nls\nEOF").source())
        .isEqualTo("RUN <<EOF (apt-get update...)");
    assertThat(run("RUN <<EOF\nls\nEOF").source()).isEqualTo("RUN <<EOF (ls)");
    assertThat(run("RUN cat <<EOF\nls\nEOF").source()).isEqualTo("RUN cat <<EOF");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cat <<A <<-'B'", "<<A cat <<-'B'"})
  void otherDocumentsAreGivenBackToTheShell(String command) {
    assertThat(run("RUN " + command + "\n1\nA\n\t2\n\tB\n").invocation())
        .isEqualTo(new Run.Invocation.ShellText(command + "\n1\nA\n\t2\nB"));
  }
}
