package dev.slipway.e2e.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The Java runtime in the image has the modules that are needed, and no others. */
final class ModulesTest {
  private static final Pattern MODULES = Pattern.compile("(?m)^ARG MODULES=(\\S+)$");

  /** logback, Jackson, JGit and sshd have parts for them that nobody calls here. */
  private static final Set<String> NEVER_CALLED = Set.of("java.desktop", "java.rmi", "java.sql");

  @Test
  void theListInTheDockerfileIsWhatJdepsFinds() throws IOException {
    Matcher list = MODULES.matcher(Files.readString(Path.of("..", "image", "Dockerfile")));
    assertThat(list.find()).isTrue();
    Set<String> given = new TreeSet<>(Arrays.asList(list.group(1).split(",")));

    List<Path> all = new ArrayList<>(ours());
    all.addAll(libraries());
    Set<String> needed = jdeps(all, List.of());
    needed.removeAll(NEVER_CALLED);

    assertThat(given).isEqualTo(needed);
  }

  /** Of our own classes none may need what is left out. */
  @Test
  void whatIsLeftOutIsNotOurs() throws IOException {
    assertThat(jdeps(ours(), List.of("--no-recursive", "--class-path=" + joined(libraries()))))
        .contains("java.net.http")
        .doesNotContainAnyElementsOf(NEVER_CALLED);
  }

  private static List<Path> ours() {
    return Stream.of("builder", "operator", "crds")
        .map(module -> Path.of("..", module, "target", "classes"))
        .toList();
  }

  /** Those of both programs, each once. */
  private static Collection<Path> libraries() throws IOException {
    Map<String, Path> jars = new TreeMap<>();
    for (String module : List.of("builder", "operator")) {
      try (Stream<Path> files = Files.list(Path.of("..", module, "target", "lib"))) {
        files
            .filter(file -> !file.getFileName().toString().startsWith("slipway-"))
            .forEach(jar -> jars.put(jar.getFileName().toString(), jar));
      }
    }
    // Kotlin's libraries come twice: for other platforms than the JVM there are no classes in them.
    jars.keySet().removeIf(name -> jars.containsKey(name.replaceFirst("-(?=[0-9])", "-jvm-")));
    return jars.values();
  }

  private static String joined(Collection<Path> jars) {
    return jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }

  private static Set<String> jdeps(List<Path> what, List<String> options) throws IOException {
    List<String> arguments = new ArrayList<>(options);
    arguments.addAll(List.of("--multi-release=25", "--ignore-missing-deps", "--list-deps"));
    // Jars that are modules name others, which have to be found as modules.
    arguments.add("--module-path=" + joined(libraries()));
    what.forEach(path -> arguments.add(path.toString()));
    StringWriter output = new StringWriter();
    PrintWriter writer = new PrintWriter(output);
    int exit =
        ToolProvider.findFirst("jdeps")
            .orElseThrow()
            .run(writer, writer, arguments.toArray(String[]::new));
    assertThat(exit).as(output.toString()).isZero();
    return output
        .toString()
        .lines()
        .map(String::strip)
        // Neither warnings nor packages that are open to some modules only.
        .filter(line -> line.matches("[a-z.]+"))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
