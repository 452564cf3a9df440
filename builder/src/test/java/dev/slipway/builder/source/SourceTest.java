package dev.slipway.builder.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SourceTest {

  @ParameterizedTest
  @CsvSource({
    "https://github.com/moby/buildkit.git,https://github.com/moby/buildkit.git,'',''",
    "https://h/r.git#main,https://h/r.git,main,''",
    "https://h/r.git#v1:docker/app,https://h/r.git,v1,docker/app",
    "https://h/r.git#:app,https://h/r.git,'',app",
    "https://h/r#main,https://h/r,main,''",
    "http://h:8080/r.git#refs/pull/1/head,http://h:8080/r.git,refs/pull/1/head,''",
    "git@github.com:moby/buildkit.git,git@github.com:moby/buildkit.git,'',''",
    "git@github.com:moby/buildkit#main:x,git@github.com:moby/buildkit,main,x",
    "ssh://git@h:2222/r.git#main,ssh://git@h:2222/r.git,main,''",
    "git://h/r#main,git://h/r,main,''",
    "github.com/moby/buildkit#main,https://github.com/moby/buildkit,main,''",
    "https://h/r.git?ref=main&subdir=a,https://h/r.git,main,a",
    "https://h/r.git?tag=v1,https://h/r.git,refs/tags/v1,''",
    "https://h/r.git?branch=a%2Fb,https://h/r.git,refs/heads/a/b,''",
    "git@h:r.git?ref=main#main,git@h:r.git,main,''"
  })
  void gitUrls(String text, String remote, String ref, String subdir) {
    assertThat(Source.parse(text))
        .isInstanceOfSatisfying(
            Source.Git.class,
            git -> {
              assertThat(git.url().remote()).isEqualTo(remote);
              assertThat(git.url().ref()).isEqualTo(ref);
              assertThat(git.url().subdir()).isEqualTo(subdir);
            });
  }

  @Test
  void otherContexts() {
    assertThat(Source.parse("-")).isInstanceOf(Source.Stdin.class);
    assertThat(Source.parse(".")).isInstanceOf(Source.LocalDirectory.class);
    assertThat(Source.parse("./a.git")).isInstanceOf(Source.LocalDirectory.class);
    assertThat(Source.parse("/srv/r.git")).isInstanceOf(Source.LocalDirectory.class);
    assertThat(Source.parse("https://h/x.tar.gz")).isInstanceOf(Source.HttpArchive.class);
    assertThat(Source.parse("https://h/x.tar.gz?ref=1")).isInstanceOf(Source.HttpArchive.class);
  }

  @Test
  void addTreatsOnlyGitSuffixesAsRepositories() {
    assertThat(GitUrl.parse("https://h/x.tar#part")).isEmpty();
    assertThat(GitUrl.parse("https://h/x.git#part")).isPresent();
    assertThat(GitUrl.parse("github.com/a/b")).isEmpty();
    assertThat(GitUrl.parse("dir/file")).isEmpty();
  }

  @Test
  void queryFlags() {
    GitUrl url =
        GitUrl.parse("https://h/r.git?submodules=false&keep-git-dir&commit=ABCDEF1&mtime=commit")
            .orElseThrow();
    assertThat(url.submodules()).isFalse();
    assertThat(url.keepGitDir()).isEqualTo(Optional.of(true));
    assertThat(url.checksum()).contains("abcdef1");
    assertThat(url.commitTimes()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://h/r.git?color=blue",
        "https://h/r.git?ref=a&ref=b",
        "https://h/r.git?ref=",
        "https://h/r.git?ref=a#b",
        "https://h/r.git?tag=a&branch=b",
        "https://h/r.git?mtime=now",
        "https://h/r.git?submodules=maybe",
        "https://h/r.git?commit=xyz",
        "ext::sh -c id",
        "ftp://h/x",
        "https://h/r.git#--upload-pack=x",
        "",
        "http:///x"
      })
  void whatIsMalformedIsRefused(String text) {
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> Source.parse(text))
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
  }

  @Test
  void credentialsNeverShow() {
    assertThat(Source.parse("https://user:s3cret@h/r.git#main").toString())
        .contains("https://xxxxx@h/r.git#main")
        .doesNotContain("s3cret");
    assertThat(Source.parse("https://tok@h/x.tar").toString()).doesNotContain("tok@");
    assertThat(Redaction.url("see ssh://git@h/r and https://a:b@h/?token=xyz&x=1"))
        .isEqualTo("see ssh://git@h/r and https://xxxxx@h/?token=xxxxx&x=1");
  }
}
