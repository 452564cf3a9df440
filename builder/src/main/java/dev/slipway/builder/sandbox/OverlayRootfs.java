package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.LinuxException;
import java.nio.file.Path;

/** A writable overlay, and what was made in it to mount on. */
final class OverlayRootfs implements Rootfs {
  private final Overlay overlay;
  private final Dir upper;
  private final MountPoints mountPoints;
  private boolean closed;

  OverlayRootfs(Overlay overlay) throws LinuxException {
    this.overlay = overlay;
    this.upper = Dir.open(overlay.upper());
    this.mountPoints = new MountPoints(overlay.dir(), upper);
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
      overlay.close();
      try {
        mountPoints.prune();
      } catch (LinuxException e) {
        throw new BuildException(ErrorCode.IO, "cannot tidy up after a step: " + e.getMessage(), e);
      } finally {
        close();
      }
    }
    return overlay.upper();
  }

  @Override
  public synchronized void close() {
    closed = true;
    overlay.close();
    upper.close();
  }
}
