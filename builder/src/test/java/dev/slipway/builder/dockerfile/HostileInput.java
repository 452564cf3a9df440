package dev.slipway.builder.dockerfile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Makes Dockerfiles that nobody would write: from pieces of the language, and by mutation. */
final class HostileInput {
  private static final String[] PIECES = {
    "\\\n",
    "\n",
    "\n\n",
    "\\",
    "`",
    "\"",
    "'",
    "$",
    "${",
    "}",
    "{",
    "[",
    "]",
    ",",
    "=",
    "#",
    "/",
    "*",
    "?",
    ":",
    "-",
    "--",
    "+",
    "%",
    "&&",
    "|",
    " ",
    "\t",
    "\r\n",
    "\r",
    "\f",
    "\u000b",
    "\0",
    "\u00a0",
    "\u2028",
    "\ufeff",
    "é",
    "日本",
    "\ud83d\udea2",
    "\ud800",
    "\udc80",
    "${A}",
    "$A",
    "${A:-${B:-c}}",
    "${A:+",
    "${A?x}",
    "${A#*b}",
    "${A##b*}",
    "${A%?}",
    "${A%%*}",
    "${A/b/c}",
    "${A//*/\\/}",
    "<<",
    "<<EOF",
    "<<-EOF",
    "<<'EOF'",
    "<<\"E F\"",
    "3<<X",
    "<<<y",
    "\nEOF\n",
    "\n\tEOF\n",
    "\nX\n",
    "[\"a\", \"b\"]",
    "[\"a\",",
    "[1]",
    "[\"\\u00",
    "{\"a\": [",
    "null",
    "--from=0",
    "--from=a",
    "--chown=1:2",
    "--chmod=u+x",
    "--link",
    "--link=no",
    "--parents",
    "--exclude=*",
    "--checksum=x",
    "--unpack",
    "--keep-git-dir",
    "--platform=$A",
    "--network=none",
    "--security=x",
    "--device=a",
    "--interval=1h2m",
    "--timeout=-1s",
    "--retries=9",
    "--mount=type=cache,target=/a",
    "--mount=type=secret,id=a,env=B",
    "--mount=type=ssh,required",
    "--mount=type=tmpfs,size=1g,target=/t",
    "--mount=from=a,target=/b,rw",
    "--mount=\"a\"\"b\"",
    "FROM scratch\n",
    "FROM a AS b\n",
    "AS",
    "ADD ",
    "ARG ",
    "CMD ",
    "COPY ",
    "ENTRYPOINT ",
    "ENV ",
    "EXPOSE ",
    "HEALTHCHECK ",
    "LABEL ",
    "MAINTAINER ",
    "ONBUILD ",
    "RUN ",
    "SHELL ",
    "STOPSIGNAL ",
    "USER ",
    "VOLUME ",
    "WORKDIR ",
    "NONE",
    "80/tcp",
    "1-9",
    "a=b",
    "a b",
    "SIGTERM",
    "# escape=`\n",
    "# syntax=docker/dockerfile:1\n",
    "# check=skip=all;error=true\n",
  };

  private final SplittableRandom random;
  private final List<byte[]> seeds;

  HostileInput(long seed, List<byte[]> seeds) {
    this.random = new SplittableRandom(seed);
    this.seeds = seeds;
  }

  /** The Dockerfiles of all golden cases but those that are large. */
  static List<byte[]> goldenSeeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of("src/test/resources/dockerfile"))) {
      for (Path file : files.filter(path -> path.endsWith("Dockerfile")).sorted().toList()) {
        byte[] content = Files.readAllBytes(file);
        if (content.length < 2_000) {
          seeds.add(content);
        }
      }
    }
    return seeds;
  }

  byte[] next() {
    return switch (random.nextInt(8)) {
      case 0 -> bytes();
      case 1, 2 -> pieces();
      default -> mutated();
    };
  }

  private byte[] bytes() {
    byte[] bytes = new byte[random.nextInt(60)];
    random.nextBytes(bytes);
    return bytes;
  }

  private byte[] pieces() {
    StringBuilder text = new StringBuilder(random.nextInt(8) == 0 ? "" : "FROM a\n");
    int count = 1 + random.nextInt(20);
    for (int i = 0; i < count; i++) {
      text.append(piece());
      if (random.nextInt(3) == 0) {
        text.append(' ');
      }
    }
    return utf8(text);
  }

  private byte[] mutated() {
    byte[] seed = seeds.get(random.nextInt(seeds.size()));
    StringBuilder text = new StringBuilder(new String(seed, StandardCharsets.UTF_8));
    int count = 1 + random.nextInt(5);
    for (int i = 0; i < count && !text.isEmpty(); i++) {
      int at = random.nextInt(text.length());
      int end = Math.min(text.length(), at + 1 + random.nextInt(20));
      switch (random.nextInt(4)) {
        case 0 -> text.insert(at, piece());
        case 1 -> text.delete(at, end);
        case 2 -> text.insert(random.nextInt(text.length()), text.substring(at, end));
        default -> text.setCharAt(at, (char) random.nextInt(0x100));
      }
    }
    return utf8(text);
  }

  private String piece() {
    return PIECES[random.nextInt(PIECES.length)];
  }

  private static byte[] utf8(StringBuilder text) {
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }
}
