package dev.slipway.builder.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class ExpansionTest {
  private static final Variables VARIABLES =
      Globals.variables(
          Map.of(
              "HOME", "/home/u",
              "EMPTY", "",
              "STR", "foobarbaz",
              "STAR", "a*b?c",
              "PATHS", "/usr/bin:/bin",
              "SPACES", "a  b",
              "UNI", "日本語",
              "DOT", "a.b.c"));

  @TestFactory
  Stream<DynamicTest> words() throws IOException {
    return Files.readAllLines(Path.of("src/test/resources/dockerfile/expansion.txt")).stream()
        .filter(line -> line.contains("=>"))
        .map(line -> line.split(" => ?", 2))
        .map(parts -> {
          int remark = parts[1].indexOf(";;");
          String expected = remark < 0 ? parts[1] : parts[1].substring(0, remark).stripTrailing();
          return DynamicTest.dynamicTest(parts[0], () -> word(parts[0], expected));
        });
  }

  private static void word(String word, String expected) {
    if (expected.startsWith("! ")) {
      assertThatThrownBy(() -> expand(word)).hasMessageContaining(expected.substring(2));
    } else {
      assertThat(expand(word)).isEqualTo(expected);
    }
  }

  private static String expand(String word) {
    return new Workdir(origin('\\'), word).expand(VARIABLES).path();
  }

  private static Origin origin(char escape) {
    return instruction("WORKDIR x", escape).origin();
  }

  private static Instruction instruction(String text) {
    return instruction(text, '\\');
  }

  private static Instruction instruction(String text, char escape) {
    String directive = escape == '\\' ? "" : "# escape=" + escape + "\n";
    return Dockerfile.parse("Dockerfile", directive + "FROM scratch\n" + text)
        .stages()
        .getFirst()
        .instructions()
        .getFirst();
  }

  @SuppressWarnings("unchecked")
  private static <T extends Instruction> T expanded(String text) {
    return (T) instruction(text).expand(VARIABLES);
  }

  @Test
  void backtickEscapesWhereTheDirectiveSaysSo() {
    Env env = (Env) instruction("ENV a=`$HOME b=c:\\dir d=\"`$x\"", '`').expand(VARIABLES);
    assertThat(env.variables())
        .extracting(KeyValue::value)
        .containsExactly("$HOME", "c:\\dir", "$x");
  }

  @Test
  void oneInstructionSeesOneSetOfValues() {
    Env env = expanded("ENV HOME=new copy=$HOME");
    assertThat(env.variables())
        .containsExactly(
            new KeyValue("HOME", "new", false), new KeyValue("copy", "/home/u", false));
  }

  @Test
  void keysAreExpandedToo() {
    Label label = expanded("LABEL $STR=\"$HOME x\" a.$DOT=1");
    assertThat(label.labels())
        .containsExactly(
            new KeyValue("foobarbaz", "/home/u x", false), new KeyValue("a.a.b.c", "1", false));
  }

  @Test
  void copyExpandsPathsAndOwnersButNotExcludes() {
    Copy copy = expanded("COPY --chown=$STR --chmod=$EMPTY --exclude=$STR $HOME '$x' /$STR/");
    assertThat(copy.sources()).containsExactly("/home/u", "$x");
    assertThat(copy.destination()).isEqualTo("/foobarbaz/");
    assertThat(copy.chown()).contains("foobarbaz");
    assertThat(copy.excludes()).containsExactly("$STR");
  }

  @Test
  void documentsExpandUnlessTheirDelimiterIsQuoted() {
    Copy copy =
        expanded("COPY <<A <<'B' <<-C /d/\n\"$HOME\" it's \\$x \\\nA\n$HOME\nB\n\t$EMPTY\tt\nC");
    assertThat(copy.inline())
        .extracting(Heredoc::text)
        .containsExactly("\"/home/u\" it's $x \n", "$HOME\n", "\tt\n");
  }

  @Test
  void commandsAreLeftToTheShell() {
    assertThat(same("RUN echo $HOME \"${x\"")).isTrue();
    assertThat(same("CMD echo $HOME")).isTrue();
    assertThat(same("ENTRYPOINT [\"$HOME\"]")).isTrue();
    assertThat(same("HEALTHCHECK CMD $HOME")).isTrue();
    assertThat(same("ONBUILD ENV a=$HOME")).isTrue();
    assertThat(same("SHELL [\"$HOME\"]")).isTrue();
    assertThat(same("MAINTAINER $HOME")).isTrue();
  }

  private static boolean same(String text) {
    Instruction instruction = instruction(text);
    return instruction.expand(VARIABLES).equals(instruction);
  }

  @Test
  void exposeSplitsWhatAVariableHolds() {
    Instruction expose = instruction("EXPOSE $P 90");
    Variables ports = Globals.variables(Map.of("P", "80 443/UDP 8000-8002"));
    assertThat(((Expose) expose.expand(ports)).ports())
        .containsExactly("80/tcp", "443/udp", "8000/tcp", "8001/tcp", "8002/tcp", "90/tcp");
  }

  @Test
  void aFailureNamesThePlaceAndShowsTheInstruction() {
    assertThatThrownBy(() -> expanded("USER ${UNSET:?set UNSET}"))
        .isInstanceOfSatisfying(
            BuildException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.DOCKERFILE_SYNTAX);
              assertThat(e.location().orElseThrow().line()).isEqualTo(2);
            })
        .hasMessage(
            "failed to process \"${UNSET:?set UNSET}\": UNSET: set UNSET\n"
                + "  2 | USER ${UNSET:?set UNSET}");
  }

  @Test
  void resultsThatMakeNoSenseAreRefused() {
    for (String text :
        List.of(
            "STOPSIGNAL $UNSET",
            "STOPSIGNAL SIGFOO",
            "STOPSIGNAL 0",
            "STOPSIGNAL RTMIN+16",
            "VOLUME $EMPTY",
            "ENV $EMPTY=a",
            "COPY https://example.com/$STR /",
            "ADD --checksum=sha256:00 a b /")) {
      assertThatThrownBy(() -> expanded(text)).as(text).isInstanceOf(BuildException.class);
    }
    assertThat(same("STOPSIGNAL SIGRTMIN+3")).isTrue();
    assertThat(same("STOPSIGNAL term")).isTrue();
    assertThat(same("STOPSIGNAL 37")).isTrue();
  }

  @Test
  void portsAreChecked() {
    for (String spec :
        List.of("x", "70000", "1-", "5-3", "1/icmp", "/tcp", "1.2.3:4:5", "1-3:1-2", "-1")) {
      assertThatThrownBy(() -> ports("EXPOSE " + spec))
          .as(spec)
          .isInstanceOf(BuildException.class)
          .hasMessageContaining("invalid port: \"" + spec + "\"");
    }
    assertThat(ports("EXPOSE 127.0.0.1:8080:80 [::1]:1-2:3-4 :5"))
        .containsExactly("80/tcp", "5/tcp", "3/tcp", "4/tcp");
  }

  private static List<String> ports(String text) {
    return ((Expose) instruction(text).expand(VARIABLES)).ports();
  }

  @Test
  void fromMustNameSomething() {
    From from = Dockerfile.parse("Dockerfile", "FROM $UNSET").stages().getFirst().from();
    assertThatThrownBy(() -> from.expand(VARIABLES))
        .hasMessageContaining("base name ($UNSET) should not be blank");
    From platform =
        Dockerfile.parse("Dockerfile", "FROM --platform=$EMPTY a").stages().getFirst().from();
    assertThatThrownBy(() -> platform.expand(VARIABLES))
        .hasMessageContaining("empty platform value from expression $EMPTY");
  }

  @Test
  void substitutionsNestOnlySoDeep() {
    assertThat(expand("${a:-".repeat(100) + "}".repeat(100))).isEmpty();
    assertThatThrownBy(() -> expand("${a:-".repeat(101) + "}".repeat(101)))
        .hasMessageContaining("nested more than 100 deep");
    assertThatThrownBy(() -> expand("\"${a:-".repeat(5000)))
        .hasMessageContaining("nested more than 100 deep");
  }

  @Test
  void valuesCannotExplode() {
    Variables big = Globals.variables(Map.of("x", "y".repeat(1 << 20)));
    Instruction many = instruction("LABEL a=" + "$x".repeat(100));
    assertThatThrownBy(() -> many.expand(big)).hasMessageContaining("longer than");
  }
}
