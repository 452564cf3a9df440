package dev.slipway.builder.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Landlock (Documentation/userspace-api/landlock.rst): what a process and all that it starts give
 * up for ever, without any privilege. {@link ChildScript#restrict} applies a ruleset.
 */
public final class Landlock {
  // LANDLOCK_CREATE_RULESET_VERSION, and LANDLOCK_RULE_PATH_BENEATH.
  private static final int VERSION = 1;
  private static final int PATH_BENEATH = 1;

  /** Without it (Linux 5.19), a file could not be renamed into another directory. */
  private static final int FIRST_WITH_REFER = 2;

  private static final int FIRST_WITH_TRUNCATE = 3;
  private static final int FIRST_WITH_NETWORK = 4;
  private static final int FIRST_WITH_DEVICES = 5;
  private static final int FIRST_WITH_SCOPES = 6;

  /** LANDLOCK_ACCESS_FS_*: the fourteen up to REFER, then TRUNCATE, then IOCTL_DEV. */
  private static final long UP_TO_REFER = (1L << 14) - 1;

  private static final long TRUNCATE = 1L << 14;
  private static final long DEVICES = 1L << 15;

  /** LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET and LANDLOCK_SCOPE_SIGNAL. */
  private static final long SCOPES = 3;

  private Landlock() {}

  /** The version of this kernel's interface; 0 where there is none, or it is switched off. */
  public static int version() {
    try (Arena arena = Arena.ofConfined()) {
      long version = Syscall.LANDLOCK_CREATE_RULESET.call(Native.newState(arena), 0, 0, VERSION);
      return (int) Math.max(0, version);
    }
  }

  /** Whether processes outside can be put out of reach of signals (Linux 6.12). */
  public static boolean scopesSignals() {
    return version() >= FIRST_WITH_SCOPES;
  }

  /**
   * A ruleset that leaves of all files those below {@code root}, no other process to trace and,
   * since Linux 6.12, none to signal and no abstract socket of others to connect to.
   *
   * @return empty where the kernel cannot do that (before Linux 5.19)
   */
  public static Optional<Descriptor> onlyBelow(Dir root) throws LinuxException {
    int version = version();
    if (version < FIRST_WITH_REFER) {
      return Optional.empty();
    }
    long files =
        UP_TO_REFER
            | (version >= FIRST_WITH_TRUNCATE ? TRUNCATE : 0)
            | (version >= FIRST_WITH_DEVICES ? DEVICES : 0);
    boolean scoped = version >= FIRST_WITH_SCOPES;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Native.newState(arena);
      // struct landlock_ruleset_attr: handled_access_fs, handled_access_net, scoped.
      MemorySegment attributes = arena.allocate(24, 8);
      attributes.set(ValueLayout.JAVA_LONG, 0, files);
      attributes.set(ValueLayout.JAVA_LONG, 16, scoped ? SCOPES : 0);
      int size = scoped ? 24 : version >= FIRST_WITH_NETWORK ? 16 : 8;
      long ruleset = Syscall.LANDLOCK_CREATE_RULESET.call(state, attributes.address(), size, 0);
      if (ruleset < 0) {
        throw new LinuxException("landlock_create_ruleset", "", (int) -ruleset);
      }
      Descriptor descriptor = new Descriptor((int) ruleset);
      // struct landlock_path_beneath_attr, which is packed: allowed_access, parent_fd.
      MemorySegment rule = arena.allocate(12, 8);
      rule.set(ValueLayout.JAVA_LONG, 0, files);
      rule.set(ValueLayout.JAVA_INT, 8, root.descriptor());
      long result =
          Syscall.LANDLOCK_ADD_RULE.call(
              state, descriptor.number(), PATH_BENEATH, rule.address(), 0);
      if (result < 0) {
        descriptor.close();
        throw new LinuxException("landlock_add_rule", root.toString(), (int) -result);
      }
      return Optional.of(descriptor);
    }
  }
}
