package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.ChildScript;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Self;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Finds the strongest tier. Which namespace tier it can be follows from what this process already
 * is; whether it works is tried, with the very steps that every RUN takes.
 */
final class SandboxOpener {
  /** What the chroot tier needs. */
  private static final List<Capability> CHROOT =
      List.of(
          Capability.CHOWN,
          Capability.DAC_OVERRIDE,
          Capability.FOWNER,
          Capability.KILL,
          Capability.SETGID,
          Capability.SETUID,
          Capability.SETPCAP,
          Capability.SYS_CHROOT,
          Capability.MKNOD);

  private final SandboxSettings settings;
  private final Privileges privileges;
  private final UnaryOperator<Platform> limits;
  private final List<String> refusals = new ArrayList<>();

  private SandboxOpener(
      SandboxSettings settings, Privileges privileges, UnaryOperator<Platform> limits) {
    this.settings = settings;
    this.privileges = privileges;
    this.limits = limits;
  }

  static Sandbox open(SandboxSettings settings) {
    return open(settings, UnaryOperator.identity());
  }

  /** With a machine that can do less than this one. */
  static Sandbox open(SandboxSettings settings, UnaryOperator<Platform> limits) {
    try {
      // From now on /proc/<pid> of the builder belongs to root, and reading its memory takes
      // CAP_SYS_PTRACE, which no step has.
      Self.forbidInspection();
      return new SandboxOpener(settings, Privileges.current(), limits).open();
    } catch (IOException e) {
      throw new BuildException(ErrorCode.SANDBOX, "cannot open a sandbox: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildException(ErrorCode.CANCELLED, "cancelled while the sandbox was opened", e);
    }
  }

  static Tier expected() {
    try {
      return tier(Privileges.current()).orElse(Tier.CHROOT);
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.SANDBOX, "cannot tell which sandbox is possible: " + e.getMessage(), e);
    }
  }

  private Sandbox open() throws IOException, InterruptedException {
    Optional<Tier> namespaces = tier(privileges);
    for (Tier tier : Tier.values()) {
      if (settings.tier().isPresent() && settings.tier().get() != tier) {
        continue;
      }
      if (tier == Tier.CHROOT) {
        Optional<Sandbox> last = chroot();
        if (last.isPresent()) {
          return last.get();
        }
        continue;
      }
      if (namespaces.isEmpty() || namespaces.get() != tier) {
        refusals.add(tier.label() + ": " + whyNot(tier));
        continue;
      }
      try {
        return namespaces(tier);
      } catch (LinuxException | BuildException e) {
        refusals.add(tier.label() + ": " + e.getMessage() + hint(e));
      }
    }
    throw new BuildException(
        ErrorCode.SANDBOX,
        "no sandbox works here.\n  "
            + String.join("\n  ", refusals)
            + "\nRun the builder as root, or allow user namespaces"
            + " (sysctl kernel.unprivileged_userns_clone and user.max_user_namespaces), or in"
            + " Kubernetes choose a pod with hostUsers: false.");
  }

  /** The namespace tier that this process is in, if any. */
  private static Optional<Tier> tier(Privileges privileges) {
    if (!privileges.has(Capability.SYS_ADMIN)) {
      return Optional.empty();
    }
    if (privileges.machine()) {
      return Optional.of(Tier.ROOT);
    }
    if (!privileges.mapsEveryId()) {
      return Optional.of(Tier.RESTRICTED);
    }
    return Optional.of(UserNamespace.enteredByBuilder() ? Tier.NESTED : Tier.USERNS);
  }

  private String whyNot(Tier tier) {
    boolean admin = privileges.has(Capability.SYS_ADMIN);
    return switch (tier) {
      case USERNS ->
          privileges.machine()
              ? "this process is in no user namespace (in Kubernetes: hostUsers: false)"
              : !privileges.mapsEveryId()
                  ? "this user namespace maps %d user ids and %d group ids, not all 65536"
                      .formatted(privileges.uids(), privileges.gids())
                  : !admin
                      ? "this process has no SYS_ADMIN in its user namespace"
                      : "the builder entered this user namespace itself";
      case NESTED ->
          "the builder did not enter a user namespace with a range of ids (that takes SETUID and"
              + " SETGID, or newuidmap and a range in /etc/subuid)";
      case ROOT ->
          privileges.machine()
              ? "this process has no SYS_ADMIN"
              : "this process is in a user namespace";
      case RESTRICTED ->
          admin
              ? "a stronger tier is possible here"
              : UserNamespace.refusal()
                  .orElse("the builder did not enter a user namespace (see SLIPWAY_NO_USERNS)");
      case CHROOT -> "";
    };
  }

  /** Needs no more than what any container's root has. */
  private Optional<Sandbox> chroot() throws IOException, InterruptedException {
    List<String> missing =
        CHROOT.stream().filter(one -> !privileges.has(one)).map(Capability::name).toList();
    if (!missing.isEmpty()) {
      refusals.add("chroot: this process lacks " + String.join(", ", missing));
      return Optional.empty();
    }
    if (!privileges.machine() && !privileges.mapsEveryId()) {
      refusals.add(
          "chroot: this user namespace maps %d user ids and %d group ids, not all 65536"
              .formatted(privileges.uids(), privileges.gids()));
      return Optional.empty();
    }
    ChrootSandbox sandbox =
        new ChrootSandbox(
            refusals,
            privileges,
            limits.apply(Platform.ofThisMachine(settings.directory())),
            RootTrees.in(settings.directory()),
            Remnants.ofThisProcess());
    try {
      probe(sandbox::probe);
      return Optional.of(sandbox);
    } catch (BuildException e) {
      sandbox.close();
      refusals.add("chroot: " + e.getMessage() + deviceHint(e));
      return Optional.empty();
    }
  }

  private static String deviceHint(BuildException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("mknod") || message.contains("/dev/null")
        ? " (device nodes: they take MKNOD outside of a user namespace, see SLIPWAY_NO_USERNS, and a"
            + " state directory on a volume that is not mounted nodev)"
        : "";
  }

  private Sandbox namespaces(Tier tier) throws IOException, InterruptedException {
    Path mounts = settings.directory().toAbsolutePath().resolve("mnt");
    Path staging = Files.createDirectories(mounts.resolve("staged"));
    Path root = Files.createDirectories(mounts.resolve("root"));
    Platform platform = limits.apply(Platform.ofThisMachine(root));
    boolean everyId = privileges.machine() || privileges.mapsEveryId();
    boolean ownProc = true;
    boolean network = networkNamespace();
    MountNamespace namespace = MountNamespace.open();
    boolean opened = false;
    try {
      StagedFiles staged = StagedFiles.mount(namespace, staging, everyId);
      while (true) {
        Capabilities capabilities =
            // Without a /proc of its own a step with CAP_SYS_PTRACE would see into the builder.
            new Capabilities(everyId, true, true, ownProc, network, ownProc);
        NamespaceSandbox sandbox =
            new NamespaceSandbox(
                tier, capabilities, refusals, privileges, platform, namespace, staged);
        try {
          probe(sandbox::probe);
          opened = true;
          return sandbox;
        } catch (BuildException e) {
          String failed =
              e.getCause() instanceof LinuxException cause ? "" + cause.getMessage() : "";
          if (failed.startsWith("pivot_root") && platform.pivotRoot()) {
            platform = platform.withoutPivotRoot();
          } else if (failed.startsWith("mount proc") && ownProc) {
            ownProc = false;
          } else {
            throw e;
          }
        }
      }
    } finally {
      if (!opened) {
        namespace.close();
      }
    }
  }

  @FunctionalInterface
  private interface Probe {
    void run(Path scratch) throws IOException, InterruptedException;
  }

  private void probe(Probe probe) throws IOException, InterruptedException {
    Path scratch = Files.createTempDirectory(settings.directory(), "probe");
    try {
      probe.run(scratch);
    } finally {
      try (Dir dir = Dir.open(settings.directory())) {
        dir.deleteRecursively(scratch.getFileName().toString());
      }
    }
  }

  private static boolean networkNamespace() throws LinuxException {
    try (ChildScript script = new ChildScript()) {
      script.loopback();
      script.exit(0);
      try (var child = script.start(ChildScript.NEW_NETWORK)) {
        child.reap();
        return true;
      }
    } catch (LinuxException e) {
      return false;
    }
  }

  /**
   * Overlay says "invalid argument" for much; of that, the file system is what users can change.
   */
  private static String hint(Exception e) {
    String message = e.getMessage();
    return message != null && message.contains("overlay")
        ? " (the state directory must be on a disk file system such as ext4 or xfs, or a tmpfs since"
            + " Linux 6.6, and not itself on an overlay: in Kubernetes, on an emptyDir volume)"
        : "";
  }
}
