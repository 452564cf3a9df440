package dev.slipway.builder.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.linux.IsalInflater;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.ZipException;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same of both decoders. The one that is no part of the JDK is left out where it is missing;
 * {@code make packages} installs it.
 */
class GunzipTest {
  static Stream<Arguments> decoders() {
    Supplier<Inflate> zlib = Inflate.Zlib::new;
    Supplier<Inflate> isal = () -> new Inflate.Isal(IsalInflater.open().orElseThrow());
    return installed()
        ? Stream.of(Arguments.of(Named.of("zlib", zlib)), Arguments.of(Named.of("ISA-L", isal)))
        : Stream.of(Arguments.of(Named.of("zlib", zlib)));
  }

  private static boolean installed() {
    return Stream.of("x86_64", "aarch64")
        .map(machine -> Path.of("/usr/lib/" + machine + "-linux-gnu/libisal.so.2"))
        .anyMatch(Files::exists);
  }

  @Test
  @EnabledIf("installed")
  void theFastestIsUsedWhereItIsInstalled() {
    try (Inflate inflate = Inflate.fastest()) {
      assertThat(inflate).isInstanceOf(Inflate.Isal.class);
    }
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void decodesEveryLevelAndSize(Supplier<Inflate> decoder) throws IOException {
    for (int level : new int[] {0, 1, 6, 9}) {
      for (int size : new int[] {0, 1, 2, 7, 8, 9, 258, 4096, 65_535, 65_536, 65_544, 900_000}) {
        byte[] text = text(size, size + level);
        assertThat(unpack(decoder, member(text, level), 1 << 20)).isEqualTo(text);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void membersFollowEachOtherHoweverTheirBytesArrive(Supplier<Inflate> decoder) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (int i = 0; i < 60; i++) {
      byte[] part = text(i * 37 % 900, i);
      text.write(part);
      packed.write(member(part, i % 10));
    }
    for (int chunk : new int[] {1, 2, 3, 5, 7, 8, 9, 16, 100, 4096}) {
      assertThat(unpack(decoder, packed.toByteArray(), chunk)).isEqualTo(text.toByteArray());
    }
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void smallReadsGetTheSameBytes(Supplier<Inflate> decoder) throws IOException {
    byte[] text = text(300_000, 5);
    byte[] read = new byte[text.length + 1];
    int length = 0;
    try (Gunzip in = gunzip(decoder, member(text, 6), 1000)) {
      Random sizes = new Random(3);
      int n;
      while ((n = in.read(read, length, Math.min(1 + sizes.nextInt(50), read.length - length)))
          > 0) {
        length += n;
      }
    }
    assertThat(Arrays.copyOf(read, length)).isEqualTo(text);
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void zerosMayFollow(Supplier<Inflate> decoder) throws IOException {
    byte[] member = member(text(100, 1), 6);
    assertThat(unpack(decoder, Arrays.copyOf(member, member.length + 512), 64))
        .isEqualTo(text(100, 1));
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void nothingElseMayFollow(Supplier<Inflate> decoder) {
    byte[] member = member(text(100, 1), 6);
    byte[] more = Arrays.copyOf(member, member.length + 20);
    Arrays.fill(more, member.length, more.length, (byte) 'x');
    assertThatThrownBy(() -> unpack(decoder, more, 64))
        .isInstanceOf(ZipException.class)
        .hasMessageContaining("something else follows");
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void everyEarlyEndIsToldAsOne(Supplier<Inflate> decoder) {
    byte[] member = member(text(2000, 9), 6);
    for (int length = 0; length < member.length; length++) {
      byte[] cut = Arrays.copyOf(member, length);
      assertThatThrownBy(() -> unpack(decoder, cut, 100))
          .as("%d of %d bytes", length, member.length)
          .isInstanceOf(EOFException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void noChangedByteIsTakenForData(Supplier<Inflate> decoder) {
    byte[] text = text(3000, 9);
    byte[] member = member(text, 6);
    int harmless = 0;
    for (int i = 10; i < member.length; i++) {
      byte[] changed = member.clone();
      changed[i] ^= (byte) (1 << (i & 7));
      try {
        // The bits that fill up a byte mean nothing.
        assertThat(unpack(decoder, changed, 4096)).as("byte %d", i).isEqualTo(text);
        harmless++;
      } catch (IOException e) {
        assertThat(e).isInstanceOfAny(ZipException.class, EOFException.class);
      }
    }
    assertThat(harmless).isLessThan(3);
  }

  private static byte[] unpack(Supplier<Inflate> decoder, byte[] packed, int chunk)
      throws IOException {
    try (Gunzip in = gunzip(decoder, packed, chunk)) {
      return in.readAllBytes();
    }
  }

  private static Gunzip gunzip(Supplier<Inflate> decoder, byte[] packed, int chunk)
      throws IOException {
    InputStream slow =
        new FilterInputStream(new ByteArrayInputStream(packed)) {
          @Override
          public int read(byte[] target, int offset, int length) throws IOException {
            return super.read(target, offset, Math.min(length, chunk));
          }
        };
    return new Gunzip(slow, decoder.get());
  }

  /** Text of runs, repetitions near and far, and noise. */
  private static byte[] text(int size, int seed) {
    byte[] text = new byte[size];
    Random random = new Random(seed);
    for (int i = 0; i < size; ) {
      int run = Math.min(size - i, 1 + random.nextInt(300));
      switch (random.nextInt(3)) {
        case 0 -> Arrays.fill(text, i, i + run, (byte) random.nextInt());
        case 1 -> {
          int back = i == 0 ? 0 : 1 + random.nextInt(Math.min(i, 32_768));
          for (int k = i; k < i + run; k++) {
            text[k] = back == 0 ? 0 : text[k - back];
          }
        }
        default -> {
          for (int k = i; k < i + run; k++) {
            text[k] = (byte) random.nextInt();
          }
        }
      }
      i += run;
    }
    return text;
  }

  private static byte[] member(byte[] text, int level) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 255});
    Deflater deflater = new Deflater(level, true);
    deflater.setInput(text);
    deflater.finish();
    byte[] buffer = new byte[4096];
    while (!deflater.finished()) {
      out.write(buffer, 0, deflater.deflate(buffer));
    }
    deflater.end();
    CRC32 crc = new CRC32();
    crc.update(text);
    for (long number : new long[] {crc.getValue(), text.length}) {
      for (int shift = 0; shift < 32; shift += 8) {
        out.write((int) (number >> shift));
      }
    }
    return out.toByteArray();
  }
}
