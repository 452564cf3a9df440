package dev.slipway.e2e.kubernetes;

/** The current minor release. */
final class ControlPlaneTest extends ControlPlaneContract {
  ControlPlaneTest() {
    super(ControlPlane.CURRENT);
  }
}
