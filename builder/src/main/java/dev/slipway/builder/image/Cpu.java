package dev.slipway.builder.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The processor part of a {@link Platform}: the spellings that mean the same, and who runs what.
 */
record Cpu(String architecture, String variant) {

  private static final Set<String> OPERATING_SYSTEMS =
      Set.of(
          "aix",
          "android",
          "darwin",
          "dragonfly",
          "freebsd",
          "illumos",
          "ios",
          "js",
          "linux",
          "netbsd",
          "openbsd",
          "plan9",
          "solaris",
          "wasi",
          "windows",
          "zos");

  private static final Set<String> ARCHITECTURES =
      Set.of(
          "386",
          "amd64",
          "arm",
          "arm64",
          "loong64",
          "mips",
          "mipsle",
          "mips64",
          "mips64le",
          "ppc64",
          "ppc64le",
          "riscv64",
          "s390x",
          "wasm");

  static boolean isKnownOs(String os) {
    return OPERATING_SYSTEMS.contains(os);
  }

  static boolean isKnown(String architecture) {
    return ARCHITECTURES.contains(normal(architecture, "").architecture);
  }

  static Cpu normal(String architecture, String variant) {
    String arch = architecture.toLowerCase(Locale.ROOT);
    String var = variant.toLowerCase(Locale.ROOT);
    return switch (arch) {
      case "i386", "386" -> new Cpu("386", "");
      case "x86_64", "x86-64", "amd64" -> new Cpu("amd64", var.equals("v1") ? "" : var);
      case "aarch64", "arm64" -> new Cpu("arm64", arm64Variant(var));
      case "armhf" -> new Cpu("arm", "v7");
      case "armel" -> new Cpu("arm", "v6");
      case "arm" -> new Cpu("arm", armVariant(var));
      default -> new Cpu(arch, var);
    };
  }

  /** What runs on this processor, itself first. */
  List<Cpu> compatible() {
    List<Cpu> all = new ArrayList<>();
    all.add(this);
    switch (architecture) {
      case "amd64" -> {
        for (int level = level(1) - 1; level >= 1; level--) {
          all.add(new Cpu("amd64", level == 1 ? "" : "v" + level));
        }
        all.add(new Cpu("386", ""));
      }
      case "arm" -> addOlderArm(all, level(7) - 1);
      case "arm64" -> {
        if (!variant.isEmpty()) {
          all.add(new Cpu("arm64", ""));
        }
        addOlderArm(all, 8);
      }
      default -> {}
    }
    return all;
  }

  private static void addOlderArm(List<Cpu> all, int newest) {
    for (int level = newest; level >= 5; level--) {
      all.add(new Cpu("arm", "v" + level));
    }
  }

  /** The number in a variant {@code vN}. */
  private int level(int otherwise) {
    return variant.matches("v[1-9]") ? variant.charAt(1) - '0' : otherwise;
  }

  private static String arm64Variant(String variant) {
    return switch (variant) {
      case "8", "v8", "v8.0" -> "";
      default -> variant;
    };
  }

  private static String armVariant(String variant) {
    return switch (variant) {
      case "", "7" -> "v7";
      case "5", "6", "8" -> "v" + variant;
      default -> variant;
    };
  }
}
