package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.ChildScript;
import dev.slipway.builder.linux.Descriptor;
import dev.slipway.builder.linux.Landlock;
import dev.slipway.builder.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The tier without namespaces and mounts: each step works in a copy of its layers that is its root,
 * with fewer capabilities than a container's and, since Linux 5.19, confined to that root by
 * Landlock as well. See {@link RootTree} for its files, {@link Placement} for what is not mounted,
 * {@link Remnants} for its processes.
 */
final class ChrootSandbox implements Sandbox {
  /** No other root again, and so no way out of this one; no node of a device of the machine. */
  private static final long STEP =
      Capability.DOCKER_DEFAULT & ~Capability.SYS_CHROOT.bit() & ~Capability.MKNOD.bit();

  private static final Capabilities CAPABILITIES =
      new Capabilities(true, false, false, false, false, false);

  private final List<String> refusals;
  private final Privileges privileges;
  private final Platform platform;
  private final RootTrees trees;
  private final Remnants remnants;
  private final MemoryEvents memory = MemoryEvents.ofThisProcess();

  ChrootSandbox(
      List<String> refusals,
      Privileges privileges,
      Platform platform,
      RootTrees trees,
      Remnants remnants) {
    this.refusals = List.copyOf(refusals);
    this.privileges = privileges;
    this.platform = platform;
    this.trees = trees;
    this.remnants = remnants;
  }

  @Override
  public Tier tier() {
    return Tier.CHROOT;
  }

  @Override
  public Capabilities capabilities() {
    return CAPABILITIES;
  }

  @Override
  public List<String> refusals() {
    return refusals;
  }

  @Override
  public Rootfs mount(List<Path> lowers, Path scratch) {
    try {
      return new ChrootRootfs(trees, trees.take(lowers), scratch);
    } catch (IOException e) {
      throw cannotMerge(lowers, e);
    }
  }

  @Override
  public View view(List<Path> lowers, Path scratch) {
    try {
      return LinkedView.of(lowers, scratch);
    } catch (IOException e) {
      throw cannotMerge(lowers, e);
    }
  }

  private static BuildException cannotMerge(List<Path> lowers, IOException e) {
    return new BuildException(
        ErrorCode.SANDBOX,
        "cannot merge %d layers into one tree: %s".formatted(lowers.size(), e.getMessage()),
        e);
  }

  @Override
  public ExitStatus run(Rootfs rootfs, Command command, OutputListener output)
      throws InterruptedException {
    try (Streams streams = Streams.open(command.user(), true)) {
      return run(rootfs, command, streams, output);
    } catch (LinuxException e) {
      throw failed(e);
    }
  }

  @Override
  public ExitStatus runInteractively(Rootfs rootfs, Command command) throws InterruptedException {
    return run(rootfs, command, null, OutputListener.ignore());
  }

  private ExitStatus run(
      Rootfs rootfs, Command command, @Nullable Streams streams, OutputListener output)
      throws InterruptedException {
    Requirements.check(command, tier(), CAPABILITIES);
    RootTree tree = ((ChrootRootfs) rootfs).tree();
    try (Placement placement = new Placement(tree);
        ChildScript script = new ChildScript()) {
      placement.kernelFileSystems();
      placement.networkFiles(command);
      placement.of(command.mounts());
      tree.settle();
      Optional<Descriptor> confinement = Landlock.onlyBelow(tree.root());
      long kills = memory.kills();
      ExitStatus status;
      try {
        write(script, tree, command, streams, confinement);
        int ending = new Supervisor(script, 0, streams, output, remnants).run();
        status = Endings.of(ending, memory, kills);
      } catch (LinuxException e) {
        throw Endings.notStarted(command, e);
      } finally {
        confinement.ifPresent(Descriptor::close);
      }
      Optional<String> disturbed = placement.undo();
      if (disturbed.isPresent()) {
        throw disturbed(disturbed.get());
      }
      return status;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private void write(
      ChildScript script,
      RootTree tree,
      Command command,
      @Nullable Streams streams,
      Optional<Descriptor> confinement) {
    StepScript step = new StepScript(script, command);
    step.firstVictim(platform.oomScore());
    script.changeDirectory(tree.root().descriptor());
    script.changeRoot(".");
    script.changeDirectory("/");
    if (streams != null) {
      streams.use(script);
      script.session();
    } else if (StepScript.PROBE.equals(command)) {
      // A volume may forbid device nodes.
      script.input("/dev/null");
    }
    script.tolerating().keyring();
    script.adoptOrphans();
    step.limits();
    step.identity(privileges.capabilities(), STEP, true);
    script.noNewPrivileges();
    confinement.ifPresent(script::restrict);
    step.program();
  }

  /** Does all that a step does, but for a program: whoever opens a sandbox tries it. */
  void probe(Path scratch) throws InterruptedException {
    try (Rootfs rootfs = mount(List.of(), scratch)) {
      var _ = run(rootfs, StepScript.PROBE, null, OutputListener.ignore());
    }
  }

  private static BuildException failed(IOException e) {
    return new BuildException(ErrorCode.SANDBOX, "cannot prepare a step: " + e.getMessage(), e);
  }

  private static BuildException disturbed(String target) {
    return new BuildException(
        ErrorCode.RUN_FAILED,
        "the step moved, replaced, removed or linked %s, which is mounted there: where mounts are"
                .formatted(target)
            + " possible that is an error (device or resource busy), and here it cannot be undone");
  }

  @Override
  public void close() {
    trees.close();
  }
}
