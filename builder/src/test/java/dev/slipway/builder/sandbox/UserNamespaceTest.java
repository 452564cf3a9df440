package dev.slipway.builder.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tiers of those who are not root of the machine, in builders of their own. */
final class UserNamespaceTest {
  private static final String DOCKER =
      "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,"
          + "+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap";

  @TempDir Path directory;

  /** Root without SYS_ADMIN, as in a pod with default capabilities. */
  @Test
  void whoMaySetIdsMapsThemAll() throws Exception {
    assumeTrue(Privileges.current().has(Capability.SETPCAP), "only root can drop capabilities");
    List<String> lines =
        enter(
            List.of("setpriv", "--bounding-set=" + DOCKER, "--inh-caps=-all"),
            "chown 1000:2000 /tmp && stat -c %u:%g /tmp; ls /proc | grep -c '^[0-9]'");
    assertThat(lines).contains("tier=nested", "> 1000:2000", "Exited[code=0]");
  }

  /** One id: all that an ordinary user without a range in /etc/subuid has. */
  @Test
  void oneIdIsEnoughForAllButChown() throws Exception {
    List<String> lines =
        enter(
            List.of("unshare", "--user", "--map-root-user", "--mount"),
            "echo new > /tmp/new; rm /etc/passwd; chown 1000 /tmp || echo refused; id -u;"
                + " ls /proc | grep -c '^[0-9]'");
    assertThat(lines)
        .contains("tier=restricted", "> refused", "> 0", "Exited[code=0]")
        .anyMatch(line -> line.contains("chownToAny=false"))
        .noneMatch(line -> line.contains("builder's"));
  }

  @Test
  void aGrantIsForItsUserOnly() throws Exception {
    Path file = directory.resolve("subuid");
    Files.writeString(file, "# comment\nann:100000:65536\n1001:200000:65536\nbob:\n");
    assertThat(UserNamespace.granted(file, "ann", 5)).isTrue();
    assertThat(UserNamespace.granted(file, "x", 1001)).isTrue();
    assertThat(UserNamespace.granted(file, "bob", 6)).isFalse();
    assertThat(UserNamespace.granted(file, "an", 7)).isFalse();
    assertThat(UserNamespace.granted(directory.resolve("none"), "ann", 5)).isFalse();
  }

  private List<String> enter(List<String> prefix, String script) throws Exception {
    Path base = Files.createDirectory(directory.resolve("base"));
    MachineRoot.make(base);
    List<String> command = new ArrayList<>(prefix);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Entering.class.getName(),
            directory.toString(),
            base.toString(),
            script));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("SLIPWAY_NO_USERNS");
    builder.environment().remove("SLIPWAY_OUTER_UID");
    Process process = builder.start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assumeTrue(!text.contains("unshare failed"), "this machine refuses user namespaces");
    return text.lines().toList();
  }
}
