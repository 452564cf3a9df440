package dev.slipway.e2e.real;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs a program in an unpacked image as its configuration says, by util-linux alone. Not modelled:
 * capabilities, cgroups, a network of its own, volumes.
 *
 * @param root where it is unpacked
 * @param config the {@code config} of the image's configuration
 */
record Container(Path root, JsonNode config) {
  private static final int PATIENCE_SECONDS = 120;

  /** Runs it with these arguments, or those of the image if there are none; standard output. */
  String run(List<String> arguments) throws IOException {
    List<String> program = new ArrayList<>();
    if (arguments.isEmpty()) {
      program.addAll(strings("Entrypoint"));
      program.addAll(strings("Cmd"));
    } else {
      program.addAll(arguments);
    }
    Files.createDirectories(root.resolve("proc"));
    Files.createDirectories(root.resolve("dev"));
    // As every runtime has it; images leave the file to them.
    Path hosts = root.resolve("etc/hosts");
    if (Files.isDirectory(hosts.getParent(), LinkOption.NOFOLLOW_LINKS) && Files.notExists(hosts)) {
      Files.writeString(hosts, "127.0.0.1\tlocalhost\n");
    }
    String user = config.path("User").asText();
    List<String> command =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount --rbind /dev \"$1/dev\" && shift && exec \"$@\"",
                "sh",
                root.toString(),
                "unshare",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "--root=" + root,
                "--wd=" + config.path("WorkingDir").asText("/")));
    if (!user.isEmpty()) {
      long[] ids = ids(user);
      command.addAll(List.of("--setuid=" + ids[0], "--setgid=" + ids[1]));
    }
    command.add("--");
    command.addAll(program);
    ProcessBuilder builder = new ProcessBuilder(command);
    Path errors = Files.createTempFile("slipway-container", ".err");
    builder.redirectError(errors.toFile());
    String path = builder.environment().get("PATH");
    builder.environment().clear();
    builder.environment().put("PATH", path); // of this machine, for a shell to find unshare
    for (String variable : strings("Env")) {
      int equals = variable.indexOf('=');
      String name = variable.substring(0, equals);
      String value = variable.substring(equals + 1);
      builder.environment().put(name, name.equals("PATH") ? value + ":" + path : value);
    }
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (!ended || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new AssertionError(
            "%s ended with %s:%n%s%n%s"
                .formatted(
                    program,
                    ended ? process.exitValue() : "nothing",
                    output,
                    Files.readString(errors)));
      }
      return output;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } finally {
      Files.delete(errors);
    }
  }

  /** User and group by number, or by name as the image's own files have them. */
  private long[] ids(String user) throws IOException {
    String[] parts = user.split(":", 2);
    List<String> passwd = entry("etc/passwd", parts[0], 2);
    long uid = passwd.isEmpty() ? Long.parseLong(parts[0]) : Long.parseLong(passwd.get(2));
    if (parts.length == 1) {
      return new long[] {uid, passwd.isEmpty() ? 0 : Long.parseLong(passwd.get(3))};
    }
    List<String> group = entry("etc/group", parts[1], 2);
    return new long[] {uid, Long.parseLong(group.isEmpty() ? parts[1] : group.get(2))};
  }

  private List<String> entry(String file, String name, int id) throws IOException {
    Path path = root.resolve(file);
    if (!Files.exists(path)) {
      return List.of();
    }
    try (Stream<String> lines = Files.lines(path)) {
      return lines
          .map(line -> List.of(line.split(":", -1)))
          .filter(fields -> fields.get(0).equals(name) || fields.get(id).equals(name))
          .findFirst()
          .orElse(List.of());
    }
  }

  private List<String> strings(String field) {
    return config.path(field).valueStream().map(JsonNode::asText).toList();
  }
}
