package dev.slipway.builder.sandbox;

import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.layer.DirectoryFormat;
import dev.slipway.builder.layer.DirectoryReader;
import dev.slipway.builder.layer.DirectoryWriter;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.Entry;
import dev.slipway.builder.layer.XattrPolicy;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.OpenFile;
import dev.slipway.builder.linux.Stat;
import java.io.IOException;
import java.util.List;

/** Files and trees written where others would be mounted. */
final class PlainFiles {
  private PlainFiles() {}

  static void write(Dir parent, String name, byte[] content, int mode, int uid, int gid)
      throws LinuxException {
    try (OpenFile file = parent.create(name, 0600)) {
      file.write(content, 0, content.length);
      file.chown(uid, gid);
      file.chmod(mode);
    }
  }

  /** Content, owner, mode and time; extended attributes are the caller's. */
  static void copy(OpenFile source, Stat stat, OpenFile target) throws LinuxException {
    target.copyFrom(source);
    target.chown(stat.uid(), stat.gid());
    target.chmod(stat.mode());
    target.setTimes(stat.mtimeSeconds(), stat.mtimeNanos());
  }

  /** Copies a directory with all that is in it, or a file; links in {@code path} are followed. */
  static void copy(Dir from, String path, Stat stat, Dir parent, String name) throws IOException {
    if (!stat.isDirectory()) {
      try (OpenFile source = from.openFile(path);
          OpenFile target = parent.create(name, 0600)) {
        copy(source, stat, target);
      }
      return;
    }
    parent.mkdir(name, 0700);
    try (Dir source = from.openDir(path);
        Dir target = parent.openDirNoFollow(name)) {
      Attributes own =
          new Attributes(
              stat.mode(),
              stat.uid(),
              stat.gid(),
              stat.mtimeSeconds(),
              XattrPolicy.image(source.xattrs("")));
      Entries all =
          Entries.of(List.of(new Entry.Directory("", own)))
              .then(DirectoryReader.entries(source, DirectoryFormat.PLAIN));
      DirectoryWriter.write(DeviceFiles.onlyHarmless(all), target, DirectoryFormat.PLAIN);
    }
  }
}
