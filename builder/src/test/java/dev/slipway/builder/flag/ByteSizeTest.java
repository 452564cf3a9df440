package dev.slipway.builder.flag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ByteSizeTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0",
    "17, 17, 17",
    "17b, 17, 17",
    "64k, 64000, 65536",
    "64KB, 64000, 65536",
    "64 KiB, 65536, 65536",
    "1.5g, 1500000000, 1610612736",
    "2GiB, 2147483648, 2147483648",
    "3t, 3000000000000, 3298534883328",
  })
  void aUnitIsWhatIsUsualForTheThing(String text, long storage, long memory) {
    assertThat(ByteSize.ofStorage("--keep-storage", text)).isEqualTo(storage);
    assertThat(ByteSize.ofMemory("--shm-size", text)).isEqualTo(memory);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "m", "-1", "1e3", "10XB", "5i", "5ib", "1.", "0x10", "99999999t"})
  void whatIsNoSizeIsRefusedWithItsFlag(String text) {
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> ByteSize.ofMemory("--shm-size", text))
        .withMessageStartingWith("--shm-size " + text + ": it is ")
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
  }
}
