package dev.slipway.builder.sandbox;

import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A program that enters a user namespace and runs one step, for tests that start it. */
final class Entering {
  private static final List<FileInputStream> OPEN = new ArrayList<>();

  private Entering() {}

  /** Arguments: an existing directory to work in, a base directory, and the script. */
  public static void main(String[] arguments) throws Exception {
    // A JVM with an AOT cache and many jars has so many that the next one has two digits, which
    // redirections of dash cannot name.
    for (int i = 0; i < 12; i++) {
      OPEN.add(new FileInputStream("/dev/null"));
    }
    UserNamespace.enter();
    Path directory = Path.of(arguments[0]);
    try (Sandbox sandbox = Sandbox.open(SandboxSettings.strongest(directory))) {
      System.out.println("tier=" + sandbox.tier().label());
      System.out.println(sandbox.capabilities());
      sandbox.refusals().forEach(System.out::println);
      Path scratch = Files.createDirectory(directory.resolve("scratch"));
      try (Rootfs rootfs = sandbox.mount(List.of(Path.of(arguments[1])), scratch)) {
        ExitStatus status =
            sandbox.run(
                rootfs,
                Command.of(List.of("/bin/sh", "-c", arguments[2]), Map.of("PATH", "/bin")),
                OutputListener.utf8(line -> System.out.println("> " + line)));
        System.out.println(status);
      }
    }
  }
}
