package dev.slipway.builder.dockerfile;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Makes a typed mount of the fields of one {@code --mount}. */
final class MountReader {
  private static final List<String> TYPES = List.of("bind", "cache", "tmpfs", "secret", "ssh");
  private static final List<String> SHARING = List.of("shared", "private", "locked");
  private static final List<String> KEYS =
      List.of(
          "type",
          "from",
          "source",
          "target",
          "readonly",
          "id",
          "sharing",
          "required",
          "size",
          "mode",
          "uid",
          "gid",
          "src",
          "dst",
          "destination",
          "ro",
          "rw",
          "readwrite",
          "env");

  private String type = "bind";
  private String from = "";
  private String source = "";
  private String target = "";
  private String id = "";
  private @Nullable Boolean readOnly;
  private boolean required;
  private OptionalLong size = OptionalLong.empty();
  private Optional<Mount.Sharing> sharing = Optional.empty();
  private OptionalInt mode = OptionalInt.empty();
  private OptionalLong uid = OptionalLong.empty();
  private OptionalLong gid = OptionalLong.empty();
  private Optional<String> env = Optional.empty();

  private MountReader() {}

  /**
   * Reads one mount.
   *
   * @throws IllegalArgumentException that says what is wrong with it
   */
  static Mount read(MountFlag flag) {
    MountReader reader = new MountReader();
    flag.fields().forEach(reader::field);
    return reader.mount();
  }

  private void field(MountFlag.Field field) {
    String key = field.key();
    switch (key) {
      case "readonly", "ro" -> readOnly = flag(field);
      case "readwrite", "rw" -> readOnly = !flag(field);
      case "required" -> {
        if (!type.equals("secret") && !type.equals("ssh")) {
          throw unexpected(key);
        }
        required = flag(field);
      }
      default -> {
        if (!KEYS.contains(key)) {
          throw new IllegalArgumentException(
              "unexpected key '" + key + "' in '" + field.text() + "'" + Suggestion.of(key, KEYS));
        }
        String value =
            field
                .value()
                .orElseThrow(() ->
                    new IllegalArgumentException(
                        "invalid field '" + key + "' must be a key=value pair"));
        value(key, value);
      }
    }
  }

  private void value(String key, String value) {
    switch (key) {
      case "type" -> type = oneOf(TYPES, "unsupported mount type", value);
      case "from" -> from = value;
      case "source", "src" -> source = value;
      case "target", "dst", "destination" -> target = value;
      case "id" -> id = value;
      case "env" -> {
        if (value.isEmpty()) {
          throw new IllegalArgumentException("env must name a variable");
        }
        env = Optional.of(value);
      }
      case "sharing" ->
          sharing =
              Optional.of(
                  Mount.Sharing.valueOf(
                      oneOf(SHARING, "unsupported sharing value", value).toUpperCase(Locale.ROOT)));
      case "size" -> {
        if (!type.equals("tmpfs")) {
          throw unexpected(key);
        }
        size = OptionalLong.of(bytes(value));
      }
      case "mode" -> mode = OptionalInt.of((int) number(key, value, 8));
      case "uid" -> uid = OptionalLong.of(number(key, value, 10));
      default -> gid = OptionalLong.of(number(key, value, 10));
    }
  }

  private IllegalArgumentException unexpected(String key) {
    return new IllegalArgumentException(
        "unexpected key '" + key + "' for mount type '" + type + "'");
  }

  private static String oneOf(List<String> options, String problem, String value) {
    String lower = value.toLowerCase(Locale.ROOT);
    if (!options.contains(lower)) {
      throw new IllegalArgumentException(
          problem
              + " \""
              + value
              + "\": it must be one of "
              + String.join(", ", options)
              + Suggestion.of(lower, options));
    }
    return lower;
  }

  private static boolean flag(MountFlag.Field field) {
    return switch (field.value().orElse("true")) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default ->
          throw new IllegalArgumentException(
              "invalid value for " + field.key() + ": " + field.value().orElse(""));
    };
  }

  private static long number(String key, String value, int radix) {
    long number;
    try {
      number = value.startsWith("+") ? -1 : Long.parseLong(value, radix);
    } catch (NumberFormatException e) {
      number = -1;
    }
    if (number < 0 || number > 0xFFFF_FFFFL) {
      throw new IllegalArgumentException("invalid value " + value + " for " + key);
    }
    return number;
  }

  /** A number with an optional unit: {@code b, k, m, g, t, p}, alone or as {@code kb, kib}. */
  static long bytes(String value) {
    int unitStart = value.length();
    while (unitStart > 0 && "0123456789.".indexOf(value.charAt(unitStart - 1)) < 0) {
      unitStart--;
    }
    String unit = value.substring(unitStart).strip().toLowerCase(Locale.ROOT);
    int power =
        switch (unit) {
          case "", "b" -> 0;
          case "k", "kb", "kib" -> 1;
          case "m", "mb", "mib" -> 2;
          case "g", "gb", "gib" -> 3;
          case "t", "tb", "tib" -> 4;
          case "p", "pb", "pib" -> 5;
          default -> -1;
        };
    String number = value.substring(0, unitStart);
    if (power < 0 || number.isEmpty() || number.length() > 40 || !isDecimal(number)) {
      throw new IllegalArgumentException("invalid value for size: " + value);
    }
    BigDecimal bytes = new BigDecimal(number).multiply(BigDecimal.valueOf(1024).pow(power));
    if (bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw new IllegalArgumentException("invalid value for size: " + value);
    }
    return bytes.longValue();
  }

  private static boolean isDecimal(String number) {
    return number.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'))
        && number.indexOf('.') == number.lastIndexOf('.')
        && !number.equals(".");
  }

  private Mount mount() {
    boolean hasOwner = mode.isPresent() || uid.isPresent() || gid.isPresent();
    if (hasOwner && (type.equals("bind") || type.equals("tmpfs"))) {
      String key = mode.isPresent() ? "mode" : uid.isPresent() ? "uid" : "gid";
      throw new IllegalArgumentException(key + " not allowed for \"" + type + "\" type mounts");
    }
    if (sharing.isPresent() && !type.equals("cache")) {
      throw new IllegalArgumentException("invalid cache sharing set for " + type + " mount");
    }
    Optional<String> base = from.isEmpty() ? Optional.empty() : Optional.of(from);
    return switch (type) {
      case "bind" -> new Mount.Bind(requireTarget(), source, base, readOnly == null || readOnly);
      case "cache" ->
          new Mount.Cache(
              requireTarget(),
              id.isEmpty() ? PathNames.clean(target) : id,
              sharing.orElse(Mount.Sharing.SHARED),
              base,
              source,
              readOnly != null && readOnly,
              mode,
              uid,
              gid);
      case "tmpfs" -> new Mount.Tmpfs(requireTarget(), size, readOnly != null && readOnly);
      case "secret" -> secret();
      default -> ssh();
    };
  }

  private String requireTarget() {
    if (target.isEmpty() || PathNames.clean(target).equals("/")) {
      throw new IllegalArgumentException("invalid mount target \"" + target + "\"");
    }
    return target;
  }

  private Mount secret() {
    if (!from.isEmpty()) {
      throw new IllegalArgumentException("secret mount should not have a from");
    }
    if (source.isEmpty() && target.isEmpty() && id.isEmpty()) {
      throw new IllegalArgumentException(
          "invalid secret mount. one of id, source, target required");
    }
    if (!source.isEmpty() && !id.isEmpty()) {
      throw new IllegalArgumentException("both source and id can't be set");
    }
    String name = !source.isEmpty() ? source : !id.isEmpty() ? id : PathNames.base(target);
    Optional<String> file = target.isEmpty() ? Optional.empty() : Optional.of(target);
    if (env.isEmpty() && file.isEmpty()) {
      file = Optional.of("/run/secrets/" + PathNames.base(name));
    }
    return new Mount.Secret(name, file, env, required, mode, uid, gid);
  }

  private Mount ssh() {
    if (!source.isEmpty()) {
      throw new IllegalArgumentException("ssh does not support source");
    }
    Optional<String> socket = target.isEmpty() ? Optional.empty() : Optional.of(target);
    return new Mount.Ssh(id.isEmpty() ? "default" : id, socket, required, mode, uid, gid);
  }
}
