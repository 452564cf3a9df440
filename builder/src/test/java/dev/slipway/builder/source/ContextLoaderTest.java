package dev.slipway.builder.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.github.luben.zstd.ZstdOutputStream;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.layer.Content;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.Entry;
import dev.slipway.builder.layer.TarWriter;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.source.GitFetcher.RemoteRef;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

final class ContextLoaderTest {
  @TempDir Path temp;
  private ContextLoader loader;
  private Path context;

  @BeforeEach
  void prepare() throws IOException {
    Path scratch = Files.createDirectory(temp.resolve("scratch"));
    GitFetcher git =
        new GitFetcher() {
          @Override
          public RemoteRef resolve(String remote, String ref) {
            throw new AssertionError("nothing here asks for refs");
          }

          @Override
          public Commit fetch(GitUrl url, Path directory) {
            try {
              Files.writeString(directory.resolve("Dockerfile"), "FROM git\n");
            } catch (IOException e) {
              throw new AssertionError(e);
            }
            return new Commit("c0ffee", "refs/heads/main", "a", "m", Instant.EPOCH);
          }
        };
    loader = new ContextLoader(scratch, git, new Downloads(DownloadSettings.defaults()));
    context = Files.createDirectory(temp.resolve("context"));
  }

  @Test
  void aDirectoryIsReadWhereItIs() throws IOException {
    write("Dockerfile", "FROM a\n");
    write(".dockerignore", "x\n");
    try (BuildContext loaded = load(new Source.LocalDirectory(context), "")) {
      assertThat(loaded.directory()).isEqualTo(context);
      assertThat(loaded.dockerfile().text()).isEqualTo("FROM a\n");
      assertThat(loaded.dockerfile().name()).isEqualTo("Dockerfile");
      assertThat(loaded.ignore().matches("x")).isTrue();
      assertThat(loaded.time()).isEmpty();
    }
    assertThat(context).exists();
  }

  @Test
  void theDockerfilesOwnIgnoreFileWins() throws IOException {
    write("docker/App.Dockerfile", "FROM a\n");
    write("docker/App.Dockerfile.dockerignore", "own\n");
    write(".dockerignore", "general\n");
    BuildContext loaded =
        load(new Source.LocalDirectory(context), context + "/docker/App.Dockerfile");
    assertThat(loaded.ignore().matches("own")).isTrue();
    assertThat(loaded.ignore().matches("general")).isFalse();
    assertThat(loaded.dockerfile().name()).isEqualTo("docker/App.Dockerfile");
  }

  @Test
  void theDockerfileMayBeElsewhereOrOnStdin() throws IOException {
    Path elsewhere = temp.resolve("other.Dockerfile");
    Files.writeString(elsewhere, "FROM elsewhere\n");
    BuildContext loaded = load(new Source.LocalDirectory(context), elsewhere.toString());
    assertThat(loaded.dockerfile().text()).isEqualTo("FROM elsewhere\n");
    BuildContext stdin =
        loader.load(new Source.LocalDirectory(context), "-", bytes("FROM stdin\n"));
    assertThat(stdin.dockerfile().text()).isEqualTo("FROM stdin\n");
    write("dockerfile", "FROM lower\n");
    assertThat(load(new Source.LocalDirectory(context), "").dockerfile().text())
        .isEqualTo("FROM lower\n");
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    write("Dockerfile.prod", "FROM a\n");
    fails(
        () -> load(new Source.LocalDirectory(context), ""),
        ErrorCode.DOCKERFILE_NOT_FOUND,
        "there is no Dockerfile in the context; there is Dockerfile.prod");
    fails(
        () -> load(new Source.LocalDirectory(temp.resolve("nope")), ""),
        ErrorCode.CONTEXT_INVALID,
        "does not exist");
    fails(
        () -> load(new Source.LocalDirectory(context.resolve("Dockerfile.prod")), ""),
        ErrorCode.CONTEXT_INVALID,
        "not a directory");
    fails(
        () -> load(new Source.LocalDirectory(context), "Dockerfile.prod"),
        ErrorCode.DOCKERFILE_NOT_FOUND,
        "did you mean -f");
    fails(() -> load(new Source.Stdin(), "-"), ErrorCode.USAGE, "cannot both be standard input");
  }

  @Test
  void aSymlinkedDockerfileStaysInTheContext() throws IOException {
    Files.writeString(temp.resolve("secret"), "root:x:0");
    Files.createSymbolicLink(context.resolve("Dockerfile"), Path.of("../secret"));
    fails(
        () -> load(new Source.LocalDirectory(context), ""),
        ErrorCode.DOCKERFILE_NOT_FOUND,
        "there is no Dockerfile");
    Files.delete(context.resolve("Dockerfile"));
    write("real", "FROM real\n");
    Files.createSymbolicLink(context.resolve("Dockerfile"), Path.of("real"));
    assertThat(load(new Source.LocalDirectory(context), "").dockerfile().text())
        .isEqualTo("FROM real\n");
  }

  @Test
  void aDockerfileThatIsNoFileIsRefusedAtOnce() throws Exception {
    Files.createDirectory(context.resolve("Dockerfile"));
    fails(
        () -> load(new Source.LocalDirectory(context), ""),
        ErrorCode.DOCKERFILE_NOT_FOUND,
        "is not a file");
    Files.delete(context.resolve("Dockerfile"));
    try (dev.slipway.builder.linux.Dir dir = dev.slipway.builder.linux.Dir.open(context)) {
      dir.mknod("Dockerfile", FileType.FIFO, 0600, 0, 0);
    }
    fails(
        () -> load(new Source.LocalDirectory(context), ""),
        ErrorCode.DOCKERFILE_NOT_FOUND,
        "is not a file");
  }

  @Test
  void gitContextsCarryTheirCommitAndAreDeleted() {
    Path directory;
    try (BuildContext loaded = load(new Source.Git(GitUrl.of("https://h/r.git", "")), "")) {
      directory = loaded.directory();
      assertThat(loaded.commit()).map(Commit::id).contains("c0ffee");
      assertThat(loaded.time()).contains(Instant.EPOCH);
      assertThat(loaded.dockerfile().text()).isEqualTo("FROM git\n");
    }
    assertThat(directory).doesNotExist();
    assertThat(temp.resolve("scratch")).isEmptyDirectory();
    fails(
        () -> load(new Source.Git(GitUrl.of("https://h/r.git", "")), "../Dockerfile"),
        ErrorCode.CONTEXT_INVALID,
        "outside of the context");
    assertThat(temp.resolve("scratch")).isEmptyDirectory();
  }

  @Test
  void tarsOnStdinAreToldByTheirContent() throws IOException {
    byte[] tar = tar(file("Dockerfile", "FROM tar\n"), file("sub/f", "x"));
    for (byte[] packed : List.of(tar, gzip(tar), bzip2(tar), xz(tar), zstd(tar))) {
      try (BuildContext loaded =
          loader.load(new Source.Stdin(), "", new ByteArrayInputStream(packed))) {
        assertThat(loaded.dockerfile().text()).isEqualTo("FROM tar\n");
        assertThat(loaded.directory().resolve("sub/f")).hasContent("x");
      }
    }
  }

  @Test
  void aDockerfileOnStdinHasAnEmptyContext() throws IOException {
    try (BuildContext loaded = loader.load(new Source.Stdin(), "", bytes("FROM scratch\n"))) {
      assertThat(loaded.dockerfile().text()).isEqualTo("FROM scratch\n");
      assertThat(loaded.directory()).isEmptyDirectory();
    }
    fails(
        () -> loader.load(new Source.Stdin(), "x/Dockerfile", bytes("FROM scratch\n")),
        ErrorCode.CONTEXT_INVALID,
        "is no archive");
  }

  @Test
  void whatCannotBeUnpackedIsRefusedByName() throws IOException {
    fails(
        () -> loader.load(new Source.Stdin(), "", bytes("PK\3\4...")),
        ErrorCode.CONTEXT_INVALID,
        "is zip");
    fails(
        () ->
            loader.load(
                new Source.Stdin(), "", new ByteArrayInputStream(gzip("text".getBytes(UTF_8)))),
        ErrorCode.CONTEXT_INVALID,
        "gzip without a tar inside");
    byte[] device =
        tar(
            new Entry.Device(
                "null", new Attributes(0666, 0, 0, 0), FileType.CHARACTER_DEVICE, 1, 3));
    fails(
        () -> loader.load(new Source.Stdin(), "", new ByteArrayInputStream(device)),
        ErrorCode.CONTEXT_INVALID,
        "has a device node");
    byte[] cut =
        java.util.Arrays.copyOf(gzip(tar(file("Dockerfile", "FROM a\n".repeat(9999)))), 200);
    fails(
        () -> loader.load(new Source.Stdin(), "", new ByteArrayInputStream(cut)),
        ErrorCode.CONTEXT_INVALID,
        "");
  }

  @Test
  void hostileTarsStayInTheContext() throws IOException {
    byte[] through =
        tar(
            new Entry.Symlink("out", new Attributes(0777, 0, 0, 0), temp.toString()),
            file("out/pwned", "x"),
            file("Dockerfile", "FROM a\n"));
    try {
      loader.load(new Source.Stdin(), "", new ByteArrayInputStream(through)).close();
    } catch (BuildException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.CONTEXT_INVALID);
    }
    assertThat(temp.resolve("pwned")).doesNotExist();
  }

  @Test
  void httpArchivesAreFetchedAndUnpacked() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] tar = gzip(tar(file("Dockerfile", "FROM http\n")));
    server.createContext(
        "/",
        exchange -> {
          byte[] body =
              exchange.getRequestURI().getPath().endsWith(".gz") ? tar : "FROM x\n".getBytes(UTF_8);
          exchange.getResponseHeaders().add("Last-Modified", "Sat, 01 Jan 2022 00:00:00 GMT");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      String base = "http://127.0.0.1:" + server.getAddress().getPort();
      try (BuildContext loaded = load(Source.parse(base + "/context.tar.gz"), "")) {
        assertThat(loaded.dockerfile().text()).isEqualTo("FROM http\n");
        assertThat(loaded.time()).contains(Instant.parse("2022-01-01T00:00:00Z"));
      }
      try (BuildContext loaded = load(Source.parse(base + "/Dockerfile"), "")) {
        assertThat(loaded.dockerfile().text()).isEqualTo("FROM x\n");
        assertThat(loaded.directory()).isEmptyDirectory();
      }
    } finally {
      server.stop(0);
    }
  }

  private BuildContext load(Source source, String dockerfile) {
    return loader.load(source, dockerfile, InputStream.nullInputStream());
  }

  private void write(String path, String text) throws IOException {
    Path file = context.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static InputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(UTF_8));
  }

  private static Entry file(String path, String text) {
    byte[] content = text.getBytes(UTF_8);
    return new Entry.File(path, new Attributes(0644, 0, 0, 0), content.length, Content.of(content));
  }

  private static byte[] tar(Entry... entries) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TarWriter.write(Entries.of(List.of(entries)), out);
    return out.toByteArray();
  }

  private interface Wrap {
    OutputStream around(OutputStream out) throws IOException;
  }

  private static byte[] packed(byte[] bytes, Wrap wrap) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream packing = wrap.around(out)) {
      packing.write(bytes);
    }
    return out.toByteArray();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    return packed(bytes, GZIPOutputStream::new);
  }

  private static byte[] bzip2(byte[] bytes) throws IOException {
    return packed(bytes, BZip2CompressorOutputStream::new);
  }

  private static byte[] xz(byte[] bytes) throws IOException {
    return packed(bytes, out -> new XZOutputStream(out, new LZMA2Options(1)));
  }

  private static byte[] zstd(byte[] bytes) throws IOException {
    return packed(bytes, ZstdOutputStream::new);
  }

  private static void fails(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, ErrorCode code, String message) {
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(call)
        .withMessageContaining(message)
        .satisfies(e -> assertThat(e.code()).isEqualTo(code));
  }
}
