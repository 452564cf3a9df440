package dev.slipway.builder.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an image runs on, in the terms of Go's GOOS and GOARCH, always in normal form: {@code
 * x86_64} has become {@code amd64}, {@code arm64/v8} has become {@code arm64}, {@code arm} has
 * become {@code arm/v7}. The rules are those of containerd's <a
 * href="https://github.com/containerd/platforms">platforms</a>, which docker uses too.
 *
 * @param variant {@code v7}, or empty
 * @param osVersion of Windows, else empty
 * @param osFeatures of Windows, else empty
 */
public record Platform(
    String os, String architecture, String variant, String osVersion, List<String> osFeatures) {

  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_.-]+");

  public Platform {
    osFeatures = List.copyOf(osFeatures);
    os = normalOs(os);
    Cpu cpu = Cpu.normal(architecture, variant);
    architecture = cpu.architecture();
    variant = cpu.variant();
  }

  public Platform(String os, String architecture, String variant) {
    this(os, architecture, variant, "", List.of());
  }

  public Platform(String os, String architecture) {
    this(os, architecture, "");
  }

  /**
   * Reads {@code os/arch}, {@code os/arch/variant}, or only one of {@code os} and {@code arch}, the
   * other being this machine's; {@code local} is this machine.
   *
   * @throws BuildException {@code USAGE} for anything else
   */
  public static Platform parse(String text) {
    String[] parts = text.strip().split("/", -1);
    for (String part : parts) {
      if (!PART.matcher(part).matches()) {
        throw wrong(text, "each part is made of letters, digits, '_', '.' and '-'");
      }
    }
    return switch (parts.length) {
      case 1 -> ofOne(text, parts[0]);
      case 2 -> new Platform(parts[0], parts[1]);
      case 3 -> new Platform(parts[0], parts[1], parts[2]);
      default -> throw wrong(text, "it has more than three parts");
    };
  }

  /** What this machine runs: always Linux here, with the processor of this JVM. */
  public static Platform local() {
    return new Platform("linux", System.getProperty("os.arch", "amd64"));
  }

  /**
   * The platforms that this one can run, best first: itself, older variants of the same processor,
   * then the 32-bit family that it also executes. This is containerd's {@code platforms.Only}.
   */
  List<Platform> compatible() {
    List<Platform> all = new ArrayList<>();
    for (Cpu cpu : new Cpu(architecture, variant).compatible()) {
      all.add(new Platform(os, cpu.architecture(), cpu.variant(), osVersion, osFeatures));
    }
    return all;
  }

  /**
   * Whether an image for {@code other} runs here. A version of Windows has to be the same build.
   */
  public boolean runs(Platform other) {
    return rank(other) >= 0;
  }

  /** How good a choice {@code other} is here: 0 is exact, more is worse, negative does not run. */
  int rank(Platform other) {
    if (!os.equals(other.os) || !sameWindowsBuild(other)) {
      return -1;
    }
    List<Cpu> cpus = new Cpu(architecture, variant).compatible();
    return cpus.indexOf(new Cpu(other.architecture, other.variant));
  }

  /** {@code os/arch} or {@code os/arch/variant}. */
  @Override
  public String toString() {
    return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
  }

  static Platform fromJson(String subject, ObjectNode node) {
    return new Platform(
        Json.text(subject, node, "os"),
        Json.text(subject, node, "architecture"),
        Json.text(subject, node, "variant"),
        Json.text(subject, node, "os.version"),
        Json.strings(subject, node, "os.features"));
  }

  ObjectNode toJson() {
    ObjectNode node = Json.object();
    node.put("architecture", architecture);
    node.put("os", os);
    Json.put(node, "os.version", osVersion);
    Json.put(node, "os.features", osFeatures);
    Json.put(node, "variant", variant);
    return node;
  }

  private boolean sameWindowsBuild(Platform other) {
    if (!os.equals("windows") || osVersion.isEmpty() || other.osVersion.isEmpty()) {
      return true;
    }
    return build(osVersion).equals(build(other.osVersion));
  }

  /** Major, minor and build: the revision does not matter to a container. */
  private static String build(String version) {
    String[] parts = version.split("\\.", -1);
    return String.join(".", List.of(parts).subList(0, Math.min(3, parts.length)));
  }

  private static String normalOs(String os) {
    String lower = os.toLowerCase(Locale.ROOT);
    return lower.equals("macos") ? "darwin" : lower;
  }

  private static Platform ofOne(String text, String part) {
    if (part.equals("local")) {
      return local();
    }
    Platform local = local();
    String os = normalOs(part);
    if (Cpu.isKnownOs(os)) {
      return new Platform(os, local.architecture, local.variant);
    }
    if (Cpu.isKnown(part)) {
      return new Platform(local.os, part);
    }
    throw wrong(text, "it is neither an operating system nor a processor that is known");
  }

  private static BuildException wrong(String text, @Nullable String why) {
    return new BuildException(
        ErrorCode.USAGE,
        "invalid platform \""
            + Json.shorten(text)
            + "\": "
            + why
            + "; write it as linux/amd64 or linux/arm/v7");
  }
}
