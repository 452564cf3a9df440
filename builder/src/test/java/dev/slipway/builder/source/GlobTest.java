package dev.slipway.builder.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pattern, name, answer: what Go's filepath.Match and moby/patternmatcher document and do. */
final class GlobTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "abc|abc|true",
        "*|abc|true",
        "*c|abc|true",
        "a*|a|true",
        "a*|abc|true",
        "a*|ab/c|false",
        "a*/b|abc/b|true",
        "a*/b|a/c/b|false",
        "a*b*c*d*e*/f|axbxcxdxe/f|true",
        "a*b*c*d*e*/f|axbxcxdxexxx/f|true",
        "a*b*c*d*e*/f|axbxcxdxe/xxx/f|false",
        "a*b*c*d*e*/f|axbxcxdxexxx/fff|false",
        "a*b?c*x|abxbbxdbxebxczzx|true",
        "a*b?c*x|abxbbxdbxebxczzy|false",
        "ab[c]|abc|true",
        "ab[b-d]|abc|true",
        "ab[e-g]|abc|false",
        "ab[^c]|abc|false",
        "ab[^b-d]|abc|false",
        "ab[^e-g]|abc|true",
        "a\\*b|a*b|true",
        "a\\*b|ab|false",
        "a?b|a☺b|true",
        "a[^a]b|a☺b|true",
        "a???b|a☺b|false",
        "a[^a][^a][^a]b|a☺b|false",
        "[a-ζ]*|α|true",
        "*[a-ζ]|A|false",
        "a?b|a/b|false",
        "a*b|a/b|false",
        "[\\]a]|]|true",
        "[\\-]|-|true",
        "[x\\-]|x|true",
        "[x\\-]|-|true",
        "[x\\-]|z|false",
        "[\\-x]|x|true",
        "[\\-x]|-|true",
        "[\\-x]|a|false",
        "*x|xxx|true"
      })
  void matchesAsGoDoes(String pattern, String name, boolean expected) {
    assertThat(Glob.compile(pattern).matches(name)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[", "[^", "[^bc", "a[", "\\", "a\\"})
  void badPatternsAreErrors(String pattern) {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> Glob.compile(pattern))
        .withMessageContaining("the pattern");
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> Glob.compileIgnore(pattern));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "**|file|true",
        "**|dir/file|true",
        "**/**|dir/file|true",
        "dir/**|dir/file|true",
        "dir/**|dir/dir2/file|true",
        "**/dir|dir|true",
        "**/dir|dir2/dir|true",
        "**/dir2/*|dir/dir2/file|true",
        "**/dir2/*|dir/dir2/dir2/file|true",
        "**/dir2/**|dir/dir2/dir2/file|true",
        "**file|file|true",
        "**file|dir/file|true",
        "**/file|dir/file|true",
        "**file|dir/dir/file|true",
        "**/file|dir/dir/file|true",
        "**/file*|dir/dir/file|true",
        "**/file*|dir/dir/file.txt|true",
        "**/file*txt|dir/dir/file.txt|true",
        "**/file*.txt|dir/dir/file.txt|true",
        "**/file*.txt*|dir/dir/file.txt|true",
        "**/**/*.txt|dir/dir/file.txt|true",
        "**/**/*.txt2|dir/dir/file.txt|false",
        "**/*.txt|file.txt|true",
        "**/**/*.txt|file.txt|true",
        "a**/*.txt|a/file.txt|true",
        "a**/*.txt|a/dir/file.txt|true",
        "a**/*.txt|a/dir/dir/file.txt|true",
        "a/*.txt|a/dir/file.txt|false",
        "a/*.txt|a/file.txt|true",
        "a/*.txt**|a/file.txt|true",
        "a[b-d]e|ae|false",
        "a[b-d]e|ace|true",
        "a[b-d]e|aae|false",
        "a[^b-d]e|aze|true",
        ".*|.foo|true",
        ".*|foo|false",
        "abc.def|abcdef|false",
        "abc.def|abc.def|true",
        "abc.def|abcZdef|false",
        "abc?def|abcZdef|true",
        "abc?def|abcdef|false",
        "a\\\\|a\\|true",
        "**/foo/bar|foo/bar|true",
        "**/foo/bar|dir/foo/bar|true",
        "**/foo/bar|dir/dir2/foo/bar|true",
        "abc/**|abc|false",
        "abc/**|abc/def|true",
        "**/.foo|.foo|true",
        "**/.foo|bar.foo|false",
        "a(b)c/def|a(b)c/def|true",
        "a.|a.b|false",
        "a.+|a.+|true"
      })
  void ignoreDialectMatchesAsMobyDoes(String pattern, String name, boolean expected) {
    assertThat(Glob.compileIgnore(pattern).matches(name)).isEqualTo(expected);
  }

  @Test
  void noPatternIsSlow() {
    Glob glob = Glob.compileIgnore("**/a**/a**/a**/*a*a*a*a*a*a*a*a*a*a*b");
    String name = "a/".repeat(200) + "a".repeat(200);
    Assertions.assertTimeout(Duration.ofSeconds(2), () -> assertThat(glob.matches(name)).isFalse());
  }
}
