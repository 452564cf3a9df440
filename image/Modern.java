import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Writes the classes of a jar anew that the JVM keeps in no start-up cache, because their files are
 * as compilers before Java 6 wrote them: {@code java Modern.java JAR NEW-JAR}. Picocli's are. The
 * code is the same; what is new is the version, and the stack maps that its verifier wants.
 */
public final class Modern {
  private static final int FIRST_WITH_STACK_MAPS = ClassFile.JAVA_6_VERSION;

  private final ClassFile format;

  /**
   * @param jar where the classes are that those of this jar extend, apart from the JDK's
   */
  Modern(ZipFile jar) {
    ClassHierarchyResolver classes =
        ClassHierarchyResolver.ofResourceParsing(
            type -> {
              String name = type.descriptorString();
              ZipEntry entry = jar.getEntry(name.substring(1, name.length() - 1) + ".class");
              try {
                return entry == null ? null : jar.getInputStream(entry);
              } catch (IOException e) {
                throw new IllegalStateException("reading " + jar.getName(), e);
              }
            });
    format =
        ClassFile.of(
            StackMapsOption.GENERATE_STACK_MAPS,
            ClassHierarchyResolverOption.of(
                classes.orElse(ClassHierarchyResolver.defaultResolver()).cached()));
  }

  public static void main(String[] arguments) throws IOException {
    try (ZipFile in = new ZipFile(arguments[0]);
        OutputStream file = Files.newOutputStream(Path.of(arguments[1]));
        ZipOutputStream out = new ZipOutputStream(file)) {
      Modern modern = new Modern(in);
      for (Enumeration<? extends ZipEntry> all = in.entries(); all.hasMoreElements(); ) {
        ZipEntry entry = all.nextElement();
        byte[] bytes = in.getInputStream(entry).readAllBytes();
        if (isOld(entry.getName(), bytes)) {
          out.putNextEntry(new ZipEntry(entry.getName()));
          out.write(modern.classFile(bytes));
        }
      }
    }
  }

  /** Whether an entry of a jar is a class that wants to be written anew. */
  static boolean isOld(String name, byte[] bytes) {
    return name.endsWith(".class")
        && bytes.length > 8
        && ((bytes[6] & 0xff) << 8 | bytes[7] & 0xff) < FIRST_WITH_STACK_MAPS;
  }

  /** The same class in a file of today. */
  byte[] classFile(byte[] old) {
    return format.transformClass(
        format.parse(old),
        ClassTransform.transformingMethodBodies((code, element) -> code.with(element))
            .andThen(ClassTransform.endHandler(all -> all.withVersion(ClassFile.JAVA_17_VERSION, 0))));
  }
}
