package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.layer.LayerRoots;
import dev.slipway.builder.linux.ChildScript;
import dev.slipway.builder.linux.Descriptor;
import dev.slipway.builder.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The tiers with namespaces: {@code userns}, {@code nested}, {@code root}, {@code restricted}. */
final class NamespaceSandbox implements Sandbox {
  private final Tier tier;
  private final Capabilities capabilities;
  private final List<String> refusals;
  private final Privileges privileges;
  private final Platform platform;
  private final MountNamespace namespace;
  private final StagedFiles staged;
  private final MemoryEvents memory = MemoryEvents.ofThisProcess();
  private final LayerRoots roots = new LayerRoots();

  NamespaceSandbox(
      Tier tier,
      Capabilities capabilities,
      List<String> refusals,
      Privileges privileges,
      Platform platform,
      MountNamespace namespace,
      StagedFiles staged) {
    this.tier = tier;
    this.capabilities = capabilities;
    this.refusals = List.copyOf(refusals);
    this.privileges = privileges;
    this.platform = platform;
    this.namespace = namespace;
    this.staged = staged;
  }

  @Override
  public Tier tier() {
    return tier;
  }

  @Override
  public Capabilities capabilities() {
    return capabilities;
  }

  @Override
  public List<String> refusals() {
    return refusals;
  }

  @Override
  public Rootfs mount(List<Path> lowers, Path scratch) {
    try {
      return new OverlayRootfs(Overlay.writable(namespace, staged, lowers, scratch), lowers, roots);
    } catch (LinuxException e) {
      throw cannotMount(lowers, e);
    }
  }

  @Override
  public View view(List<Path> lowers, Path scratch) {
    try {
      return new OverlayView(Overlay.readOnly(namespace, staged, lowers, scratch));
    } catch (LinuxException e) {
      throw cannotMount(lowers, e);
    }
  }

  private static BuildException cannotMount(List<Path> lowers, LinuxException e) {
    return new BuildException(
        ErrorCode.SANDBOX,
        "cannot mount %d layers as one file system: %s".formatted(lowers.size(), e.getMessage()),
        e);
  }

  @Override
  public ExitStatus run(Rootfs rootfs, Command command, OutputListener output)
      throws InterruptedException {
    try (Streams streams = Streams.open(command.user(), capabilities.chownToAny())) {
      return run(rootfs, command, streams, output);
    } catch (LinuxException e) {
      throw failed("cannot prepare a step", e);
    }
  }

  @Override
  public ExitStatus runInteractively(Rootfs rootfs, Command command) throws InterruptedException {
    return run(rootfs, command, null, OutputListener.ignore());
  }

  private ExitStatus run(
      Rootfs rootfs, Command command, @Nullable Streams streams, OutputListener output)
      throws InterruptedException {
    Requirements.check(command, tier, capabilities);
    OverlayRootfs overlay = (OverlayRootfs) rootfs;
    MountPoints places = overlay.mountPoints();
    List<Descriptor> open = new ArrayList<>();
    try (StagedFiles.Batch batch = staged.batch();
        ChildScript script = new ChildScript()) {
      StepMounts mounts = new StepMounts(namespace, batch, places, open);
      try {
        write(script, overlay, command, streams, mounts);
        long kills = memory.kills();
        int status = start(script, command, streams, output);
        return Endings.of(status, memory, kills);
      } finally {
        places.remove();
      }
    } catch (IOException e) {
      throw failed("cannot prepare a step", e);
    } finally {
      open.forEach(Descriptor::close);
    }
  }

  private void write(
      ChildScript script,
      OverlayRootfs rootfs,
      Command command,
      @Nullable Streams streams,
      StepMounts mounts)
      throws IOException {
    boolean insecure = command.security() == Command.Security.INSECURE;
    StepScript step = new StepScript(script, command);
    NamespaceScript namespaces = new NamespaceScript(script);
    // Places first: they are made from here, in the tree as the image has it.
    mounts.kernelFileSystems();
    mounts.networkFiles(command);
    mounts.of(command.mounts());

    step.firstVictim(platform.oomScore());
    namespaces.privately();
    Optional<ChildScript.Result> proc =
        capabilities.ownProc()
            ? Optional.of(namespaces.proc(platform.rootPlace().toString()))
            : Optional.empty();
    namespaces.root(
        mounts.rootfs(rootfs.dir(), insecure).number(),
        platform.rootPlace().toString(),
        platform.pivotRoot());
    namespaces.devices(mounts.devices(), command.shmSize(), capabilities.chownToAny());
    if (streams != null) {
      streams.use(script);
      script.session();
    }
    script.attach(mounts.sysfs().number(), "/sys");
    mounts.attachments().forEach(namespaces::attach);
    if (proc.isPresent()) {
      script.attach(proc.get(), "/proc");
      if (platform.processLimitPerNamespace()) {
        namespaces.processLimit(Platform.PROCESS_LIMIT);
      }
    } else {
      script.attach(mounts.proc().number(), "/proc");
    }
    if (!insecure) {
      namespaces.masks();
    }
    script.hostname(command.hostname());
    if (command.network() == Command.Network.NONE) {
      script.loopback();
    }
    script.tolerating().keyring();
    step.limits();
    step.identity(
        privileges.capabilities(),
        insecure ? Capability.ALL : Capability.DOCKER_DEFAULT,
        capabilities.chownToAny());
    step.program();
  }

  /** Does all that a step does, but for a program: whoever opens a sandbox tries it. */
  void probe(Path scratch) throws LinuxException, InterruptedException {
    try (Rootfs rootfs =
        new OverlayRootfs(
            Overlay.writable(namespace, staged, List.of(), scratch), List.of(), roots)) {
      run(rootfs, StepScript.PROBE, null, OutputListener.ignore());
    }
  }

  private int start(
      ChildScript script, Command command, @Nullable Streams streams, OutputListener output)
      throws InterruptedException {
    long namespaces =
        ChildScript.NEW_MOUNTS
            | ChildScript.NEW_PIDS
            | ChildScript.NEW_IPC
            | ChildScript.NEW_HOSTNAME
            | (command.network() == Command.Network.NONE ? ChildScript.NEW_NETWORK : 0);
    Supervisor supervisor =
        new Supervisor(script, namespaces, streams, output, Supervisor.Household.ofNamespace());
    try {
      return supervisor.run();
    } catch (LinuxException e) {
      throw Endings.notStarted(command, e);
    }
  }

  private static BuildException failed(String what, IOException e) {
    return new BuildException(ErrorCode.SANDBOX, what + ": " + e.getMessage(), e);
  }

  @Override
  public void close() {
    roots.close();
    staged.close();
    namespace.close();
  }
}
