package dev.slipway.builder.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.slipway.builder.copy.Accounts.Identity;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.FileType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AccountsTest {
  @TempDir Path temp;
  private Dir root;

  @BeforeEach
  void image() throws IOException {
    Files.createDirectory(temp.resolve("etc"));
    Files.writeString(
        temp.resolve("etc/passwd"),
        """
        root:x:0:0:root:/root:/bin/sh
        # comment
        bob:x:1000:1001:Bob:/home/bob:/bin/sh
        2000:x:3000:3000::/odd:/bin/sh
        broken line
        nohome:x:7:7
        """);
    Files.writeString(
        temp.resolve("etc/group"),
        "root:x:0:\nstaff:x:50:bob,alice\nwheel:x:10:alice\nbobs:x:1001:bob\naudio:x:29:bob\n");
    root = Dir.open(temp);
  }

  @AfterEach
  void close() {
    root.close();
  }

  private Identity identity(String user) throws IOException {
    return Accounts.of(root).identity(user);
  }

  @Test
  void userIsReadAsRuncReadsIt() throws IOException {
    assertThat(identity("")).isEqualTo(new Identity(0, 0, List.of(), "/root"));
    assertThat(identity("bob")).isEqualTo(new Identity(1000, 1001, List.of(50L, 29L), "/home/bob"));
    assertThat(identity("1000")).isEqualTo(identity("bob"));
    assertThat(identity("bob:wheel")).isEqualTo(new Identity(1000, 10, List.of(), "/home/bob"));
    assertThat(identity("bob:99")).isEqualTo(new Identity(1000, 99, List.of(), "/home/bob"));
    assertThat(identity("4242")).isEqualTo(new Identity(4242, 0, List.of(), "/"));
    assertThat(identity("4242:4243")).isEqualTo(new Identity(4242, 4243, List.of(), "/"));
    assertThat(identity("2000")).isEqualTo(new Identity(2000, 0, List.of(), "/"));
    assertThat(identity("nohome").home()).isEqualTo("/");
  }

  @Test
  void unknownNamesAreErrors() {
    unknown("eve", "the user 'eve' is unknown: /etc/passwd of the image does not list it");
    unknown("bob:nogroup", "the group 'nogroup' is unknown");
    unknown("99999999999", "the user '99999999999' is unknown");
    unknown("4294967295", "is unknown");
    unknown("-1", "is unknown");
  }

  private void unknown(String user, String message) {
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> identity(user))
        .withMessageContaining(message);
  }

  @Test
  void anImageWithoutFilesHasNumbersOnly() throws IOException {
    Accounts none = Accounts.NONE;
    assertThat(none.identity("5:6")).isEqualTo(new Identity(5, 6, List.of(), "/"));
    assertThat(none.identity("root")).isEqualTo(new Identity(0, 0, List.of(), "/"));
    assertThat(none.owner("root")).isEqualTo(Owner.ROOT);
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> none.owner("bob"))
        .withMessageContaining("give a number");
  }

  @Test
  void whatIsNoFileIsNotRead() throws IOException {
    Files.delete(temp.resolve("etc/passwd"));
    root.mknod("etc/passwd", FileType.FIFO, 0600, 0, 0);
    unknown("bob", "/etc/passwd of the image cannot be read");
    Files.delete(temp.resolve("etc/passwd"));
    Files.createSymbolicLink(temp.resolve("etc/passwd"), Path.of("/proc/self/environ"));
    unknown("bob", "does not list it");
    Files.delete(temp.resolve("etc/passwd"));
    Files.writeString(temp.resolve("etc/passwd"), "x".repeat((10 << 20) + 1));
    unknown("bob", "larger than 10 MiB");
  }

  @Test
  void chownFollowsBuildKit() throws IOException {
    Accounts accounts = Accounts.of(root);
    assertThat(accounts.owner("bob")).isEqualTo(new Owner(1000, 1001));
    assertThat(accounts.owner("55")).isEqualTo(new Owner(55, 55));
    assertThat(accounts.owner("55:staff")).isEqualTo(new Owner(55, 50));
    assertThat(accounts.owner("root:staff")).isEqualTo(new Owner(0, 50));
    assertThat(accounts.owner(":staff")).isEqualTo(new Owner(0, 50));
    assertThat(Accounts.hasNames("1:2")).isFalse();
    assertThat(Accounts.hasNames("root")).isFalse();
    assertThat(Accounts.hasNames("1:staff")).isTrue();
  }
}
