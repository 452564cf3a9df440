package dev.slipway.e2e.real;

import dev.slipway.e2e.registry.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How this machine reaches the packages of Debian and the registries of the languages. It is read
 * when a test runs and copied into its base images, as an administrator of a closed network does,
 * so that no name of a host is in the repository.
 *
 * @param release the code name of the Debian that bases are made of: this machine's own, if any
 * @param sources the lines of {@code sources.list}; empty for what debootstrap writes
 */
record Machine(String release, List<String> sources) {
  private static final String RELEASE = "bookworm";
  private static final Path CERTIFICATES = Path.of("/usr/local/share/ca-certificates");
  private static final Path BUNDLE = Path.of("/etc/ssl/certs/ca-certificates.crt");
  private static final Pattern CODENAME =
      Pattern.compile("^VERSION_CODENAME=\"?(\\w+)\"?$", Pattern.MULTILINE);
  private static final Pattern ACQUIRE =
      Pattern.compile("Acquire::(?!IndexTargets|Changelogs|CompressionTypes|cdrom).*");

  static Machine here() throws IOException {
    Path os = Path.of("/etc/os-release");
    String text = Files.exists(os) ? Files.readString(os) : "";
    Matcher codename = CODENAME.matcher(text);
    if (!text.lines().toList().contains("ID=debian")
        || !codename.find()
        || Programs.find("apt-get").isEmpty()) {
      return new Machine(RELEASE, List.of());
    }
    String release = codename.group(1);
    // Third parties' sources need keys that a base does not have.
    Pattern debian = Pattern.compile("\\S+ %s(-updates|-security)? main".formatted(release));
    List<String> sources =
        Programs.run(
                "apt-get",
                "indextargets",
                "--format",
                "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                "Created-By: Packages")
            .lines()
            .distinct()
            .filter(debian.asMatchPredicate())
            .toList();
    return new Machine(release, sources);
  }

  /** Where debootstrap fetches from; its own default if absent. */
  Optional<String> mirror() {
    return sources.stream()
        .filter(line -> line.endsWith(" " + release + " main"))
        .map(line -> line.substring(0, line.indexOf(' ')))
        .findFirst();
  }

  /** Writes the files that a base needs to reach what this machine reaches. */
  void configure(Path root) throws IOException {
    Path apt = Files.createDirectories(root.resolve("etc/apt/apt.conf.d"));
    if (!sources.isEmpty()) {
      Files.write(
          root.resolve("etc/apt/sources.list"),
          sources.stream().map(source -> "deb " + source).toList());
    }
    if (Programs.find("apt-config").isPresent()) {
      List<String> settings =
          Programs.run("apt-config", "dump", "--no-empty", "--format", "%f \"%v\";%n", "Acquire")
              .lines()
              .filter(ACQUIRE.asMatchPredicate())
              .toList();
      Files.write(apt.resolve("90machine"), settings);
    }
    // The bundle for images without the package ca-certificates, the single files for its trigger.
    List<Path> certificates = new ArrayList<>(List.of(BUNDLE));
    if (Files.isDirectory(CERTIFICATES)) {
      try (Stream<Path> files = Files.walk(CERTIFICATES)) {
        files.filter(Files::isRegularFile).forEach(certificates::add);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    }
    for (Path certificate : certificates) {
      if (Files.isReadable(certificate)) {
        Path copy = root.resolve(Path.of("/").relativize(certificate));
        Files.createDirectories(copy.getParent());
        Files.copy(certificate, copy);
      }
    }
  }
}
