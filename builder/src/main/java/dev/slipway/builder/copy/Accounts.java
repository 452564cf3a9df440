package dev.slipway.builder.copy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.OpenFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The users and groups of an image, from its own {@code /etc/passwd} and {@code /etc/group}. Both
 * are read when first asked for, are bounded, and must be regular files: an image may hold anything
 * there.
 */
public final class Accounts {
  private static final int MAX_FILE = 10 << 20;

  /** Where there is no root file system: only numbers have a meaning. */
  public static final Accounts NONE = new Accounts(Optional.empty());

  private record User(String name, long uid, long gid, String home) {}

  private record Group(String name, long gid, List<String> members) {}

  /**
   * Who a process runs as.
   *
   * @param groups supplementary groups, without {@code gid}, ascending as in the file
   * @param home from the image's passwd file; {@code /} where that does not say
   */
  public record Identity(long uid, long gid, List<Long> groups, String home) {
    public Identity {
      groups = List.copyOf(groups);
    }

    public Owner owner() {
      return new Owner(uid, gid);
    }
  }

  private final Optional<Dir> root;

  private Accounts(Optional<Dir> root) {
    this.root = root;
  }

  /**
   * The accounts of an image.
   *
   * @param root of the image; stays the caller's
   */
  public static Accounts of(Dir root) {
    return new Accounts(Optional.of(root));
  }

  /**
   * Who {@code USER} is, as in BuildKit: {@code user[:group]}, names or numbers; digits are never a
   * name. A numeric user that the passwd file lists has that entry's group and home; one that it
   * does not list has group 0. Supplementary groups are those that list the user, unless a group is
   * given. Empty is root.
   *
   * @throws BuildException USER_NOT_FOUND where a name is unknown, IMAGE_INVALID where a file
   *     cannot be used
   */
  public Identity identity(String user) throws IOException {
    String[] parts = (user.isEmpty() ? "0" : user).split(":", 2);
    List<User> users = users();
    Optional<Long> number = number(parts[0]);
    if (number.isEmpty() && parts[0].equals("root") && users.isEmpty()) {
      number = Optional.of(0L); // An image without a list of users still has this one.
    }
    Optional<Long> wanted = number;
    Optional<User> listed =
        users.stream()
            .filter(
                // What looks like a number is one, as in runc, whatever names there are.
                u -> wanted.isPresent() ? u.uid() == wanted.get() : u.name().equals(parts[0]))
            .findFirst();
    if (listed.isEmpty() && wanted.isEmpty()) {
      throw unknown("user", parts[0], "/etc/passwd");
    }
    long uid = listed.map(User::uid).or(() -> wanted).orElseThrow();
    String home = listed.map(User::home).filter(h -> !h.isEmpty()).orElse("/");
    if (parts.length == 2 && !parts[1].isEmpty()) {
      return new Identity(uid, gid(parts[1]), List.of(), home);
    }
    long gid = listed.map(User::gid).orElse(0L);
    List<Long> supplementary = new ArrayList<>();
    if (listed.isPresent()) {
      for (Group group : groups()) {
        if (group.members().contains(listed.get().name())
            && group.gid() != gid
            && !supplementary.contains(group.gid())) {
          supplementary.add(group.gid());
        }
      }
    }
    return new Identity(uid, gid, supplementary, home);
  }

  /**
   * Who {@code --chown} means, by BuildKit's rules, which differ from {@code USER}: a numeric user
   * without a group has the same number as group; a name has the group of its passwd entry.
   *
   * @throws BuildException USER_NOT_FOUND where a name is unknown, IMAGE_INVALID where a file
   *     cannot be used
   */
  public Owner owner(String chown) throws IOException {
    String[] parts = chown.split(":", 2);
    long uid = 0;
    long gid = 0;
    Optional<Long> number = rootOrNumber(parts[0]);
    if (number.isPresent()) {
      uid = number.get();
      gid = uid;
    } else if (!parts[0].isEmpty()) {
      User user =
          users().stream()
              .filter(u -> u.name().equals(parts[0]))
              .findFirst()
              .orElseThrow(() -> unknown("user", parts[0], "/etc/passwd"));
      uid = user.uid();
      gid = user.gid();
    }
    if (parts.length == 2 && !parts[1].isEmpty()) {
      gid = gid(parts[1]);
    }
    return new Owner(uid, gid);
  }

  /** Whether {@link #owner} needs the image's files to know who {@code chown} is. */
  public static boolean hasNames(String chown) {
    for (String part : chown.split(":", 2)) {
      if (!part.isEmpty() && rootOrNumber(part).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private long gid(String group) throws IOException {
    Optional<Long> number = rootOrNumber(group);
    if (number.isPresent()) {
      return number.get();
    }
    return groups().stream()
        .filter(g -> g.name().equals(group))
        .findFirst()
        .orElseThrow(() -> unknown("group", group, "/etc/group"))
        .gid();
  }

  private List<User> users() throws IOException {
    List<User> users = new ArrayList<>();
    for (String line : lines("etc/passwd")) {
      String[] f = line.split(":", -1);
      if (f.length >= 4 && number(f[2]).isPresent() && number(f[3]).isPresent()) {
        String home = f.length > 5 ? f[5] : "";
        users.add(new User(f[0], number(f[2]).get(), number(f[3]).get(), home));
      }
    }
    return users;
  }

  private List<Group> groups() throws IOException {
    List<Group> groups = new ArrayList<>();
    for (String line : lines("etc/group")) {
      String[] f = line.split(":", -1);
      if (f.length >= 3 && number(f[2]).isPresent()) {
        List<String> members = f.length > 3 ? List.of(f[3].split(",", -1)) : List.of();
        groups.add(new Group(f[0], number(f[2]).get(), members));
      }
    }
    return groups;
  }

  /** The lines of a file, none where it is missing. */
  private List<String> lines(String path) throws IOException {
    if (root.isEmpty()) {
      return List.of();
    }
    try (OpenFile file = root.get().openFile(path);
        InputStream in = file.inputStream()) {
      byte[] bytes = in.readNBytes(MAX_FILE + 1);
      if (bytes.length > MAX_FILE) {
        throw new BuildException(
            ErrorCode.IMAGE_INVALID, "/" + path + " of the image is larger than 10 MiB");
      }
      return new String(bytes, StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .toList();
    } catch (LinuxException e) {
      return switch (e.errno()) {
        case Errno.ENOENT, Errno.ENOTDIR -> List.of();
        default ->
            throw new BuildException(
                ErrorCode.IMAGE_INVALID,
                "/" + path + " of the image cannot be read: " + e.getMessage(),
                e);
      };
    }
  }

  private BuildException unknown(String kind, String name, String file) {
    return new BuildException(
        ErrorCode.USER_NOT_FOUND,
        "the "
            + kind
            + " '"
            + name
            + "' is unknown: "
            + (root.isEmpty()
                ? "there is no image here to look it up in; give a number"
                : file + " of the image does not list it; add it first, or give a number"));
  }

  private static Optional<Long> rootOrNumber(String text) {
    return text.equals("root") ? Optional.of(0L) : number(text);
  }

  /** A number that can be an ID: 0 to 2^32-2; the last one means "no change" to the kernel. */
  private static Optional<Long> number(String text) {
    // Without a regular expression: asked of every line of two files, before every step.
    long value = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return Optional.empty();
      }
      value = value * 10 + digit;
    }
    if (text.isEmpty() || text.length() > 10) {
      return Optional.empty();
    }
    return value < 0xffff_ffffL ? Optional.of(value) : Optional.empty();
  }
}
