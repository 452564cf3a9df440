package dev.slipway.e2e.cluster;

import dev.slipway.e2e.cluster.node.Images;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The builder image of the embedded cluster: the {@code slipway} of this checkout, started by the
 * launcher where that started us, else from the class path of this JVM.
 */
public final class BuilderImage implements Images {
  /** What pods call it. */
  public static final String NAME = "slipway/builder:embedded";

  private final Image image;

  public BuilderImage() {
    this(System.getenv());
  }

  BuilderImage(Map<String, String> environment) {
    String home = System.getProperty("java.home");
    String launcher = environment.get("SLIPWAY_LAUNCHER");
    List<String> entrypoint =
        launcher != null
            ? List.of(launcher)
            : List.of(
                Path.of(home, "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                classPath(),
                "dev.slipway.builder.cli.Main");
    Map<String, String> env = new HashMap<>();
    env.put("JAVA_HOME", home);
    env.put("SLIPWAY_NO_BUILD", "1"); // a pod builds images, not Slipway
    env.put("SLIPWAY_NO_USERNS", "1"); // the node has entered one where it had to
    if (environment.containsKey("SLIPWAY_JAVA_OPTS")) {
      env.put("SLIPWAY_JAVA_OPTS", environment.get("SLIPWAY_JAVA_OPTS"));
    }
    List<Path> files = new ArrayList<>(List.of(Path.of(home)));
    if (launcher != null) {
      files.add(Path.of(launcher).getParent());
    } else {
      for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
        files.add(Path.of(entry).toAbsolutePath());
      }
    }
    image = new Image(entrypoint, env, files);
  }

  /** A pod has another working directory: all entries are absolute. */
  private static String classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  @Override
  public Optional<Image> find(String reference) {
    return reference.equals(NAME) ? Optional.of(image) : Optional.empty();
  }
}
