package dev.slipway.builder.sandbox;

/** The same, with no namespaces and no mounts. */
final class ChrootAttackTest extends AttackTest {
  @Override
  SandboxSettings settings() {
    return SandboxSettings.of(Tier.CHROOT, directory);
  }
}
