package dev.slipway.e2e.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code make conformance-capture}: builds the cases with BuildKit and with buildah, writes the
 * goldens from what BuildKit makes, and what each peer did into {@code references.json}, from which
 * the scoreboard is made. Review the difference before you commit it.
 */
final class Capture {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Bases bases;
  private final Peers peers;
  private final Addresses addresses;
  private final Path scratch;
  private final PrintStream out = System.out;

  private Capture(Path scratch) throws IOException {
    this.scratch = scratch;
    this.bases = new Bases();
    this.peers = new Peers(bases, scratch);
    this.addresses = peers.addresses();
  }

  /**
   * Captures.
   *
   * @param root the folder of the cases
   * @param bin the folder that holds {@code buildkitd} and {@code buildctl}
   * @param only names the cases
   * @param who the peers that build them: {@code buildkit}, {@code buildah}; what the others did
   *     before is kept
   */
  static void capture(Path root, Path bin, Pattern only, Set<String> who) throws IOException {
    Path scratch = Files.createTempDirectory("conformance");
    Capture capture = new Capture(scratch);
    String registry = capture.addresses.registry();
    try (@Nullable BuildKit buildKit =
        who.contains("buildkit")
            ? new BuildKit(bin, scratch.resolve("buildkit"), registry)
            : null) {
      @Nullable Buildah buildah =
          who.contains("buildah") ? new Buildah(scratch.resolve("buildah"), registry) : null;
      capture.run(root, only, buildKit, buildah);
    } finally {
      capture.peers.close();
      delete(scratch);
    }
  }

  private void run(Path root, Pattern only, @Nullable BuildKit buildKit, @Nullable Buildah buildah)
      throws IOException {
    Path file = root.resolve("references.json");
    TreeMap<String, JsonNode> references = new TreeMap<>();
    if (Files.exists(file)) {
      JSON.readTree(Files.readAllBytes(file))
          .properties()
          .forEach(entry -> references.put(entry.getKey(), entry.getValue()));
    }
    List<CaseFolder> all = CaseFolder.all(root);
    JsonNode versionsBefore = references.remove("versions");
    references.keySet().retainAll(all.stream().map(CaseFolder::name).toList());
    for (CaseFolder folder : all) {
      if (!only.matcher(folder.name()).find()) {
        continue;
      }
      JsonNode known = references.get(folder.name());
      ObjectNode row = known instanceof ObjectNode object ? object : JSON.createObjectNode();
      if (buildKit != null) {
        row.put("buildkit", reference(folder, buildKit, "buildkit"));
      }
      if (buildah != null) {
        row.put("buildah", reference(folder, buildah, "buildah"));
      }
      references.put(folder.name(), row);
    }
    ObjectNode document = JSON.createObjectNode();
    ObjectNode versions = document.putObject("versions");
    if (versionsBefore instanceof ObjectNode before) {
      versions.setAll(before);
    }
    if (buildKit != null) {
      versions.put("buildkit", buildKit.version());
    }
    if (buildah != null) {
      versions.put("buildah", buildah.version());
    }
    references.forEach(document::set);
    Files.writeString(file, Snapshot.print(document));
  }

  /** Builds the case with one peer and says in one line how that compares to the golden. */
  private String reference(CaseFolder folder, Engine engine, String name) throws IOException {
    Path work = scratch.resolve(name + "-work").resolve(folder.name());
    Files.createDirectories(work);
    try {
      CaseFolder.Prepared build = folder.prepare(work, addresses);
      Engine.Outcome outcome = engine.build(build);
      CaseSpec.Fails fails = folder.spec().fails();
      boolean buildKit = engine instanceof BuildKit;
      if (!outcome.success()) {
        String message = lastLine(outcome.log());
        if (fails == null) {
          out.println(folder.name() + ": " + name + " FAILS, must build: " + message);
          if (buildKit && folder.spec().deviates() == null) {
            out.println(outcome.log().indent(4));
          }
          return "fails: " + message;
        }
        if (buildKit && outcome.line() != fails.line()) {
          out.println(
              folder.name()
                  + ": line "
                  + outcome.line()
                  + ", not "
                  + fails.line()
                  + ": "
                  + message);
        }
        return "fails";
      }
      if (fails != null) {
        out.println(folder.name() + ": " + name + " BUILDS, must fail");
        return "builds";
      }
      String text = addresses.generalize(Snapshot.print(Snapshot.read(build.archive(), bases)));
      JsonNode actual = JSON.readTree(text);
      if (buildKit && folder.spec().deviates() == null) {
        String old = Files.exists(folder.goldenFile()) ? Files.readString(folder.goldenFile()) : "";
        if (!old.equals(text)) {
          Files.writeString(folder.goldenFile(), text);
          out.println(folder.name() + ": golden written");
        }
        return "same";
      }
      JsonNode golden = folder.golden();
      if (golden == null) {
        out.println(folder.name() + ": no golden");
        return "builds";
      }
      List<String> differences = Snapshot.differences(golden, actual);
      if (!buildKit) {
        // buildah words history in its own way and cuts layers elsewhere, and where no WORKDIR is
        // set it says nothing, which means the same to whoever runs the image.
        differences =
            differences.stream()
                .filter(d -> !d.startsWith("history") && !d.startsWith("layers"))
                .filter(d -> !d.equals("config.WorkingDir wants \"/\", is nothing"))
                .toList();
      }
      return differences.isEmpty() ? "same" : "differs: " + summary(differences);
    } catch (IOException e) {
      out.println(folder.name() + ": " + name + ": " + e);
      return "unreadable: " + e.getMessage();
    } finally {
      delete(work);
    }
  }

  private static String summary(List<String> differences) {
    String first = differences.getFirst();
    String cut = first.length() > 140 ? first.substring(0, 140) + "…" : first;
    return differences.size() == 1 ? cut : cut + " (and " + (differences.size() - 1) + " more)";
  }

  private String lastLine(String log) {
    List<String> lines = log.lines().filter(line -> !line.isBlank()).toList();
    String last = lines.isEmpty() ? "" : lines.getLast();
    String text = addresses.generalize(last).replace(scratch.toString(), "…");
    text = text.replaceAll("0x[0-9a-f]{8,}", "0x…"); // an address in memory is another each time
    return text.length() > 160 ? text.substring(0, 160) + "…" : text;
  }

  static void delete(Path directory) throws IOException {
    // rm, because names may not be text, and because it does not follow what a case planted.
    Command.of("rm", "-rf", "--one-file-system", "--", directory.toString()).run();
  }
}
