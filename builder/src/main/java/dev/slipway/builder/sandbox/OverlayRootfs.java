package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.layer.LayerRoots;
import dev.slipway.builder.layer.LayerStack;
import dev.slipway.builder.layer.UpperDirectory;
import dev.slipway.builder.linux.Dir;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A writable overlay, and what was made in it to mount on. */
final class OverlayRootfs implements Rootfs {
  private final Overlay overlay;
  private final List<Path> lowers;
  private final LayerRoots roots;
  private final MountPoints mountPoints;
  private boolean closed;

  /**
   * @param roots of the layers of the build, to which {@code lowers} belong
   */
  OverlayRootfs(Overlay overlay, List<Path> lowers, LayerRoots roots) {
    this.overlay = overlay;
    this.lowers = List.copyOf(lowers);
    this.roots = roots;
    this.mountPoints = new MountPoints(overlay.dir());
  }

  @Override
  public Dir dir() {
    return overlay.dir();
  }

  MountPoints mountPoints() {
    return mountPoints;
  }

  @Override
  public synchronized Path seal() {
    if (!closed) {
      // First: overlay forbids changes to an upper directory below a mount.
      close();
      try (Dir upper = Dir.open(overlay.upper());
          LayerStack below = LayerStack.open(lowers, roots)) {
        UpperDirectory.reduce(upper, below);
      } catch (IOException e) {
        throw new BuildException(ErrorCode.IO, "cannot tidy up after a step: " + e.getMessage(), e);
      }
    }
    return overlay.upper();
  }

  @Override
  public synchronized void close() {
    closed = true;
    overlay.close();
  }
}
