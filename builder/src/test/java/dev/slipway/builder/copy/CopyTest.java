package dev.slipway.builder.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each test is one COPY: what the context has, what the image has, which entries come out. */
final class CopyTest {
  @TempDir Path temp;
  private Copying copying;

  @BeforeEach
  void empty() {
    copying = new Copying(temp);
  }

  @Test
  void aFileGoesToAPathOrIntoADirectory() {
    copying.context("a.txt=A");
    assertThat(copying.copy("a.txt", "/b.txt")).containsExactly("f 0644 0:0 b.txt = A");
    assertThat(copying.copy("a.txt", "/d/"))
        .containsExactly("d 0755 0:0 d", "f 0644 0:0 d/a.txt = A");
    copying.rootfs("there/");
    assertThat(copying.copy("a.txt", "/there"))
        .containsExactly(owned("d 0755", "there"), "f 0644 0:0 there/a.txt = A");
  }

  @Test
  void relativeDestinationsStartAtTheWorkingDirectory() {
    copying.context("a.txt=A").workdir("/app");
    assertThat(copying.copy("a.txt", "."))
        .containsExactly("d 0755 0:0 app", "f 0644 0:0 app/a.txt = A");
    assertThat(copying.copy("a.txt", "x/y"))
        .containsExactly("d 0755 0:0 app", "d 0755 0:0 app/x", "f 0644 0:0 app/x/y = A");
    assertThat(copying.copy("a.txt", "../up")).containsExactly("f 0644 0:0 up = A");
  }

  @Test
  void aDirectoryStandsForItsContents() {
    copying.context("src/a=A", "src/sub/b=B", "src/empty/");
    assertThat(copying.copy("src", "/dst"))
        .containsExactly(
            "d 0755 0:0 dst",
            "f 0644 0:0 dst/a = A",
            "d 0755 0:0 dst/empty",
            "d 0755 0:0 dst/sub",
            "f 0644 0:0 dst/sub/b = B");
    assertThat(copying.copy("src/sub/", "/")).containsExactly("f 0644 0:0 b = B");
  }

  @Test
  void aSmallFileIsReadOnce() {
    copying.context("src/a=A", "src/b=");
    Path file = copying.contextPath("src/a");
    assertThat(copying.copyAfter(() -> Files.delete(file), "src", "/"))
        .as("the layer holds what was hashed, and asks for no file again")
        .containsExactly("f 0644 0:0 a = A", "f 0644 0:0 b = ");
  }

  @Test
  void manyFilesComeInTheOrderOfTheirNamesWhoeverReadsThem() throws IOException {
    List<String> wanted = new ArrayList<>();
    for (int directory = 100; directory < 140; directory++) {
      copying.context("src/" + directory + "/");
      wanted.add("d 0755 0:0 " + directory);
      for (int file = 100; file < directory; file++) {
        copying.context("src/" + directory + "/" + file + "=" + file);
        wanted.add("f 0644 0:0 " + directory + "/" + file + " = " + file);
      }
    }
    String digest = copying.digest("src");
    for (int i = 0; i < 3; i++) {
      assertThat(copying.copy("src", "/")).containsExactlyElementsOf(wanted);
      assertThat(copying.digest("src")).isEqualTo(digest);
    }
  }

  @Test
  void ofManyFilesTheFirstNameOfALinkedOneIsTheFile() throws IOException {
    for (int i = 100; i < 500; i++) {
      copying.context("src/" + i + "=" + i);
    }
    Files.createLink(copying.contextPath("src/499a"), copying.contextPath("src/100"));
    List<String> lines = copying.copy("src", "/");
    assertThat(lines)
        .hasSize(401)
        .startsWith("f 0644 0:0 100 = 100")
        .endsWith("h 0644 0:0 499a => 100");
  }

  @Test
  void theWholeContextCanBeCopiedByEveryName() {
    copying.context("a=A");
    for (String source : new String[] {".", "./", "/", "", "../..", "x/..", "./."}) {
      assertThat(copying.copy(source, "/")).as(source).containsExactly("f 0644 0:0 a = A");
    }
  }

  @Test
  void wildcardsFollowGoAndMayMatchNothing() {
    copying.context("one.go=1", "two.go=2", "b.txt=b", "sub/three.go=3", "arr[0].txt=z");
    assertThat(copying.copy("*.go", "/d/"))
        .containsExactly("d 0755 0:0 d", "f 0644 0:0 d/one.go = 1", "f 0644 0:0 d/two.go = 2");
    assertThat(copying.copy("*/*.go", "/")).containsExactly("f 0644 0:0 three.go = 3");
    assertThat(copying.copy("arr[[]0].txt", "/")).containsExactly("f 0644 0:0 arr[0].txt = z");
    assertThat(copying.copy("b.txt", "nothing*", "/")).containsExactly("f 0644 0:0 b.txt = b");
    assertThat(copying.unmatched("b.txt", "nothing*", "/")).containsExactly("nothing*");
    fails(() -> copying.copy("[", "/"), ErrorCode.DOCKERFILE_SYNTAX, "'['");
  }

  @Test
  void wildcardDirectoriesAreMerged() {
    copying.context("d1/x=1", "d2/x=2", "d2/y=2");
    assertThat(copying.copy("d*", "/out"))
        .containsExactly("d 0755 0:0 out", "f 0644 0:0 out/x = 2", "f 0644 0:0 out/y = 2");
  }

  @Test
  void aMissingSourceSaysWhatIsThereInstead() {
    copying.context("main.go", "pkg/util.go").ignoring("secret*\n");
    copying.context("secret.txt");
    fails(() -> copying.copy("mian.go", "/"), ErrorCode.FILE_NOT_FOUND, "did you mean main.go?");
    fails(() -> copying.copy("pgk/util.go", "/"), ErrorCode.FILE_NOT_FOUND, "does not exist there");
    fails(
        () -> copying.copy("secret.txt", "/"),
        ErrorCode.FILE_NOT_FOUND,
        "/secret.txt is not in the build context: .dockerignore excludes it");
  }

  @Test
  void ignoredFilesAreNotSeenAndExceptionsAre() {
    copying
        .context("a/keep=k", "a/drop=d", "a/b/deep=x", "c/only=o", "Dockerfile=F")
        .ignoring("a\n!a/keep\nDockerfile\nc\n");
    assertThat(copying.copy(".", "/")).containsExactly("d 0755 0:0 a", "f 0644 0:0 a/keep = k");
    fails(() -> copying.copy("c", "/"), ErrorCode.FILE_NOT_FOUND, ".dockerignore excludes it");
    assertThat(copying.copy("a", "/d/")).containsExactly("d 0755 0:0 d", "f 0644 0:0 d/keep = k");
  }

  @Test
  void excludesAreRelativeToEachSource() {
    copying.context("src/a.go=a", "src/a_test.go=t", "src/deep/b_test.go=t", "x.txt=x", "y.md=y");
    assertThat(copying.excluding("**/*_test.go").copy("src", "/d"))
        .containsExactly("d 0755 0:0 d", "f 0644 0:0 d/a.go = a", "d 0755 0:0 d/deep");
    assertThat(copying.excluding("*.md").copy("*.*", "/d/"))
        .containsExactly("d 0755 0:0 d", "f 0644 0:0 d/x.txt = x");
  }

  @Test
  void parentsKeepTheDirectoriesOfTheSource() {
    copying.context("foo1/foo2/bar=1", "foo1/foo2/baz=2", "foo1/other=3", "x/y/z/f=4");
    assertThat(copying.parents().copy("foo1/foo2/bar", "/out"))
        .containsExactly(
            "d 0755 0:0 out",
            "d 0755 0:0 out/foo1",
            "d 0755 0:0 out/foo1/foo2",
            "f 0644 0:0 out/foo1/foo2/bar = 1");
    assertThat(copying.copy("x/./y/*/f", "/out/"))
        .containsExactly(
            "d 0755 0:0 out", "d 0755 0:0 out/y", "d 0755 0:0 out/y/z", "f 0644 0:0 out/y/z/f = 4");
    assertThat(copying.copy("**/ba?", "/"))
        .containsExactly(
            "d 0755 0:0 foo1",
            "d 0755 0:0 foo1/foo2",
            "f 0644 0:0 foo1/foo2/bar = 1",
            "f 0644 0:0 foo1/foo2/baz = 2");
    fails(() -> copying.copy("foo1/nope", "/"), ErrorCode.FILE_NOT_FOUND, "/foo1/nope is not in");
    assertThat(copying.copy("foo1/nope*", "/o/")).containsExactly("d 0755 0:0 o");
  }

  @Test
  void linksAreFollowedWhereTheyAreNamedAndKeptWhereTheyAreFound() {
    copying.context("file=F", "dir/inner=I", "dir/loop->../file", "f->file", "d->dir", "e->/dir");
    assertThat(copying.copy("f", "/")).containsExactly("f 0644 0:0 f = F");
    assertThat(copying.copy("?", "/o/"))
        .containsExactly(
            "d 0755 0:0 o",
            "f 0644 0:0 o/f = F",
            "f 0644 0:0 o/inner = I",
            "l 0777 0:0 o/loop -> ../file");
    assertThat(copying.copy("e/inner", "/")).containsExactly("f 0644 0:0 inner = I");
  }

  @Test
  void noLinkLeavesTheContext() throws IOException {
    Files.writeString(temp.resolve("secret"), "host");
    copying.context("up->../secret", "abs->" + temp.resolve("secret"), "circle->circle");
    fails(() -> copying.copy("up", "/"), ErrorCode.FILE_NOT_FOUND, "/up is not in");
    fails(() -> copying.copy("abs", "/"), ErrorCode.FILE_NOT_FOUND, "symbolic link");
    fails(() -> copying.copy("circle", "/"), ErrorCode.FILE_NOT_FOUND, "in a circle");
    copying.context("etc->/etc");
    fails(() -> copying.copy("etc/passwd", "/"), ErrorCode.FILE_NOT_FOUND, "/etc/passwd");
  }

  @Test
  void linksInTheDestinationAreFollowedInsideTheImage() {
    copying.context("a=A", "src/x=X").rootfs("real/", "l->real", "abs->/real", "dangling->new/d");
    assertThat(copying.copy("a", "/l/")).contains("f 0644 0:0 real/a = A");
    assertThat(copying.copy("a", "/abs/b")).contains("f 0644 0:0 real/b = A");
    assertThat(copying.copy("src", "/l")).contains("f 0644 0:0 real/x = X");
    assertThat(copying.copy("a", "/dangling"))
        .containsExactly("d 0755 0:0 new", "f 0644 0:0 new/d = A");
    copying.rootfs("out->../../../outside");
    assertThat(copying.copy("a", "/out")).containsExactly("f 0644 0:0 outside = A");
    assertThat(temp.resolve("outside")).doesNotExist();
  }

  @Test
  void filesReplaceFilesAndLinksButNotDirectories() {
    copying.context("a=A", "src/n/x=X").rootfs("a=old", "d/a/", "link->a", "n=file");
    assertThat(copying.copy("a", "/a")).containsExactly("f 0644 0:0 a = A");
    fails(() -> copying.copy("a", "/d/"), ErrorCode.DESTINATION_INVALID, "a directory is there");
    fails(() -> copying.copy("src", "/n"), ErrorCode.DESTINATION_INVALID, "which is a file");
    fails(
        () -> copying.copy("src", "/"), ErrorCode.DESTINATION_INVALID, "not a directory is there");
    fails(() -> copying.copy("a", "/n/x/"), ErrorCode.DESTINATION_INVALID, "/n is not a directory");
  }

  @Test
  void severalFilesNeedADirectory() {
    copying.context("a=A", "b=B").rootfs("d/");
    fails(() -> copying.copy("a", "b", "/x"), ErrorCode.DESTINATION_INVALID, "end it with a slash");
    assertThat(copying.copy("a", "b", "/d")).hasSize(3);
  }

  @Test
  void existingDirectoriesKeepWhatTheyHave() throws IOException {
    copying.context("src/sub/new=N").rootfs("app/sub/");
    Files.setPosixFilePermissions(
        copying.rootfsPath("app"), PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.setPosixFilePermissions(
        copying.contextPath("src/sub"), PosixFilePermissions.fromString("rwx------"));
    // The destination itself is kept; a directory that is copied takes over, as in BuildKit.
    assertThat(copying.copy("src", "/app"))
        .containsExactly(
            owned("d 0777", "app"), "d 0700 0:0 app/sub", "f 0644 0:0 app/sub/new = N");
  }

  @Test
  void chownAndChmodReachNewParentsAsInBuildKit() {
    copying.context("a=A", "src/x=X");
    assertThat(copying.chown("7:8").copy("a", "/n/e/w"))
        .containsExactly("d 0755 7:8 n", "d 0755 7:8 n/e", "f 0644 7:8 n/e/w = A");
    assertThat(copying.chmod("0700").copy("src", "/d"))
        .containsExactly("d 0700 7:8 d", "f 0700 7:8 d/x = X");
    assertThat(copying.chmod("u=rwX,go=").copy("src", "/d"))
        .containsExactly("d 0755 7:8 d", "f 0600 7:8 d/x = X");
  }

  @Test
  void chownNamesComeFromTheImage() {
    copying
        .context("a=A")
        .rootfs(
            "etc/passwd=root:x:0:0::/root:/bin/sh\nbob:x:1000:1001::/home/bob:/bin/sh\n",
            "etc/group=root:x:0:\nstaff:x:50:bob,alice\n");
    assertThat(copying.chown("bob").copy("a", "/")).containsExactly("f 0644 1000:1001 a = A");
    assertThat(copying.chown("bob:staff").copy("a", "/")).containsExactly("f 0644 1000:50 a = A");
    assertThat(copying.chown("55").copy("a", "/")).containsExactly("f 0644 55:55 a = A");
    assertThat(copying.chown("55:staff").copy("a", "/")).containsExactly("f 0644 55:50 a = A");
    fails(
        () -> copying.chown("nobody").copy("a", "/"),
        ErrorCode.USER_NOT_FOUND,
        "the user 'nobody' is unknown");
    fails(
        () -> copying.link().chown("bob").copy("a", "/"),
        ErrorCode.DESTINATION_INVALID,
        "--link does not look at the image");
  }

  @Test
  void hardLinksSurvive() throws IOException {
    copying.context("d/one=1");
    Files.createLink(copying.contextPath("d/two"), copying.contextPath("d/one"));
    assertThat(copying.copy("d", "/x"))
        .containsExactly("d 0755 0:0 x", "f 0644 0:0 x/one = 1", "h 0644 0:0 x/two => x/one");
    assertThat(copying.copy("d/two", "/")).containsExactly("f 0644 0:0 two = 1");
  }

  @Test
  void inlineDocumentsAreFiles() {
    assertThat(copying.copy("<<script.sh", "/usr/")).contains("f 0644 0:0 usr/script.sh = inline");
  }

  @Test
  void linkLooksAtNothing() {
    copying.context("a=A").rootfs("l->real", "real/");
    assertThat(copying.link().copy("a", "/l/"))
        .containsExactly("d 0755 0:0 l", "f 0644 0:0 l/a = A");
  }

  @Test
  void theDigestIsOfWhatIsCopiedAndNotOfWhenOrWhere() throws IOException {
    copying.context("src/a=A", "src/b=B", "copy/a=A", "copy/b=B", "other/a=A", "other/b=C");
    String digest = copying.digest("src");
    assertThat(copying.digest("copy")).isEqualTo(digest);
    assertThat(copying.digest("other")).isNotEqualTo(digest);
    Files.setLastModifiedTime(
        copying.contextPath("src/a"), java.nio.file.attribute.FileTime.fromMillis(1000));
    assertThat(copying.digest("src")).isEqualTo(digest);
    Files.setPosixFilePermissions(
        copying.contextPath("src/a"), PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(copying.digest("src")).isNotEqualTo(digest);
    assertThat(copying.digest("src/a", "src/b")).isNotEqualTo(copying.digest("src/b", "src/a"));
  }

  /** Package managers and profilers link files of others; that must not make a step run again. */
  @Test
  void onlyNamesThatAreCopiedMakeAHardLink() throws IOException {
    copying.context("src/a=A", "twice/a=A", "twice/b=A", "linked/a=A");
    String digest = copying.digest("src");
    Files.createLink(copying.contextPath("elsewhere"), copying.contextPath("src/a"));
    assertThat(copying.digest("src")).isEqualTo(digest);
    Files.createLink(copying.contextPath("linked/b"), copying.contextPath("linked/a"));
    assertThat(copying.digest("linked")).isNotEqualTo(copying.digest("twice"));
  }

  private String owned(String head, String path) {
    try {
      Path file = copying.rootfsPath(path);
      return head
          + " "
          + Files.getAttribute(file, "unix:uid")
          + ":"
          + Files.getAttribute(file, "unix:gid")
          + " "
          + path;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void fails(ThrowingCallable copy, ErrorCode code, String message) {
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(copy)
        .withMessageContaining(message)
        .satisfies(e -> assertThat(e.code()).isEqualTo(code))
        .satisfies(e ->
            assertThat(e.location()).hasValueSatisfying(l -> assertThat(l.line()).isEqualTo(7)));
  }
}
