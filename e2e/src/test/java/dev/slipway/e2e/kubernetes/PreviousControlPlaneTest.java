package dev.slipway.e2e.kubernetes;

/** The minor release before. */
final class PreviousControlPlaneTest extends ControlPlaneContract {
  PreviousControlPlaneTest() {
    super(ControlPlane.PREVIOUS);
  }
}
